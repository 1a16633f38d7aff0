// The real service as its user starts it: a child process in a temp folder, spoken to over REST.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkAnswer } from "./contract.ts";
import { eventually } from "./eventually.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURES = join(ROOT, "test", "fixtures");
/** Paths that lie outside the API's base. */
const OUTSIDE = new Set(["/livez", "/readyz"]);
const TOKEN = "test-admin-token-0123456789-abcdefghij";

export interface ServiceOptions {
  /** Fixture jobs to copy into the mounted folder. */
  jobs?: readonly string[];
  /** The folder of fixtures that they are in; `external_tasks` unless given. */
  fixtures?: string;
  /** A database address; an SQLite file in the temp folder unless given. */
  database?: string;
  env?: Record<string, string>;
  /** An existing folder of an earlier service, to start again in it. */
  folder?: string;
  args?: readonly string[];
  /** A command that runs the service: `unshare --mount …`. It has to become the service, not to stay its parent. */
  wrap?: readonly string[];
}

/** What REST answers; tests that read it know its shape, and `expect` finds out when they are wrong. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
}

export class Service {
  readonly folder: string;
  readonly tasks: string;
  url = "";
  output = "";
  token = TOKEN;
  readonly #options: ServiceOptions;
  #process: ChildProcess | undefined;

  private constructor(options: ServiceOptions) {
    this.#options = options;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), "jobmount-service-"));
    this.tasks = join(this.folder, "external_tasks");
  }

  /** Starts one and waits until it listens. */
  static async start(options: ServiceOptions = {}): Promise<Service> {
    const service = new Service(options);
    if (options.jobs) mkdirSync(service.tasks, { recursive: true });
    for (const job of options.jobs ?? [])
      cpSync(join(FIXTURES, options.fixtures ?? "external_tasks", job), join(service.tasks, job), {
        recursive: true,
      });
    await service.startAgain();
    return service;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  async startAgain(): Promise<void> {
    this.output = "";
    const own = [process.execPath, join(ROOT, "bin", "jobmount.mjs"), ...(this.#options.args ?? ["start"])];
    const [command, ...args] = [...(this.#options.wrap ?? []), ...own];
    const child = spawn(command!, args, {
      cwd: this.folder,
      env: {
        PATH: process.env["PATH"],
        PORT: "0",
        JOBMOUNT_ADMIN_TOKEN: TOKEN,
        JOBMOUNT_LOG_FORMAT: "text",
        ...(this.#options.database
          ? { TASK_DATABASE_URL: this.#options.database, JOBMOUNT_SECRET_KEY: "k".repeat(32) }
          : {}),
        ...this.#options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    const collect = (chunk: Buffer) => void (this.output += chunk.toString());
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    this.url = await eventually(() => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the service ended with ${child.exitCode ?? child.signalCode}: ${this.output}`);
      return /listens on (http:\/\/\S+)|"url":"(http:[^"]+)"/.exec(this.output)?.slice(1).find(Boolean);
      // A second by itself; seen: more than a minute, where thirty others wanted the same two cores.
    }, 120_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.output}`);
    });
  }

  /** Ends it and starts it again in its folder; answers the ms from the start to its first line. */
  async startAgainTimed(): Promise<number> {
    await this.terminate();
    const startedAt = performance.now();
    await this.startAgain();
    return performance.now() - startedAt;
  }

  /** Ends it as a crash would; its database and folder stay. */
  async kill9(): Promise<void> {
    const child = this.#process!;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** SIGTERM, and the exit code. */
  async terminate(): Promise<number | null> {
    const child = this.#process!;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGTERM");
    return gone;
  }

  async stop(): Promise<void> {
    await this.terminate();
    // The guard may still be taking away what was the service's: it ends a moment after it.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${this.url}${OUTSIDE.has(path) ? path : `/api/v1${path}`}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    checkAnswer({
      method,
      path: new URL(response.url).pathname,
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
      json: (isJson ? JSON.parse(text) : {}) as Json,
    };
  }

  get(path: string): Promise<Reply> {
    return this.call("GET", path);
  }

  /** Triggers a job and waits for its end. */
  async run(job: string, params: Record<string, unknown> = {}): Promise<Json> {
    const { status, json, text } = await this.call(
      "POST",
      `/jobs/${job}/runs`,
      { params },
      { prefer: "wait=20" },
    );
    if (status >= 300) throw new Error(`POST /jobs/${job}/runs answered ${status}: ${text}`);
    return json;
  }
}
