// A copy of the repository in which a page is followed as a stranger would, from its first line to its last.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/service.ts";

/** What `npm start` and `npx jobmount` need; the sources only because `npm start` builds. */
const COPIED = ["package.json", "bin", "dist", "external_tasks", "builtin_tasks"];
const SOURCES = [
  "tsconfig.json",
  "tsconfig.build.json",
  ".mocharc.json",
  "bundle.mjs",
  "src",
  "migrations",
  "ui",
];

export interface Ended {
  code: number | null;
  /** stdout and stderr as they came. */
  output: string;
}

export interface WorkspaceOptions {
  /** With the sources, so that `npm start` and `npm test` can build. */
  builds: boolean;
  /** Further files of the repository. */
  files?: readonly string[];
}

export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "jobmount-docs-"));
  readonly root = join(this.folder, "jobmount");
  /** What is exported by one command is there for the next one, as in a terminal. */
  readonly env: Record<string, string>;
  #service: { child: ChildProcess; ended: Promise<Ended>; output: string } | undefined;

  private constructor(readonly port: number) {
    this.env = {
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: this.folder,
      LANG: "C.UTF-8",
      TZ: "UTC",
      PORT: String(port),
      // npx finds the command in this folder; it must not look for it anywhere else.
      npm_config_offline: "true",
      npm_config_update_notifier: "false",
    };
  }

  static async make(options: WorkspaceOptions): Promise<Workspace> {
    const workspace = new Workspace(await freePort());
    mkdirSync(workspace.root);
    for (const name of [...COPIED, ...(options.builds ? SOURCES : []), ...(options.files ?? [])]) {
      const to = join(workspace.root, name);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(ROOT, name), to, { recursive: true, preserveTimestamps: true });
    }
    // Instead of `npm ci`, which would install the same packages again and needs a registry.
    symlinkSync(join(ROOT, "node_modules"), join(workspace.root, "node_modules"));
    return workspace;
  }

  path(name: string): string {
    const path = resolve(this.root, name);
    if (!path.startsWith(`${this.root}/`)) throw new Error(`${name} leads out of the workspace`);
    return path;
  }

  save(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Runs one command to its end, as bash does it, and keeps what it exported. */
  async run(command: string): Promise<Ended> {
    const exported = join(this.folder, "exported");
    const script = `set -a\n${command}\ncode=$?\nenv -0 > '${exported}'\nexit $code\n`;
    const ended = await this.#spawn(script).ended;
    for (const entry of readFileSync(exported, "utf8").split("\0")) {
      const [name, ...value] = entry.split("=");
      if (name && !["_", "SHLVL", "PWD", "OLDPWD", "code"].includes(name)) this.env[name] = value.join("=");
    }
    return ended;
  }

  /** Starts what runs until Ctrl-C; resolves when `ready` is content with its output. Another one is ended first. */
  async serve(command: string, ready: (output: string) => boolean): Promise<string> {
    await this.interrupt();
    const service = this.#spawn(`exec env ${command}`);
    this.#service = service;
    let code: number | null | undefined;
    void service.ended.then((ended) => (code = ended.code));
    return eventually(() => {
      if (ready(service.output)) return service.output;
      if (code !== undefined) throw new Error(`it ended with exit code ${code}`);
      return undefined;
    }, 240_000).catch((error: Error) => {
      throw new Error(`${error.message}; its output:\n${service.output}`);
    });
  }

  /** What the service has said so far. */
  get told(): string {
    return this.#service?.output ?? "";
  }

  /** Ctrl-C: SIGINT to all of it, and its end. */
  async interrupt(): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    if (!service) return;
    signal(service.child, "SIGINT");
    const force = setTimeout(() => signal(service.child, "SIGKILL"), 15_000);
    await service.ended;
    clearTimeout(force);
  }

  async remove(): Promise<void> {
    await this.interrupt();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(script: string) {
    const child = spawn("bash", ["-c", script], {
      cwd: this.root,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const started = { child, output: "", ended: Promise.resolve<Ended>({ code: null, output: "" }) };
    const hear = (chunk: Buffer) => void (started.output += chunk.toString());
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    started.ended = new Promise((done, fail) => {
      child.once("error", fail);
      child.once("close", (code) => done({ code, output: started.output }));
    });
    return started;
  }
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, name);
  } catch {
    // It is gone already.
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
