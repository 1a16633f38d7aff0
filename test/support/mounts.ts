// A real service over several mounted folders, and the question that every test of reloading ends with: what does the
// next run print?
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { eventually } from "./eventually.ts";
import { type Json, Service } from "./service.ts";

/**
 * Far above the second that a change may take, since others have the cores as well; that second is held by the tests that
 * read the service's own times. No full scan helps: the next one is far away.
 */
const SOON_MS = 8_000;

export interface MountsOptions {
  /** A source for each; its folder is `<folder>/<name>` unless `paths` says otherwise. */
  sources: readonly string[];
  /** Paths inside the folder for sources that lie elsewhere. */
  paths?: Record<string, string>;
  database?: string;
  env?: Record<string, string>;
  /** Runs in the service's own mount namespace, before it starts; `$1` is the folder. */
  mounts?: string;
  /** A command that runs the service, instead of `mounts`. */
  wrap?: readonly string[];
  /** Before the service starts. */
  prepare?(mounts: Mounts): void;
}

/** A whole job.ts that prints what this expression gives. */
export function prints(expression: string, head = "", more = ""): string {
  return `import { defineJob } from "jobmount";
${head}
export class Job extends defineJob({ name: "Prints", ${more} }) {
  execute() {
    console.log(String(${expression}));
  }
}
`;
}

export class Mounts {
  private constructor(
    readonly folder: string,
    private readonly options: MountsOptions,
  ) {}

  service!: Service;

  static async start(options: MountsOptions): Promise<Mounts> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "jobmount-mounts-")));
    const mounts = new Mounts(folder, options);
    for (const source of options.sources) {
      if (options.paths?.[source] === undefined) mkdirSync(join(folder, source));
    }
    options.prepare?.(mounts);
    const place = (source: string) => `${source}=${join(folder, options.paths?.[source] ?? source)}`;
    mounts.service = await Service.start({
      folder,
      database: options.database,
      // What no event told is found late enough to fail the test that is about it.
      env: {
        EXTERNAL_TASKS_PATH: options.sources.map(place).join(","),
        JOBMOUNT_RESCAN: "10m",
        ...options.env,
      },
      wrap: options.mounts === undefined ? options.wrap : wrapped(options.mounts, folder),
    });
    return mounts;
  }

  async stop(): Promise<void> {
    await this.service?.terminate();
    // The guard may still be taking away what was the service's: it ends a moment after it.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  /** Paths inside the folder, the source first. */
  write(files: Record<string, string | Uint8Array>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(path)), { recursive: true });
      writeFileSync(this.path(path), content);
    }
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  /** Runs a command in the folder. */
  run(command: string, ...args: string[]): string {
    return execFileSync(command, args, {
      cwd: this.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs a command where the service lives, with its mounts. */
  inside(command: string, ...args: string[]): string {
    return this.run("nsenter", "--target", String(this.service.pid), "--mount", command, ...args);
  }

  /** Triggers one run, waits for its end, and answers all that it printed. */
  async printed(address: string): Promise<string> {
    const run = await this.service.run(address.replaceAll("/", "."));
    if (run.state !== "succeeded") throw new Error(`${address} ended as ${run.state}: ${run.cause}`);
    const { json } = await this.service.get(`/runs/${run.id}/logs`);
    return json.data.map((line: Json) => line.text).join("\n");
  }

  /** The next run, within a moment, prints this. */
  async prints(address: string, text: string, ms = SOON_MS): Promise<void> {
    await eventually(
      async () => {
        const printed = await this.printed(address);
        if (printed !== text) throw new Error(`${address} printed ${printed} and not ${text}`);
        return true;
      },
      ms,
      20,
    );
  }

  async job(address: string): Promise<Json> {
    return (await this.service.get(`/jobs/${address.replaceAll("/", ".")}`)).json;
  }

  async becomes(address: string, loadState: string, ms = SOON_MS): Promise<Json> {
    return eventually(
      async () => {
        const job = await this.job(address);
        if (job.loadState !== loadState)
          throw new Error(`${address} is ${job.loadState} and not ${loadState}`);
        return job;
      },
      ms,
      20,
    );
  }

  async source(name: string): Promise<Json> {
    const { json } = await this.service.get("/sources");
    return json.data.find((source: Json) => source.name === name);
  }

  /** `code path` of all that does not load in a source. */
  async errors(source: string): Promise<string[]> {
    const { json } = await this.service.get("/load-errors?limit=200");
    return json.data
      .filter((failed: Json) => failed.source === source)
      .map((failed: Json) => `${failed.code} ${failed.job}`);
  }
}

function wrapped(script: string, folder: string): string[] {
  const shell = `set -e; ${script}; shift; exec "$@"`;
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", shell, "sh", folder];
}
