// A face that listens: a real HTTP server on a free port, with one token for each role.
import { createServer } from "../../src/http/create-server.ts";
import { LOCAL_PRINCIPAL } from "../../src/access/principal.ts";
import { ROLES, type Role } from "../../src/access/role.ts";
import { HttpServer } from "../../src/http/server.ts";
import type { FaceDeps } from "../../src/http/ports.ts";
import { checkAnswer } from "./contract.ts";
import { catalogEntry, FaceWorld, OPEN_SPEC } from "./http-doubles.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed JSON; undefined when the body is none. */
  json: Json;
}

/** JSON as tests look into it; a step that is not there fails the test by itself. */
export interface Json {
  readonly [key: string]: Json;
  readonly errors: readonly Json[] & Json;
  readonly data: readonly Json[] & Json;
}

export interface Asked {
  token?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
  /** Sent as it is; with `headers` only. */
  raw?: string | Uint8Array;
}

export class Face {
  readonly world = new FaceWorld();
  readonly tokens = {} as Record<Role, string>;
  readonly deps: FaceDeps;
  readonly #server: HttpServer;

  constructor(change: (deps: FaceDeps) => FaceDeps = (deps) => deps) {
    this.world.addSource(
      "default",
      catalogEntry("default", "billing/sync-orders"),
      catalogEntry("default", "open", { spec: OPEN_SPEC }),
    );
    this.world.addSource("builtin", catalogEntry("builtin", "cleanup"));
    this.deps = change(this.world.deps());
    this.#server = new HttpServer(createServer(this.deps), {
      listen: { host: "127.0.0.1", port: 0 },
      graceMs: 200,
    });
  }

  async start(): Promise<void> {
    await this.#server.start();
    for (const role of ROLES) this.tokens[role] = await this.token({ role });
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  get url(): string {
    return this.#server.address;
  }

  /** A fresh token's secret. */
  async token(input: { role: Role; sources?: string[]; expiresAt?: number }): Promise<string> {
    const issued = await this.deps.access.createToken({ name: input.role, ...input }, LOCAL_PRINCIPAL);
    return issued.secret;
  }

  /** Below /api/v1, as an admin unless another token (or null for none) is given. */
  async ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const headers: Record<string, string> = { ...asked.headers };
    const token = asked.token === undefined ? this.tokens.admin : asked.token;
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (asked.body !== undefined) headers["content-type"] ??= "application/json";
    const body = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
    return this.fetch(path.startsWith("//") ? path.slice(1) : `/api/v1${path}`, { method, headers, body });
  }

  async fetch(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, { ...init, redirect: "manual" });
    const text = await response.text();
    checkAnswer({
      method: init.method ?? "GET",
      path,
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      text,
    });
    const isJson =
      /json/.test(response.headers.get("content-type") ?? "") &&
      !/ndjson/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (isJson && text !== "" ? JSON.parse(text) : undefined) as Json,
    };
  }
}
