// What becomes of fires that were found too late to be on time: the catch-up policies (S10).
import type { Instant } from "../clock.ts";
import { lateCause, mergedCause, mergingCause, missedCause } from "./plan-words.ts";
import type { Room } from "./overlap.ts";
import { rangeRow, type Uncounted } from "./rows.ts";
import type { PlannedRow, Schedule } from "./schedule.ts";

/** Runs that the policy `all` makes start this far apart, so that a long outage does not end in a stampede. */
export const SPACING_MS = 1000;

export interface Found {
  older: Uncounted | null;
  /** Between them and `late`, within the window and too many to enumerate; only for the policy merge. */
  within?: Uncounted | undefined;
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
export function catchUp(schedule: Schedule, now: Instant, found: Found, room: Room): CaughtUp {
  const { policy, windowMs, max } = schedule.catchUp;
  const within = found.late.filter((fire) => now - fire <= windowMs);
  if (policy === "merge" && within.length > 0) {
    if (room.runs > 0) return merged(schedule, now, found, within);
    const full = rangeRow(found.within ?? null, within, room.reason, room.cause)!;
    const skipped = [...missedRows(schedule, now, found, within), full];
    return { skipped, runs: [], onTime: [...found.onTime] };
  }
  const granted = {
    skip: [],
    // A fire that is on time is the latest one: then nothing older has to run beside it.
    latest: found.onTime.length > 0 ? [] : within.slice(-1),
    all: max > 0 ? within.slice(-max) : [],
    merge: [],
  }[policy];
  const taken = Math.max(0, granted.length - room.runs);
  const full = rangeRow(null, granted.slice(0, taken), room.reason, room.cause);
  return {
    skipped: [...missedRows(schedule, now, found, granted), ...(full ? [full] : [])],
    runs: granted.slice(taken).map((fireAt, index) => ({
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
  const oldest = found.within?.from ?? all[0]!;
  const count = found.within ? null : all.length;
  const rows = missedRows(schedule, now, found, within);
  const folded = rangeRow(found.within ?? null, all.slice(0, -1), "merged", mergedCause(schedule, into));
  if (folded) rows.push(folded);
  const run: CaughtRun = {
    fireAt: into,
    availableAt: now,
    cause: mergingCause(now, { oldest, newest: into }, count),
    missed: { from: oldest, to: into, count },
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
