// Asks the service over REST with the session's cookie; what it refuses is thrown as the problem that it answered.
import type { FieldError, Problem } from "./contract.ts";
import { type QueryValue, toSearch } from "../words/search.ts";
import { API_BASE } from "./base.ts";
import { ACCEPT, takeEarly } from "./early.ts";

export type Query = Readonly<Record<string, QueryValue>>;

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
  }

  get code(): string {
    return this.problem?.code ?? (this.status === 0 ? "unreachable" : "unknown");
  }

  /** What was wrong with single fields. */
  get fields(): readonly FieldError[] {
    return this.problem?.errors ?? [];
  }
}

/** What stands in place of the browser's own "Failed to fetch". */
export function unreachable(): ApiError {
  return new ApiError(0, null, "It may be restarting; this page asks again by itself.");
}

export interface Answer<T> {
  data: T;
  etag: string | null;
  location: string | null;
  status: number;
}

export interface SendOptions {
  body?: unknown;
  /** The ETag that was read, or `*`. */
  ifMatch?: string;
  /** Makes the request safe to repeat: one for each press of a button. */
  idempotencyKey?: string;
  /** Instead of the session. */
  bearer?: string;
  signal?: AbortSignal;
}

let onSignedOut: () => void = () => undefined;

/** Called when the service says that the session has ended. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const { data } = await request<T>("GET", `${path}${toSearch(query)}`, { signal });
  return data;
}

/** With the ETag, for what is changed afterwards. */
export function read<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
  return request<T>("GET", path, { signal });
}

export function send<T>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: SendOptions = {},
): Promise<Answer<T>> {
  return request<T>(method, path, options);
}

/** The address of something that is not JSON: CSV, a log. */
export function addressFor(path: string, query: Query = {}): string {
  return `${API_BASE}${path}${toSearch(query)}`;
}

/** A fresh one for each press of a button. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function request<T>(method: string, path: string, options: SendOptions): Promise<Answer<T>> {
  const { body, ifMatch, idempotencyKey, bearer, signal } = options;
  const headers: Record<string, string> = { ...ACCEPT };
  if (body !== undefined)
    headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  if (ifMatch !== undefined) headers["If-Match"] = ifMatch;
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  if (bearer !== undefined) headers["Authorization"] = `Bearer ${bearer}`;
  let response: Response;
  let text: string;
  try {
    const early = method === "GET" && bearer === undefined ? takeEarly(path) : undefined;
    response = await (early ??
      fetch(`${API_BASE}${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      }));
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  if (response.ok) {
    const data = (text === "" ? null : JSON.parse(text)) as T;
    return {
      data,
      etag: response.headers.get("ETag"),
      location: response.headers.get("Location"),
      status: response.status,
    };
  }
  if (response.status === 401 && bearer === undefined) onSignedOut();
  throw refused(response.status, text);
}

function refused(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.detail === "string") return new ApiError(status, problem, problem.detail);
  } catch {
    // A proxy's own page, most likely.
  }
  return new ApiError(
    status,
    null,
    `The service, or a proxy before it, answered ${status} without saying why.`,
  );
}
