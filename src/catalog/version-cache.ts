// Puts a version from the store on disk, so that a child process can import it: whole or not at all, and read-only.
import { readdir, readFile, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExpectedError } from "../errors.ts";
import { BUNDLE_NAME } from "./build.ts";
import { type FolderContent, isFolder, replaceFolder, writeFolderOnce } from "./bundle-files.ts";
import type { PreparedVersion, VersionPreparer } from "./prepare.ts";
import { Seal } from "./seal.ts";
import { statOrNull } from "./signature.ts";
import { sha256Of } from "./snapshot.ts";
import type { CatalogStore, StoredVersion } from "./store.ts";
import { dependencyFolder, dependencyFolderName, packageFolders } from "./task-folder.ts";
import type { NeededPackage } from "./version.ts";
import type { JobSpec } from "../sdk/spec.ts";

export interface VersionCacheOptions {
  store: CatalogStore;
  /** Where versions lie: `<cacheDir>/<hash>/job.mjs`, `job.mjs.map`, `files/…`. */
  cacheDir: string;
  /** The folders of the sources by name, as configured. */
  sources: ReadonlyMap<string, string>;
  /** Where `deps install` puts packages; null when there is no such cache. */
  depsDir?: string | null;
  /** This machine's own clock, as the file system uses it. */
  now?(): number;
}

/** What has to be known of a version on disk; kept beside it, so that the database may be away. */
interface Origin {
  source: string;
  jobKey: string;
  needs: NeededPackage[];
  /** Name of the dependency folder. */
  deps: string | null;
  spec: JobSpec;
  /** SHA-256 of each file of the copy: after a loss of power some may be short, or hold nothing but zeros. */
  sums: Record<string, string>;
}

const ORIGIN_NAME = "version.json";
/** A copy, and one that a killed process did not finish; whatever else lies there is not ours. */
const COPY_NAME = /^[0-9a-f]{64}(\.new-\w+)?$/;
const YOUNG_MS = 3_600_000;

/** The local copies of versions, made from the store alone. Any number of processes may share the folder. */
export class VersionCache implements VersionPreparer {
  private readonly origins = new Map<string, Promise<Origin>>();
  /** Of copies whose content is known to be that of the version. */
  private readonly seals = new Map<string, Seal>();
  private readonly writing = new Map<string, Promise<void>>();

  constructor(private readonly options: VersionCacheOptions) {}

  async prepare(hash: string): Promise<PreparedVersion> {
    const folder = join(this.options.cacheDir, hash);
    if (!this.isUntouched(hash)) this.forget(hash);
    const origin = await this.originOf(hash, folder);
    const resolveFrom = await this.packageFolders(origin);
    const { spec } = origin;
    const bundlePath = join(folder, BUNDLE_NAME);
    return {
      hash,
      bundlePath,
      bundleSeal: this.seals.get(hash)?.of(bundlePath),
      filesDir: join(folder, "files"),
      resolveFrom,
      spec,
    };
  }

  isUntouched(hash: string): boolean {
    return this.seals.get(hash)?.holds ?? false;
  }

  /** Writes a version that is at hand, which spares its first run the way through the database. */
  async keep(version: StoredVersion, data: ReadonlyMap<string, Uint8Array>): Promise<void> {
    await this.write(version.hash, contentOf(version, data));
  }

  /**
   * Removes the local copies of versions that `stored` does not know any more. A copy of the last hour stays: it is
   * written before its version is stored. Answers how many went.
   */
  async tidy(stored: (hashes: readonly string[]) => Promise<ReadonlySet<string>>): Promise<number> {
    const { cacheDir, now = Date.now } = this.options;
    const old: string[] = [];
    for (const name of await readdir(cacheDir).catch(() => [])) {
      const stats = await statOrNull(join(cacheDir, name));
      if (stats && COPY_NAME.test(name) && now() - Number(stats.ctimeMs) > YOUNG_MS) old.push(name);
    }
    const known = await stored(old);
    const gone = old.filter((name) => !known.has(name));
    for (const name of gone) {
      this.forget(name);
      await rm(join(cacheDir, name), { recursive: true, force: true });
    }
    return gone.length;
  }

  /** The packages that a version needs and that are not here as it needs them, in words: it cannot run in this process. */
  private async missing(
    needs: readonly NeededPackage[],
    source: string,
    jobKey: string,
    deps: string | null,
  ): Promise<string[]> {
    const root = await this.rootOf(source);
    const depsFolder = await dependencyFolder(this.options.depsDir ?? null, deps);
    const missing: string[] = [];
    for (const { name, version, from } of needs) {
      if (from === "service") continue;
      const found = await installedVersion(from === "task" ? upwards(root, jobKey) : [depsFolder], name);
      if (found === undefined) missing.push(`the package ${name} is not installed`);
      else if (version !== null && found !== version)
        missing.push(
          `the package ${name} is ${found ?? "without a version"}, and not the ${version} of this version,`,
        );
    }
    return missing;
  }

  private forget(hash: string): void {
    this.origins.delete(hash);
    this.seals.delete(hash);
  }

  private originOf(hash: string, folder: string): Promise<Origin> {
    let origin = this.origins.get(hash);
    if (!origin) {
      origin = this.materialise(hash, folder);
      this.origins.set(hash, origin);
      // A failure is not remembered: the database comes back.
      origin.catch(() => this.origins.delete(hash));
    }
    return origin;
  }

  private async materialise(hash: string, folder: string): Promise<Origin> {
    const { store } = this.options;
    let version: StoredVersion | null;
    let data = new Map<string, Uint8Array>();
    try {
      version = await store.loadVersion(hash);
      if (version?.files.some((file) => file.role === "data")) data = await store.loadData(hash);
    } catch (error) {
      // With the database away the copy of an earlier time has to do; it is not sealed, so it is looked at the next time.
      const copy = await wholeCopy(folder);
      if (copy !== null) return copy;
      throw error;
    }
    if (!version) {
      const copy = await wholeCopy(folder);
      if (copy !== null) return copy;
      throw notLoadable(`the version ${hash.slice(0, 12)} is not in the database any more`);
    }
    await this.write(hash, contentOf(version, data));
    return { ...originOf(version), sums: {} };
  }

  /** One after the other for one version: the second one finds what the first one wrote. */
  private write(hash: string, content: FolderContent): Promise<void> {
    const before = this.writing.get(hash) ?? Promise.resolve();
    const written = before.then(() => this.writeNow(hash, content));
    const done = written
      .catch(() => undefined)
      .then(() => {
        if (this.writing.get(hash) === done) this.writing.delete(hash);
      });
    this.writing.set(hash, done);
    return written;
  }

  /**
   * A copy that was there already may be of an earlier process, and jobs may have written over it since. One that
   * another process has just made stays: its children import it.
   */
  private async writeNow(hash: string, content: FolderContent): Promise<void> {
    const folder = join(this.options.cacheDir, hash);
    let seal = await Seal.of(folder, content);
    for (const put of [writeFolderOnce, replaceFolder]) {
      if (seal) break;
      await put(folder, content);
      seal = await Seal.of(folder, content);
    }
    if (seal) this.seals.set(hash, seal);
  }

  private async packageFolders(origin: Origin): Promise<string[]> {
    if (origin.needs.length === 0) return [];
    const { needs, source, jobKey, deps } = origin;
    const missing = await this.missing(needs, source, jobKey, deps);
    if (missing.length > 0) {
      const told = `${missing.join(" and ")} where ${source}:${jobKey} runs; run npx jobmount deps install there, or npm install in its folder`;
      throw new ExpectedError(409, "needs", told);
    }
    const tree = {
      root: (await this.rootOf(source)) ?? "",
      deps: await dependencyFolder(this.options.depsDir ?? null, deps),
    };
    return packageFolders(needs, tree, jobKey);
  }

  private async rootOf(source: string): Promise<string | null> {
    const path = this.options.sources.get(source);
    return path === undefined ? null : realpath(path).catch(() => null);
  }
}

function contentOf(version: StoredVersion, data: ReadonlyMap<string, Uint8Array>): FolderContent {
  const content = new Map<string, string | Uint8Array>([
    [BUNDLE_NAME, version.bundle],
    [`${BUNDLE_NAME}.map`, version.sourceMap],
  ]);
  const prefix = `${version.jobKey}/`;
  for (const [path, bytes] of data) {
    if (path.startsWith(prefix)) content.set(`files/${path.slice(prefix.length)}`, bytes);
  }
  // In one order, however the data came: another order would be another text, and so another copy.
  const sums = Object.fromEntries(
    [...content.keys()].sort().map((path) => [path, sha256Of(content.get(path)!)]),
  );
  content.set(ORIGIN_NAME, JSON.stringify({ ...originOf(version), sums }));
  return content;
}

/** Null where there is none, or none that is whole: it is made again. */
async function wholeCopy(folder: string): Promise<Origin | null> {
  try {
    const origin = JSON.parse(await readFile(join(folder, ORIGIN_NAME), "utf8")) as Origin;
    for (const [path, sum] of Object.entries(origin.sums))
      if (sha256Of(await readFile(join(folder, path))) !== sum) return null;
    return origin;
  } catch {
    return null;
  }
}

function originOf(version: StoredVersion): Omit<Origin, "sums"> {
  const locks = version.files.filter((file) => file.role === "lock");
  return {
    source: version.source,
    jobKey: version.jobKey,
    needs: version.needs,
    deps: dependencyFolderName(locks),
    spec: version.spec,
  };
}

/** The task's folder and those above it, up to the root of the source. */
function upwards(root: string | null, key: string): (string | null)[] {
  if (root === null) return [];
  const folders: string[] = [];
  for (let at = join(root, key); at.length >= root.length; at = dirname(at)) folders.push(at);
  return folders;
}

/** Of the nearest one, which is what an import finds; undefined where there is none, null where it says no version. */
async function installedVersion(
  folders: readonly (string | null)[],
  name: string,
): Promise<string | null | undefined> {
  for (const folder of folders) {
    if (folder === null) continue;
    const place = join(folder, "node_modules", name);
    if (!(await isFolder(place))) continue;
    try {
      const { version } = JSON.parse(await readFile(join(place, "package.json"), "utf8")) as {
        version?: unknown;
      };
      return typeof version === "string" ? version : null;
    } catch {
      return null;
    }
  }
  return undefined;
}

function notLoadable(message: string): ExpectedError {
  return new ExpectedError(409, "load", message);
}
