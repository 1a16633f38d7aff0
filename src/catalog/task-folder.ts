// What belongs to a task directory beside its code: manifest and lockfile, data files, and where its packages are.
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { LoadFailure, loadProblem } from "./load-problem.ts";
import { offeredFolder } from "./offered.ts";
import { sha256Of, type FileRead, type Snapshot } from "./snapshot.ts";
import { folderOf, type Tree, type TreePath } from "./tree.ts";
import type { NeededPackage, VersionFile } from "./version.ts";

/** In the order in which one of them names the dependency folder. */
const LOCKFILES = ["package-lock.json", "pnpm-lock.yaml", "yarn.lock", "package.json"];
/** Sum over one job: they are kept with every version. */
export const MAX_DATA_BYTES = 16 * 1024 * 1024;
const MAX_DATA_FILES = 2_000;

/** Manifest and lockfile of the nearest folder, upwards to the root of the source, that has one of them. */
export async function lockFiles(snapshot: Snapshot, folder: TreePath): Promise<FileRead[]> {
  for (let at = folder; ; at = folderOf(at)) {
    const paths = LOCKFILES.map((name) => (at === "" ? name : `${at}/${name}`));
    const kinds = await Promise.all(paths.map((path) => snapshot.kind(path)));
    const there = paths.filter((_, index) => kinds[index] !== "none");
    const found = (await Promise.all(there.map((path) => snapshot.read(path)))).filter(
      (file) => file !== null,
    );
    if (found.length > 0 || at === "") return found;
  }
}

/** Packages installed outside the mount lie in a folder named by the hash of the lockfile they were installed from. */
export function dependencyFolderName(
  lockHashes: readonly { path: TreePath; sha256: string }[],
): string | null {
  for (const name of LOCKFILES) {
    const lock = lockHashes.find((file) => file.path === name || file.path.endsWith(`/${name}`));
    if (lock) return lock.sha256;
  }
  return null;
}

/** Where the packages of a lockfile were installed; the folder may not exist yet. Null without cache or lockfile. */
export async function dependencyFolder(depsDir: string | null, name: string | null): Promise<string | null> {
  if (depsDir === null || name === null) return null;
  const folder = join(depsDir, name);
  return realpath(folder).catch(() => folder);
}

/** Folders in which the child looks up the packages that a bundle does not contain, in the order of the search. */
export function packageFolders(needs: readonly NeededPackage[], tree: Tree, folder: TreePath): string[] {
  const from = new Set(needs.map((need) => need.from));
  return [
    ...(from.has("task") ? [join(tree.root, folder)] : []),
    ...(from.has("cache") && tree.deps !== null ? [tree.deps] : []),
    ...(from.has("service") ? [offeredFolder()] : []),
  ];
}

/** The data files that the spec's `files` mean, read within the limit of a job. */
export async function dataFiles(
  snapshot: Snapshot,
  folder: TreePath,
  patterns: readonly string[],
): Promise<FileRead[]> {
  const paths = await snapshot.list(folder, patterns);
  if (paths.length > MAX_DATA_FILES)
    throw tooMuch(folder, `${paths.length} data files; ${MAX_DATA_FILES} are allowed`);
  const files: FileRead[] = [];
  let bytes = 0;
  for (const path of paths) {
    const file = await snapshot.read(path, MAX_DATA_BYTES).catch((error: unknown) => {
      if (error instanceof LoadFailure && error.problem.code === "E107")
        throw tooMuch(folder, error.problem.message);
      throw error;
    });
    if (!file) continue;
    bytes += file.bytes.length;
    if (bytes > MAX_DATA_BYTES)
      throw tooMuch(folder, `more than ${MAX_DATA_BYTES} bytes of data files (16 MiB)`);
    files.push(file);
  }
  return files;
}

function tooMuch(folder: TreePath, what: string): LoadFailure {
  const hint = "keep large data outside the task directory, and let the job read it from there";
  return new LoadFailure(loadProblem("E141", `${folder} has ${what}`, hint, { file: `${folder}/job.ts` }));
}

/** The identity of a version: the same for the same files, wherever the source is mounted. */
export function versionHash(version: {
  source: string;
  key: string;
  builderId: string;
  /** What runs: the same files may be put together in another way, by the paths of a tsconfig.json. */
  bundleSha256: string;
  files: readonly VersionFile[];
  needs: readonly NeededPackage[];
}): string {
  const lines = [
    `builder ${version.builderId}`,
    `job ${version.source}:${version.key}`,
    `bundle ${version.bundleSha256}`,
    ...version.files.map((file) => `${file.role} ${file.sha256} ${file.path}`),
    // What the service offers changes with the service, not with the job.
    ...version.needs.map(
      ({ from, name, version }) => `needs ${from} ${name} ${(from !== "service" && version) || ""}`,
    ),
  ];
  return sha256Of(lines.join("\n"));
}
