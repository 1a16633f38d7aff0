// Taking over what another process published or pinned: the rows are the truth, this process only remembers them.
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../clock.ts";
import type { CatalogChange } from "./change.ts";
import type { FollowedEntry } from "./store.ts";
import { Task } from "./task.ts";
import type { CatalogEntry } from "./version.ts";

/**
 * Lays followed entries over the tasks of a source and answers what to tell. `from`: when they were asked for; what this
 * process wrote itself since then is newer. What it knows of the folder (inputs) belongs to what it published itself: when
 * somebody else has published another state, nothing is known of how that came about, and the next look loads.
 */
export function follow(
  tasks: Map<string, Task>,
  followed: readonly FollowedEntry[],
  from: number,
  at: Instant,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const { newestVersion, ...entry } of followed) {
    let task = tasks.get(entry.key);
    if (!task) tasks.set(entry.key, (task = new Task(entry.source, entry.key)));
    if (task.wroteAt >= from) continue;
    const before = task.entry;
    if (task.newest !== newestVersion || (before !== null && !isSameLoad(before, entry))) {
      task.newest = newestVersion;
      task.inputs = task.pending = null;
    }
    if (isDeepStrictEqual(before, entry)) continue;
    task.entry = entry;
    const change = changeOf(before, entry, at);
    if (change) changes.push(change);
  }
  return changes;
}

function isSameLoad(one: CatalogEntry, other: CatalogEntry): boolean {
  return one.loadState === other.loadState && isDeepStrictEqual(one.loadError, other.loadError);
}

function changeOf(before: CatalogEntry | null, entry: CatalogEntry, at: Instant): CatalogChange | null {
  const { source, key, currentVersion: hash, spec } = entry;
  if (entry.loadState === "missing" && before?.loadState !== "missing")
    return { kind: "missing", source, key, at };
  if (hash === null || spec === null) return null;
  if (hash !== before?.currentVersion) {
    const previous = before?.currentVersion ?? null;
    return {
      kind: "served",
      source,
      key,
      hash,
      previous,
      why: before === null ? "stored" : "elsewhere",
      spec,
      at,
    };
  }
  if (before.loadState === "missing" && entry.loadState !== "missing")
    return { kind: "back", source, key, hash, at };
  return null;
}
