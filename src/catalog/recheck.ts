// Which of a source's tasks a full scan has to look at more closely: one stat for each path, however many tasks share it.
import type { KnownInputs } from "./inputs.ts";
import type { Scan } from "./scan.ts";
import { signaturesOf } from "./signature.ts";
import type { Task } from "./task.ts";
import { absoluteOf, DEPS_PREFIX, type Tree, type TreePath } from "./tree.ts";

/** The tasks whose inputs are not all known to be as they were. `treeOf` says where a task's packages lie. */
export async function suspects(
  tasks: readonly Task[],
  scan: Scan,
  treeOf: (task: Task, inputs: KnownInputs) => Promise<Tree>,
): Promise<Set<Task>> {
  const doubtful = new Set<Task>();
  const asked: { task: Task; inputs: KnownInputs; path: TreePath; absolute: string }[] = [];
  for (const task of tasks) {
    const inputs = task.inputs;
    if (inputs === null || inputs.hasLists || task.distrust || task.pending !== null) {
      doubtful.add(task);
      continue;
    }
    const tree = await treeOf(task, inputs);
    for (const path of inputs.paths((absent) => isSurelyAbsent(scan, absent))) {
      asked.push({ task, inputs, path, absolute: absoluteOf(tree, path) });
    }
  }
  const paths = [...new Set(asked.map(({ absolute }) => absolute))];
  const signatures = await signaturesOf(paths);
  const found = new Map(paths.map((path, at) => [path, signatures[at] ?? "none"]));
  for (const { task, inputs, path, absolute } of asked) {
    if (!inputs.expects(path, found.get(absolute) ?? "none")) doubtful.add(task);
  }
  return doubtful;
}

/** The scan has just read the names of the nearest folder that it walked, and the next one was not among them. */
function isSurelyAbsent(scan: Scan, path: TreePath): boolean {
  if (path.startsWith(DEPS_PREFIX)) return false;
  for (let end = path.length; end > 0;) {
    const slash = path.lastIndexOf("/", end - 1);
    const names = scan.names.get(slash < 0 ? "" : path.slice(0, slash));
    if (names) return !names.has(path.slice(slash + 1, end));
    end = slash;
  }
  return false;
}
