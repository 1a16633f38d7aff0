// Which reads a change notice makes stale. Pure, so that the rule has its table of tests.
import type { Change } from "./contract.ts";

/** What a read is known by: first word, path. */
export type ReadKey = readonly unknown[];

/** First words of what a kind of change touches, beside the thing itself. */
const TOUCHES: Readonly<Record<Change["kind"], readonly string[]>> = {
  run: ["runs", "jobs", "stats", "timeline", "workers", "schedules", "batches"],
  job: ["jobs", "job-choices", "load-errors", "stats", "schedules", "sources"],
  schedule: ["schedules", "jobs", "stats", "upcoming", "timeline", "clock-changes"],
  source: ["sources", "jobs", "load-errors", "stats"],
  token: ["tokens"],
  scheduler: ["scheduler", "schedules", "sources", "jobs", "upcoming", "timeline"],
};

/** Whether a read may have become wrong by a change: of single things only when it is theirs. */
export function touches(key: ReadKey, change: Change): boolean {
  const [root, path] = key;
  if (typeof root !== "string" || typeof path !== "string") return false;
  if (!TOUCHES[change.kind].includes(root)) return false;
  const [, , id, part] = path.split("/");
  if (id === undefined) return true;
  switch (root) {
    case "runs":
      return change.kind === "run" && (id === change.id || change.id === null);
    case "jobs": {
      // What a version is does not change with its runs.
      if (part === "versions") return change.kind === "job" && isJob(id, change.source, change.id);
      if (change.kind === "run") return isJob(id, change.source, change.job ?? null);
      return change.kind !== "job" || isJob(id, change.source, change.id);
    }
    case "schedules":
      return change.kind !== "schedule" || id === change.id;
    default:
      return true;
  }
}

/** Addresses name a job with its source or without. */
function isJob(address: string, source: string | null, key: string | null): boolean {
  const plain = decodeURIComponent(address);
  return key === null || plain === key || plain === `${source}:${key}`;
}
