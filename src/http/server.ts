// Listens: on a TCP address for the network, or on a unix socket that only its owner can open.
import { createServer as createHttpServer, type Server } from "node:http";
import { chmodSync, unlinkSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { relative } from "node:path";
import type Koa from "koa";
import { ExpectedError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { FaceState } from "./context.ts";
import { problem, PROBLEM_TYPE } from "./problem.ts";

export type ListenOn = { host: string; port: number } | { socketPath: string };

export interface HttpServerOptions {
  listen: ListenOn;
  /** How long open requests may go on after `stop`; then their connections are cut. */
  graceMs: number;
  /** A request that has not arrived as a whole by then is cut off with 408; 30 s unless given. */
  requestTimeoutMs?: number;
}

/** A client that sends its headers or its body slower than this is cut off with 408. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** So much later than its time-out a slow one may be cut. */
const CHECK_MS = 5_000;
/** Longer than the idle time of common load balancers, so that not we are the ones who close under a request. */
const KEEP_ALIVE_MS = 75_000;
/** `sun_path` of Linux, less its final zero byte. */
const MAX_SOCKET_PATH = 107;

export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;
  #stopping: Promise<void> | undefined;

  constructor(app: Koa<FaceState>, options: HttpServerOptions) {
    this.#options = options;
    const handle = app.callback();
    const requestTimeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#server = createHttpServer(
      {
        headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
        requestTimeout,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: Math.min(CHECK_MS, requestTimeout),
      },
      (req, res) => void handle(req, res),
    );
    this.#server.on("clientError", answerBrokenRequest);
  }

  /** Resolves when connections are taken; an ExpectedError says which address is not to be had, and what to set. */
  start(): Promise<void> {
    const { listen } = this.#options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => reject(listenError(error, listen));
      this.#server.once("error", failed);
      this.#server.once("listening", () => {
        this.#server.off("error", failed);
        resolve();
      });
      if ("socketPath" in listen) listenPrivately(this.#server, listen.socketPath);
      else this.#server.listen({ host: listen.host, port: listen.port });
    });
  }

  /** `http://127.0.0.1:3000`, with the port that was really taken; of a unix socket its path. */
  get address(): string {
    const { listen } = this.#options;
    if ("socketPath" in listen) return listen.socketPath;
    const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
    return `http://${host}:${this.port}`;
  }

  /** The port that was really taken; 0 of a unix socket. */
  get port(): number {
    const { listen } = this.#options;
    if ("socketPath" in listen) return 0;
    return (this.#server.address() as AddressInfo | null)?.port ?? listen.port;
  }

  /** Takes nothing new, lets open requests end within the grace, then cuts them. The second call waits for the first. */
  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      // Open streams never end by themselves, so close() alone would wait for ever.
      const cut = setTimeout(() => this.#server.closeAllConnections(), this.#options.graceMs);
      this.#server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
    return this.#stopping;
  }
}

/** The shorter way to write a socket's path: `sun_path` holds 107 bytes, and data folders may lie deep. */
export function socketAddress(path: string, cwd = process.cwd()): string {
  const near = relative(cwd, path);
  return near !== "" && Buffer.byteLength(near) < Buffer.byteLength(path) ? near : path;
}

/** Nobody else can open the socket, not even between its creation and a chmod: bind happens inside listen(). */
function listenPrivately(server: Server, path: string): void {
  const address = socketAddress(path);
  if (Buffer.byteLength(address) > MAX_SOCKET_PATH) {
    server.emit("error", Object.assign(new Error("path too long"), { code: "ENAMETOOLONG" }));
    return;
  }
  removeStale(path);
  const mask = process.umask(0o177);
  try {
    server.listen({ path: address });
  } finally {
    process.umask(mask);
  }
  server.once("listening", () => chmodSync(path, 0o600));
}

/** One of an earlier process that was killed; that only one service uses the folder is made sure before (A5). */
function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function listenError(error: NodeJS.ErrnoException, listen: ListenOn): Error {
  const where = "socketPath" in listen ? listen.socketPath : `${listen.host}:${listen.port}`;
  const say = (code: string, message: string) => new ExpectedError(500, code, message);
  switch (error.code) {
    case "EADDRINUSE":
      return say(
        "port_taken",
        `Cannot listen on ${where}: another program already does. Set PORT to a free port (0 takes any), or end that program.`,
      );
    case "EACCES":
      return say(
        "port_forbidden",
        `Cannot listen on ${where}: this user may not. Set PORT to a port from 1024 up.`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return say(
        "host_unknown",
        `Cannot listen on ${where}: this machine has no such address. Set HOST to one of its own, or to 0.0.0.0 for all.`,
      );
    case "ENAMETOOLONG":
      return say(
        "socket_path",
        `Cannot make the local socket: its path has more than ${MAX_SOCKET_PATH} bytes (${where}). Use a shorter folder for the database.`,
      );
    default:
      return error;
  }
}

/** What never became a request: answered as a problem all the same, and the connection is closed. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = brokenRequest(error.code);
  const body = JSON.stringify(problem(status, code, detail, newId("req", Date.now())));
  socket.end(
    `HTTP/1.1 ${status} \r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // The rest of what it sends is not read.
    () => socket.destroySoon(),
  );
}

function brokenRequest(code: string | undefined): [number, string, string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "headers", "The headers are larger than 16 KiB."];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "timeout", "The request did not arrive in time."];
  return [400, "malformed", "This is not a valid HTTP request."];
}
