// Loading and running jobs of a folder here, without a service: the same build and the same sandbox, in a temp folder.
import { mkdtemp, mkdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { childEnvironment, type Config, type Env } from "../config.ts";
import { systemClock } from "../clock.ts";
import { BUNDLE_NAME } from "../catalog/build.ts";
import { writeFolderOnce } from "../catalog/bundle-files.ts";
import { type Loaded, Loader } from "../catalog/load.ts";
import { ENTRY_NAME } from "../catalog/key.ts";
import type { Scan } from "../catalog/scan.ts";
import { dependencyFolder, dependencyFolderName, packageFolders } from "../catalog/task-folder.ts";
import type { JobVersion } from "../catalog/version.ts";
import { SandboxDescriber } from "../sandbox/describer.ts";
import { Pool } from "../sandbox/pool.ts";
import { CliError, EXIT } from "./exit.ts";

/** What describing one job may take. */
const DESCRIBE_LIMITS = { timeMs: 10_000, memoryBytes: 512 * 1024 * 1024 };

export interface LocalSource {
  name: string;
  path: string;
}

export class Workshop {
  readonly pool: Pool;
  readonly #folder: string;
  readonly #depsDir: string;
  readonly #loader: Loader;

  private constructor(folder: string, config: Config, env: Env) {
    this.#folder = folder;
    this.#depsDir = config.depsDir;
    this.pool = new Pool({
      clock: systemClock,
      tempRoot: join(folder, "children"),
      env: childEnvironment(env),
      warmLimit: 0,
      memoryBytes: config.jobMemoryBytes,
    });
    this.#loader = new Loader({
      describer: new SandboxDescriber(this.pool),
      limits: DESCRIBE_LIMITS,
      depsDir: config.depsDir,
      depsHint: config.depsHint,
      scratchDir: folder,
      clock: systemClock,
    });
  }

  /** `env`: the environment of this process. */
  static async open(config: Config, env: Env): Promise<Workshop> {
    return new Workshop(await mkdtemp(join(tmpdir(), "jobmount-run-")), config, env);
  }

  async load(source: LocalSource, key: string): Promise<Loaded> {
    return this.#loader.load({ source: source.name, key, root: await rootOf(source) }, null);
  }

  /** Puts a loaded version on disk, ready to be run. */
  async prepare(source: LocalSource, version: JobVersion) {
    const folder = join(this.#folder, "version");
    const filesDir = join(this.#folder, "files");
    await writeFolderOnce(
      folder,
      new Map([
        [BUNDLE_NAME, version.bundle],
        [`${BUNDLE_NAME}.map`, version.sourceMap],
      ]),
    );
    const inTask = `${version.jobKey}/`;
    const files = [...version.data].map(([path, bytes]) => [path.slice(inTask.length), bytes] as const);
    if (files.length > 0) await writeFolderOnce(filesDir, new Map(files));
    else await mkdir(filesDir);
    const locks = version.files.filter((file) => file.role === "lock");
    const deps = await dependencyFolder(this.#depsDir, dependencyFolderName(locks));
    const tree = { root: await rootOf(source), deps };
    return {
      hash: version.hash,
      bundlePath: join(folder, BUNDLE_NAME),
      filesDir,
      resolveFrom: packageFolders(version.needs, tree, version.jobKey),
      spec: version.spec,
    };
  }

  /** Ends every child and removes the temp folder. */
  async close(): Promise<void> {
    await this.pool.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The parent to give instead, when the folder is not one of jobs but one job's own; null otherwise. */
export function parentOfTask(scan: Scan, source: LocalSource, cwd: string): string | null {
  const rootJob = scan.findings.some(({ path, problem }) => problem.code === "E104" && path === ENTRY_NAME);
  return rootJob && scan.tasks.size === 0 ? relative(cwd, dirname(source.path)) || "." : null;
}

/** The real path of a folder of jobs, or a sentence that says why there is none. */
export async function rootOf(source: LocalSource): Promise<string> {
  const stats = await stat(source.path).catch(() => undefined);
  if (stats?.isDirectory()) return realpath(source.path);
  const what = stats ? "is not a folder" : "does not exist";
  throw new CliError(EXIT.invalid, `The folder of jobs ${source.path} ${what}; name another with --dir.`);
}
