// A running service as the verbs talk to it: REST over the local socket, or over HTTP with a token.
import { randomUUID } from "node:crypto";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { messageOf, type FieldError } from "../errors.ts";
import type { LoadedConfig } from "../config.ts";
import { socketAddress } from "../http/server.ts";
import type { CliContext } from "./context.ts";
import { printable } from "./terminal.ts";
import { CliError, EXIT, exitCodeOfRefusal } from "./exit.ts";

/** An answer that was not an error. */
export interface Answer {
  status: number;
  body: unknown;
  /** What If-Match takes for a change of what was read; null where there is none. */
  etag: string | null;
}

export interface AskOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Statuses from 400 up that the caller handles itself. */
  accept?: readonly number[];
  signal?: AbortSignal;
  /** No answer within this time is an error; 30 s unless said. */
  timeoutMs?: number;
  /** For what may be asked again: while the service is away, so long (a restart, a lost connection). */
  patienceMs?: number;
  /** For a POST that the service does once for each key: a connection that breaks is no answer, so it is sent once more. */
  again?: boolean;
}

export interface Readiness {
  ready: boolean;
  checks: { name: string; ok: boolean; detail?: string }[];
}

/** Where the service answers. */
interface Target {
  /** For sentences: the address, or the path of the socket. */
  name: string;
  socketPath?: string;
  base: URL;
  token?: string;
}

export class Server {
  constructor(readonly target: Target) {}

  /** True for the local socket, whose caller is an admin. */
  get local(): boolean {
    return this.target.socketPath !== undefined;
  }

  /** One request below /api/v1; throws CliError for whatever is not a success. */
  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    // A reply that got lost must not leave us guessing: asked again with the same key, nothing happens twice.
    const key: Record<string, string> = method === "POST" ? { "idempotency-key": randomUUID() } : {};
    const asked = { ...options, headers: { ...key, ...options.headers } };
    const until = performance.now() + (options.patienceMs ?? 0);
    for (let n = 1; ; n++) {
      try {
        return await this.#askOnce(method, path, asked);
      } catch (error) {
        const isWorth =
          (isAway(error) && performance.now() < until) ||
          (options.again === true && n <= MOST_AGAIN && (isBroken(error) || isStillRunning(error)));
        if (!isWorth || options.signal?.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(200 * n, 2_000)));
      }
    }
  }

  async #askOnce(method: string, path: string, options: AskOptions): Promise<Answer> {
    const { status, text, etag, location } = await this.#send(method, `/api/v1${path}`, options);
    const body = parse(text);
    if (options.accept?.includes(status)) return { status, body, etag };
    if (status >= 400) throw this.#refusal(status, body);
    if (status < 200 || status >= 300) throw this.#elsewhere(status, location);
    // A proxy's own page, or another program on that port.
    if (status !== 204 && typeof body !== "object") throw this.#notOurs(status);
    return { status, body, etag };
  }

  /** As `ask`, for what is answered as plain text, whatever it is. */
  async text(path: string, signal: AbortSignal): Promise<string> {
    const asked = { headers: { accept: "text/plain" }, signal };
    const { status, text, location } = await this.#send("GET", `/api/v1${path}`, asked);
    if (status >= 400) throw this.#refusal(status, parse(text));
    if (status !== 200) throw this.#elsewhere(status, location);
    return text;
  }

  #elsewhere(status: number, location: string | undefined): CliError {
    const { name } = this.target;
    if (location === undefined || !URL.canParse(location, this.target.base.href))
      return this.#notOurs(status);
    const [base] = new URL(location, this.target.base).href.split("/api/v1");
    return new CliError(
      EXIT.unreachable,
      `The service at ${name} redirects to ${printable(location)}. Set JOBMOUNT_URL to that: ${printable(base!)}`,
    );
  }

  #notOurs(status: number): CliError {
    return new CliError(
      EXIT.unreachable,
      `What answers at ${this.target.name} is not Jobmount: it answered ${status} without JSON. Check JOBMOUNT_URL, and the proxy before the service.`,
    );
  }

  /** What /readyz says. */
  async ready(): Promise<Readiness> {
    const { status, text } = await this.#send("GET", "/readyz", { timeoutMs: 10_000 });
    const body = parse(text) as Partial<Readiness> | undefined;
    return { ready: status === 200, checks: Array.isArray(body?.checks) ? body.checks : [] };
  }

  /** Whether anybody answers at all; throws only when somebody is there and does not let us in. */
  async answers(): Promise<boolean> {
    try {
      await this.#send("GET", "/livez", { timeoutMs: 5000 });
      return true;
    } catch (error) {
      if (error instanceof Unreachable && (error.code === "ENOENT" || error.code === "ECONNREFUSED"))
        return false;
      throw error;
    }
  }

  #send(method: string, path: string, options: AskOptions): Promise<Sent> {
    const { target } = this;
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers: Record<string, string> = { accept: "application/json", "user-agent": "jobmount-cli" };
    if (target.token) headers["authorization"] = `Bearer ${target.token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const request: RequestOptions = {
      method,
      headers: { ...headers, ...options.headers },
      path: target.base.pathname.replace(/\/$/, "") + path,
      agent: false,
      signal: options.signal,
      ...(target.socketPath
        ? { socketPath: socketAddress(target.socketPath), host: "localhost" }
        : { host: target.base.hostname.replace(/^\[|\]$/g, ""), port: target.base.port || undefined }),
    };
    const timeoutMs = options.timeoutMs ?? 30_000;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) =>
        reject(
          options.signal?.aborted ? new CliError(EXIT.interrupted, "interrupted") : this.#unreachable(error),
        );
      const send = target.base.protocol === "https:" ? httpsRequest : httpRequest;
      const sent = send(request, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            text,
            etag: response.headers.etag ?? null,
            location: response.headers.location,
          }),
        );
        response.on("error", fail);
      });
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      sent.on("error", fail);
      sent.end(body);
    });
  }

  #unreachable(error: unknown): CliError {
    const code = String((error as { code?: unknown } | null)?.code);
    const { name } = this.target;
    if (this.local && code === "EACCES") {
      return new CliError(
        EXIT.refused,
        `A service runs here under another user: ${name} is open to that user alone. Run this as that user, or set JOBMOUNT_URL and JOBMOUNT_TOKEN.`,
      );
    }
    return new Unreachable(code, `The service at ${name} cannot be reached: ${messageOf(error) || code}.`);
  }

  #refusal(status: number, body: unknown): CliError {
    const problem = (typeof body === "object" && body !== null ? body : {}) as {
      title?: string;
      code?: string;
      detail?: string;
      errors?: FieldError[];
    };
    let text = problem.detail ?? problem.title ?? `The service at ${this.target.name} answered ${status}.`;
    if (status === 401)
      text = `The service at ${this.target.name} does not know this JOBMOUNT_TOKEN, or it has expired.`;
    return new Refused(status, text, problem.code, problem.errors);
  }
}

interface Sent {
  status: number;
  text: string;
  etag: string | null;
  location: string | undefined;
}

/** How often a POST is sent again whose answer did not come. */
const MOST_AGAIN = 5;

/** Nobody there, or a proxy that says so. */
function isAway(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && [502, 503, 504].includes(error.status));
}

/** The connection was there and broke: what was asked for may have been done. */
function isBroken(error: unknown): boolean {
  return error instanceof Unreachable && ["ECONNRESET", "EPIPE"].includes(error.code);
}

/** The first one, whose answer was lost, is not done yet. */
function isStillRunning(error: unknown): boolean {
  return error instanceof Refused && error.code === "idempotency_running";
}

/** The service answered, and it was a no. */
export class Refused extends CliError {
  constructor(
    readonly status: number,
    message: string,
    readonly code?: string,
    fields: readonly FieldError[] = [],
  ) {
    super(exitCodeOfRefusal(status, fields), message, fields);
  }
}

class Unreachable extends CliError {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(EXIT.unreachable, message);
  }
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The service named by JOBMOUNT_URL, else the one that answers on the local socket, else undefined. */
export async function findServer(context: CliContext, loaded: LoadedConfig): Promise<Server | undefined> {
  const { config, origins } = loaded;
  if (config.url !== null) {
    if (config.token === null) {
      throw new CliError(
        EXIT.configuration,
        "JOBMOUNT_URL is set and JOBMOUNT_TOKEN is not; set it to a token of that service.",
      );
    }
    return new Server({ name: config.url, base: new URL(config.url), token: config.token });
  }
  const own = await serviceAt(config.socketPath);
  if (own || origins.taskDatabase !== null) return own;
  // `jobmount dev` keeps its database and its socket beside the real ones.
  return serviceAt(join(context.cwd, ".jobmount", "jobmount.sock"));
}

/** The service that answers on this socket, if one does. */
export async function serviceAt(socketPath: string): Promise<Server | undefined> {
  const server = new Server({ name: socketPath, socketPath, base: new URL("http://localhost") });
  return (await server.answers()) ? server : undefined;
}

/** As `findServer`, for verbs that are nothing without one. */
export async function needServer(context: CliContext, loaded: LoadedConfig): Promise<Server> {
  const server = await findServer(context, loaded);
  if (server) return server;
  throw new CliError(
    EXIT.unreachable,
    `No service answers on ${loaded.config.socketPath}. Start one (npx jobmount start), or set JOBMOUNT_URL and JOBMOUNT_TOKEN to another.`,
  );
}
