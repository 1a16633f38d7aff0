// Paths of one load: names inside the source (and inside its dependency folder) against paths of the host.
import { isAbsolute, join, posix, relative, sep } from "node:path";

/**
 * A path as versions and errors show it: inside the source with `/` (`billing/job.ts`), or inside the folder of
 * installed packages with a prefix (`deps:node_modules/dayjs/index.js`). Never a path of the host.
 */
export type TreePath = string;

export const DEPS_PREFIX = "deps:";

/** The folders that one load may read from, as real absolute paths. */
export interface Tree {
  root: string;
  /** Where packages were installed for this task, outside the mount; null when nowhere. */
  deps: string | null;
}

/** The path of the host. */
export function absoluteOf(tree: Tree, path: TreePath): string {
  if (!path.startsWith(DEPS_PREFIX)) return join(tree.root, path);
  return join(tree.deps ?? "/nonexistent", path.slice(DEPS_PREFIX.length));
}

/** The path inside the tree of a path of the host, or null when it lies outside. */
export function treePathOf(tree: Tree, absolute: string): TreePath | null {
  const inSource = below(tree.root, absolute);
  if (inSource !== null) return inSource;
  const inDeps = tree.deps === null ? null : below(tree.deps, absolute);
  return inDeps === null ? null : DEPS_PREFIX + inDeps;
}

/** The part of `path` below `folder` with `/`, "" for the folder itself, null when it lies elsewhere. */
export function below(folder: string, path: string): string | null {
  const rest = relative(folder, path);
  if (rest === "") return "";
  if (rest === ".." || rest.startsWith(`..${sep}`) || isAbsolute(rest)) return null;
  return sep === "/" ? rest : rest.split(sep).join("/");
}

/** The folder that holds a path: "" for one in the root, "deps:" for the dependency folder itself. */
export function folderOf(path: TreePath): TreePath {
  const [prefix, rest] = split(path);
  const folder = posix.dirname(rest);
  return prefix + (folder === "." ? "" : folder);
}

/** `request` (`./a`, `../b/c`) as seen from a folder; null when it leads out of the source. */
export function joinPath(folder: TreePath, request: string): TreePath | null {
  const [prefix, rest] = split(folder);
  const joined = posix.normalize(posix.join(rest, request)).replace(/\/+$/, "");
  if (joined === ".." || joined.startsWith("../") || joined.startsWith("/")) return null;
  // A folder of the source may not pass for the dependency folder.
  if (prefix === "" && joined.startsWith(DEPS_PREFIX)) return null;
  return prefix + (joined === "." ? "" : joined);
}

function split(path: TreePath): [prefix: string, rest: string] {
  return path.startsWith(DEPS_PREFIX) ? [DEPS_PREFIX, path.slice(DEPS_PREFIX.length)] : ["", path];
}
