// What becomes of fires that were found too late to be on time: the catch-up policies (S10).
import type { Instant } from "../clock.ts";
import { lateCause, mergedCause, mergingCause, missedCause } from "./plan-words.ts";
import { rangeRow, type Uncounted } from "./rows.ts";
import type { PlannedRow, Schedule } from "./schedule.ts";

/** Runs that the policy `all` makes start this far apart, so that a long outage does not end in a stampede. */
export const SPACING_MS = 1000;

export interface Found {
  older: Uncounted | null;
  /** Late fires, in ascending order; at least one. */
  late: readonly Instant[];
  /** Fires that came due just now, after them. */
  onTime: readonly Instant[];
}

export interface CaughtRun {
  fireAt: Instant;
  availableAt: Instant;
  cause: string;
  missed: PlannedRow["missed"];
}

export interface CaughtUp {
  /** Range rows of what does not run. */
  skipped: PlannedRow[];
  /** Oldest first. */
  runs: CaughtRun[];
  /** Fires on time that are still to be decided on. */
  onTime: Instant[];
}

/** Divides what was found: every late fire lies in exactly one row afterwards, fires on time too or are handed on. */
export function catchUp(schedule: Schedule, now: Instant, found: Found): CaughtUp {
  const { policy, windowMs, max } = schedule.catchUp;
  const within = found.late.filter((fire) => now - fire <= windowMs);
  if (policy === "merge" && within.length > 0) return merged(schedule, now, found, within);
  const granted = {
    skip: [],
    // A fire that is on time is the latest one: then nothing older has to run beside it.
    latest: found.onTime.length > 0 ? [] : within.slice(-1),
    all: max > 0 ? within.slice(-max) : [],
    merge: [],
  }[policy];
  return {
    skipped: missedRows(schedule, now, found, granted),
    runs: granted.map((fireAt, index) => ({
      fireAt,
      availableAt: now + index * SPACING_MS,
      cause: lateCause(schedule, fireAt, now),
      missed: null,
    })),
    onTime: [...found.onTime],
  };
}

/** One run at the newest instant, on time or late, stands for everything in the window. */
function merged(schedule: Schedule, now: Instant, found: Found, within: readonly Instant[]): CaughtUp {
  const all = [...within, ...found.onTime];
  const into = all.at(-1)!;
  const rows = missedRows(schedule, now, found, within);
  const folded = rangeRow(null, all.slice(0, -1), "merged", mergedCause(schedule, into));
  if (folded) rows.push(folded);
  const run: CaughtRun = {
    fireAt: into,
    availableAt: now,
    cause: mergingCause(now, { oldest: all[0]!, newest: into }, all.length),
    missed: { from: all[0]!, to: into, count: all.length },
  };
  return { skipped: rows, runs: [run], onTime: [] };
}

/** One range row of the late fires that are older than those granted. */
function missedRows(
  schedule: Schedule,
  now: Instant,
  { older, late, onTime }: Found,
  granted: readonly Instant[],
): PlannedRow[] {
  const rest = late.slice(0, late.length - granted.length);
  const newest = rest.at(-1) ?? older?.through;
  const oldest = older?.from ?? rest[0];
  if (newest === undefined || oldest === undefined) return [];
  const cause = missedCause(schedule, now, { oldest, newest }, granted, onTime);
  const row = rangeRow(older, rest, "missed", cause);
  return row === null ? [] : [row];
}
