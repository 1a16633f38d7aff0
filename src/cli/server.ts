// A running service as the verbs talk to it: REST over the local socket, or over HTTP with a token.
import { randomUUID } from "node:crypto";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { messageOf, type FieldError } from "../errors.ts";
import type { LoadedConfig } from "../config.ts";
import { socketAddress } from "../http/server.ts";
import type { CliContext } from "./context.ts";
import { CliError, EXIT, type ExitCode, fieldLines } from "./exit.ts";

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
    const { status, text, etag } = await this.#send(method, `/api/v1${path}`, options);
    const body = parse(text);
    if (status >= 400 && !options.accept?.includes(status)) throw this.#refusal(status, body);
    return { status, body, etag };
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
    // A reply that got lost must not leave us guessing: asked again with the same key, nothing happens twice.
    if (method === "POST") headers["idempotency-key"] = randomUUID();
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
          resolve({ status: response.statusCode ?? 0, text, etag: response.headers.etag ?? null }),
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
      detail?: string;
      errors?: FieldError[];
    };
    let text = problem.detail ?? problem.title ?? `The service at ${this.target.name} answered ${status}.`;
    if (status === 401)
      text = `The service at ${this.target.name} does not know this JOBMOUNT_TOKEN, or it has expired.`;
    text = [text, ...fieldLines(problem.errors ?? [], text)].join("\n");
    return new Refused(status, text);
  }
}

interface Sent {
  status: number;
  text: string;
  etag: string | null;
}

/** The service answered, and it was a no. */
export class Refused extends CliError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(exitCodeFor(status), message);
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

function exitCodeFor(status: number): ExitCode {
  if (status === 400 || status === 422) return EXIT.invalid;
  return status >= 500 ? EXIT.unreachable : EXIT.refused;
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
