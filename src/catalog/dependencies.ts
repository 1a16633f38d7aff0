// Which packages the jobs of a folder declare: each lockfile with the jobs that it is for, and its place in the cache.
import { join } from "node:path";
import { Snapshot, type FileRead } from "./snapshot.ts";
import { isFolder } from "./bundle-files.ts";
import { dependencyFolderName, lockFiles } from "./task-folder.ts";
import { folderOf, type TreePath } from "./tree.ts";

/** One manifest with its lockfile; several jobs may share it. */
export interface DependencySet {
  /** The folder inside the source in which they lie; "" for its root. */
  folder: TreePath;
  /** What names the folder in the cache: the hash of the lockfile, or of package.json where there is none. */
  name: string;
  /** The file that gave the name. */
  lockfile: string;
  files: FileRead[];
  /** Keys of the jobs that it is for, sorted. */
  jobs: string[];
  /** Whether packages lie beside it already, which are found before those of the cache. */
  hasOwnModules: boolean;
}

/** Sorted by folder. Manifests that declare no dependencies and have no lockfile need nothing, and are left out. */
export async function dependencySets(root: string, keys: Iterable<string>): Promise<DependencySet[]> {
  const snapshot = new Snapshot({ root, deps: null });
  const sets = new Map<TreePath, DependencySet>();
  for (const key of [...keys].sort()) {
    const files = await lockFiles(snapshot, key);
    const name = dependencyFolderName(files);
    const lock = files.find((file) => file.sha256 === name);
    if (name === null || !lock || !declaresAny(files)) continue;
    const folder = folderOf(lock.path);
    const known = sets.get(folder);
    if (known) known.jobs.push(key);
    else {
      const hasOwnModules = await isFolder(join(root, folder, "node_modules"));
      const lockfile = baseName(lock.path);
      sets.set(folder, { folder, name, lockfile, files, jobs: [key], hasOwnModules });
    }
  }
  return [...sets.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

export function baseName(path: TreePath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function declaresAny(files: readonly FileRead[]): boolean {
  const manifest = files.find((file) => baseName(file.path) === "package.json");
  if (!manifest) return true;
  try {
    const { dependencies, optionalDependencies } = JSON.parse(manifest.bytes.toString("utf8")) as Record<
      string,
      object | undefined
    >;
    return Object.keys({ ...dependencies, ...optionalDependencies }).length > 0;
  } catch {
    // Whoever installs it is told what is wrong with it.
    return true;
  }
}
