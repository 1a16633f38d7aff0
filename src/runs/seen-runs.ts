// What became of runs between two looks at their rows, whoever moved them: for those who watch, not for those who count.
import type { Instant } from "../clock.ts";
import type { RunState } from "./task-run.ts";

/** As much of a run as a look reads. */
export interface SeenRun {
  id: string;
  source: string;
  jobKey: string;
  state: RunState;
  attempt: number;
}

/** Cheap reads, each by an index. The port that db/ implements. */
export interface RunLooks {
  /** Runs that have not ended (the newest of many), and every run whose row was made since `from`. */
  look(from: Instant): Promise<SeenRun[]>;
  byIds(ids: readonly string[]): Promise<SeenRun[]>;
}

/** Keyed by their ids. */
export type Seen = ReadonlyMap<string, SeenRun>;

export interface SeenChanges {
  /** New, or in another state or attempt than before. */
  changed: SeenRun[];
  /** Open before, and not among the rows any more: what became of them is to be asked. */
  gone: SeenRun[];
}

/** Pure. A run that had ended and is not looked at any more is no change. */
export function changesOf(before: Seen, now: Seen): SeenChanges {
  return {
    changed: [...now.values()].filter((run) => differs(before.get(run.id), run)),
    gone: [...before.values()].filter((run) => !now.has(run.id) && isOpen(run)),
  };
}

/** Whether it is another state than it was seen in. */
export function differs(before: SeenRun | undefined, now: SeenRun): boolean {
  return before?.state !== now.state || before.attempt !== now.attempt;
}

function isOpen({ state }: SeenRun): boolean {
  return state === "queued" || state === "running" || state === "retrying";
}
