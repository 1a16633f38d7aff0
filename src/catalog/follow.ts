// Taking over what another process published or pinned: the rows are the truth, this process only remembers them.
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../clock.ts";
import type { CatalogChange } from "./change.ts";
import type { FollowedEntry } from "./store.ts";
import { Task } from "./task.ts";
import type { CatalogEntry } from "./version.ts";

/**
 * Lays followed entries over the tasks of a source and answers what to tell. What this process sees in the folder itself
 * (`newest`, inputs) stays its own: whoever publishes next compares with that.
 */
export function follow(
  tasks: Map<string, Task>,
  followed: readonly FollowedEntry[],
  sees: (task: Task) => boolean,
  at: Instant,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const { newestVersion, ...entry } of followed) {
    let task = tasks.get(entry.key);
    if (!task) tasks.set(entry.key, (task = new Task(entry.source, entry.key)));
    if (!sees(task)) task.newest = newestVersion;
    const before = task.entry;
    if (isDeepStrictEqual(before, entry)) continue;
    task.entry = entry;
    const change = changeOf(before, entry, at);
    if (change) changes.push(change);
  }
  return changes;
}

function changeOf(before: CatalogEntry | null, entry: CatalogEntry, at: Instant): CatalogChange | null {
  const { source, key, currentVersion: hash, spec } = entry;
  if (entry.loadState === "missing" && before?.loadState !== "missing")
    return { kind: "missing", source, key, at };
  if (hash === null || spec === null) return null;
  if (hash !== before?.currentVersion) {
    const previous = before?.currentVersion ?? null;
    return { kind: "served", source, key, hash, previous, why: "elsewhere", spec, at };
  }
  if (before.loadState === "missing" && entry.loadState !== "missing")
    return { kind: "back", source, key, hash, at };
  return null;
}
