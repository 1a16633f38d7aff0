// What becomes of fires that were found too late to be on time: the catch-up policies (S10).
import type { Instant } from "../clock.ts";
import { lateCause, mergedCause, mergingCause, missedCause } from "./plan-words.ts";
import type { Room } from "./overlap.ts";
import type { Uncounted } from "./owed.ts";
import { rangeRow } from "./rows.ts";
import type { PlannedRow, Schedule, SkippedReason } from "./schedule.ts";

/** Runs that the policy `all` makes start this far apart, so that a long outage does not end in a stampede. */
export const SPACING_MS = 1000;

/** What was found of one stretch in which nothing suspended the schedule. */
export interface Found {
  older: Uncounted | null;
  /** Between them and `late`, within the window and too many to enumerate; only for the policy merge. */
  within?: Uncounted | undefined;
  /** Late fires, in ascending order. */
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

/**
 * Divides what was found: every late fire lies in exactly one row afterwards, fires on time too or are handed on. All
 * stretches together are what was missed, for a pause in between makes nobody late: the policy grants once. `found`: the
 * oldest first, with a late fire in at least one.
 */
export function catchUp(schedule: Schedule, now: Instant, found: readonly Found[], room: Room): CaughtUp {
  const { policy, windowMs, max } = schedule.catchUp;
  const onTime = found.flatMap((one) => one.onTime);
  const within = found.flatMap(({ late }) => late.filter((fire) => now - fire <= windowMs));
  if (policy === "merge" && within.length > 0) {
    if (room.runs > 0) return merged(schedule, now, found, within);
    const full = found.flatMap((one) => rangeOf(one.within, one, within, room.reason, room.cause));
    return { skipped: [...missedRows(schedule, now, found, within), ...full], runs: [], onTime };
  }
  const granted = {
    skip: [],
    // A fire that is on time is the latest one: then nothing older has to run beside it.
    latest: onTime.length > 0 ? [] : within.slice(-1),
    all: max > 0 ? within.slice(-max) : [],
    merge: [],
  }[policy];
  const taken = Math.max(0, granted.length - room.runs);
  const full = found.flatMap((one) =>
    rangeOf(undefined, one, granted.slice(0, taken), room.reason, room.cause),
  );
  return {
    skipped: [...missedRows(schedule, now, found, granted), ...full],
    runs: granted.slice(taken).map((fireAt, index) => ({
      fireAt,
      availableAt: now + index * SPACING_MS,
      cause: lateCause(schedule, fireAt, now),
      missed: null,
    })),
    onTime,
  };
}

/** One run at the newest instant, on time or late, stands for everything in the window. */
function merged(
  schedule: Schedule,
  now: Instant,
  found: readonly Found[],
  within: readonly Instant[],
): CaughtUp {
  const all = [...within, ...found.flatMap(({ onTime }) => onTime)];
  const into = all.at(-1)!;
  const uncounted = found.find((one) => one.within)?.within;
  const oldest = Math.min(uncounted?.from ?? Infinity, all[0]!);
  const count = uncounted ? null : all.length;
  const cause = mergedCause(schedule, into);
  const folded = found.flatMap((one) => rangeOf(one.within, one, all.slice(0, -1), "merged", cause));
  const run: CaughtRun = {
    fireAt: into,
    availableAt: now,
    cause: mergingCause(now, { oldest, newest: into }, count),
    missed: { from: oldest, to: into, count },
  };
  return { skipped: [...missedRows(schedule, now, found, within), ...folded], runs: [run], onTime: [] };
}

/** One range row for each stretch of its late fires that are older than those granted. */
function missedRows(
  schedule: Schedule,
  now: Instant,
  found: readonly Found[],
  granted: readonly Instant[],
): PlannedRow[] {
  const first = granted[0] ?? Infinity;
  const onTime = found.flatMap((one) => one.onTime);
  return found.flatMap(({ older, late }) => {
    const rest = late.filter((fire) => fire < first);
    const newest = rest.at(-1) ?? older?.through;
    const oldest = older?.from ?? rest[0];
    if (newest === undefined || oldest === undefined) return [];
    const cause = missedCause(schedule, now, { oldest, newest }, granted, onTime);
    const row = rangeRow(older, rest, "missed", cause);
    return row ? [row] : [];
  });
}

/** One range row of those of `fires` that are this stretch's, with what nobody enumerated before them. */
function rangeOf(
  before: Uncounted | undefined,
  { late, onTime }: Found,
  fires: readonly Instant[],
  reason: SkippedReason,
  cause: string,
): PlannedRow[] {
  const known = new Set(fires);
  const own = [...late, ...onTime].filter((fire) => known.has(fire));
  const row = rangeRow(before ?? null, own, reason, cause);
  return row ? [row] : [];
}
