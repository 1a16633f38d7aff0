// Finding the data files that the patterns of `files` mean.
import type { Dirent } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { globMatches } from "../sdk/glob.ts";
import { LoadFailure, loadProblem } from "./load-problem.ts";
import { statOrNull } from "./signature.ts";
import { absoluteOf, treePathOf, type Tree, type TreePath } from "./tree.ts";

/** What patterns gave in a folder: an input of the load like every file. */
export interface FileList {
  folder: TreePath;
  patterns: string[];
  found: TreePath[];
}

/** Also ends a walk that links lead round in a circle. */
const MAX_DEPTH = 12;
const MAX_ENTRIES = 20_000;

/** Paths inside the tree, sorted. Links are followed; a folder outside the source is refused, a file when it is read. */
export async function walkFiles(
  tree: Tree,
  folder: TreePath,
  patterns: readonly string[],
): Promise<TreePath[]> {
  const found: TreePath[] = [];
  // A folder that starts with a dot is entered only when some pattern writes the dot.
  const hidden = patterns.some((pattern) => pattern.split("/").some((segment) => segment.startsWith(".")));
  let entries = 0;
  const walk = async (inside: string, depth: number): Promise<void> => {
    const at = joined(folder, inside);
    const names = await namesIn(tree, at);
    entries += names.length;
    if (entries > MAX_ENTRIES) throw tooMany(folder);
    for (const name of names) {
      const path = joined(inside, name.name);
      const isLink = name.isSymbolicLink();
      const target = isLink ? await statOrNull(absoluteOf(tree, joined(folder, path))) : name;
      if (!target) continue;
      if (target.isFile()) {
        if (patterns.some((pattern) => globMatches(pattern, path))) found.push(joined(folder, path));
      } else if (target.isDirectory() && depth < MAX_DEPTH && name.name !== "node_modules") {
        if (name.name.startsWith(".") && !hidden) continue;
        if (isLink) await refuseOutside(tree, joined(folder, path));
        await walk(path, depth + 1);
      }
    }
  };
  if (patterns.length > 0) await walk("", 0);
  return found.sort();
}

/** Nothing where there is no folder; one that cannot be read is no empty one: a version without its data would run. */
async function namesIn(tree: Tree, folder: TreePath): Promise<Dirent[]> {
  try {
    return await readdir(absoluteOf(tree, folder), { withFileTypes: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    const hint = "give the service the right to read it";
    throw new LoadFailure(loadProblem("E112", `${folder} cannot be read (${code})`, hint, { file: folder }));
  }
}

export function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((path, at) => path === other[at]);
}

const joined = (folder: string, name: string): string =>
  folder === "" ? name : name === "" ? folder : `${folder}/${name}`;

async function refuseOutside(tree: Tree, path: TreePath): Promise<void> {
  const real = await realpath(absoluteOf(tree, path)).catch(() => null);
  if (real !== null && treePathOf(tree, real) !== null) return;
  const hint = "copy the folder into the source: what lies outside it may not be read";
  throw new LoadFailure(
    loadProblem("E109", `${path} is a link that leads outside the source`, hint, { file: path }),
  );
}

function tooMany(folder: TreePath): LoadFailure {
  return new LoadFailure(
    loadProblem(
      "E111",
      `${folder} holds more than ${MAX_ENTRIES} files to search for the patterns of \`files\``,
      "name the folder of the data in the pattern, or move what is no data elsewhere",
      { file: folder },
    ),
  );
}
