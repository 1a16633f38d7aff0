// Puts a version from the store on disk, so that a child process can import it: whole or not at all, and read-only.
import { readdir, readFile, realpath, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExpectedError } from "../errors.ts";
import { BUNDLE_NAME } from "./build.ts";
import { isFolder, writeFolderOnce } from "./bundle-files.ts";
import type { PreparedVersion, VersionPreparer } from "./prepare.ts";
import { statOrNull } from "./signature.ts";
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
}

const ORIGIN_NAME = "version.json";
/** A copy, and one that a killed process did not finish; whatever else lies there is not ours. */
const COPY_NAME = /^[0-9a-f]{64}(\.new-\w+)?$/;
const YOUNG_MS = 3_600_000;

/** The local copies of versions, made from the store alone. Any number of processes may share the folder. */
export class VersionCache implements VersionPreparer {
  private readonly origins = new Map<string, Promise<Origin>>();

  constructor(private readonly options: VersionCacheOptions) {}

  async prepare(hash: string): Promise<PreparedVersion> {
    const folder = join(this.options.cacheDir, hash);
    if (!(await isFolder(folder))) this.origins.delete(hash);
    const origin = await this.originOf(hash, folder);
    const resolveFrom = await this.packageFolders(origin);
    const { spec } = origin;
    return {
      hash,
      bundlePath: join(folder, BUNDLE_NAME),
      filesDir: join(folder, "files"),
      resolveFrom,
      spec,
    };
  }

  /** Writes a version that is at hand, which spares its first run the way through the database. */
  async keep(version: StoredVersion, data: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const content = new Map<string, string | Uint8Array>([
      [BUNDLE_NAME, version.bundle],
      [`${BUNDLE_NAME}.map`, version.sourceMap],
      [ORIGIN_NAME, JSON.stringify(originOf(version))],
    ]);
    const prefix = `${version.jobKey}/`;
    for (const [path, bytes] of data) {
      if (path.startsWith(prefix)) content.set(`files/${path.slice(prefix.length)}`, bytes);
    }
    await writeFolderOnce(join(this.options.cacheDir, version.hash), content);
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
      this.origins.delete(name);
      await rm(join(cacheDir, name), { recursive: true, force: true });
    }
    return gone.length;
  }

  /** The packages that a version needs and that are not here: it cannot run in this process. */
  async missing(
    needs: readonly NeededPackage[],
    source: string,
    jobKey: string,
    deps: string | null,
  ): Promise<string[]> {
    const root = await this.rootOf(source);
    const depsFolder = await dependencyFolder(this.options.depsDir ?? null, deps);
    const missing: string[] = [];
    for (const need of needs) {
      const places = need.from === "task" ? upwards(root, jobKey) : need.from === "cache" ? [depsFolder] : [];
      const found = await Promise.all(places.map((place) => hasPackage(place, need.name)));
      if (need.from !== "service" && !found.includes(true)) missing.push(need.name);
    }
    return missing;
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
    if (await isFolder(folder))
      return JSON.parse(await readFile(join(folder, ORIGIN_NAME), "utf8")) as Origin;
    const version = await this.options.store.loadVersion(hash);
    if (!version) throw notLoadable(`the version ${hash.slice(0, 12)} is not in the database any more`);
    const hasData = version.files.some((file) => file.role === "data");
    await this.keep(version, hasData ? await this.options.store.loadData(hash) : new Map());
    return originOf(version);
  }

  private async packageFolders(origin: Origin): Promise<string[]> {
    if (origin.needs.length === 0) return [];
    const { needs, source, jobKey, deps } = origin;
    const missing = await this.missing(needs, source, jobKey, deps);
    if (missing.length > 0) {
      const what =
        missing.length === 1 ? `the package ${missing[0]} is` : `the packages ${missing.join(", ")} are`;
      const told = `${what} not installed where ${source}:${jobKey} runs; run npx jobmount deps install there, or npm install in its folder`;
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

function originOf(version: StoredVersion): Origin {
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

async function hasPackage(folder: string | null, name: string): Promise<boolean> {
  return folder !== null && (await isFolder(join(folder, "node_modules", name)));
}

function notLoadable(message: string): ExpectedError {
  return new ExpectedError(409, "load", message);
}
