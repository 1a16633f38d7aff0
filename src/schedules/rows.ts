// The three kinds of planned rows: a run, one skipped fire, a range of skipped fires.
import type { Instant } from "../clock.ts";
import type { PlannedRow, SkippedReason } from "./schedule.ts";

/** A range of fires too long to be counted; both ends are fires. */
export interface Uncounted {
  from: Instant;
  through: Instant;
  /** Set when they were counted all the same. */
  count?: number;
}

/** A run at its instant; jitter and catch-up move `availableAt` afterwards. */
export function runRow(fireAt: Instant): PlannedRow {
  return {
    outcome: "run",
    reason: null,
    cause: null,
    fireAt,
    fireThrough: null,
    fireCount: null,
    availableAt: fireAt,
    missed: null,
  };
}

/** A fire that did not become a run, and why. */
export function skipRow(fireAt: Instant, reason: SkippedReason, cause: string): PlannedRow {
  return { ...runRow(fireAt), outcome: "skip", reason, cause };
}

/** One row for all of these fires, in ascending order; a plain one for a single fire, none for none. */
export function rangeRow(
  older: Uncounted | null,
  fires: readonly Instant[],
  reason: SkippedReason,
  cause: string,
): PlannedRow | null {
  const first = older?.from ?? fires[0];
  if (first === undefined) return null;
  const row = skipRow(first, reason, cause);
  const last = fires.at(-1) ?? older?.through ?? first;
  if (last === first) return row;
  return { ...row, fireThrough: last, fireCount: countOf(older, fires) };
}

function countOf(older: Uncounted | null, fires: readonly Instant[]): number | null {
  if (older === null) return fires.length;
  return older.count === undefined ? null : older.count + fires.length;
}

/**
 * A range row without the fire `at` inside it: what lies before and what after it, each as its own row. `fires` are the
 * enumerated fires besides `at`, in ascending order, `older` those before them that nobody enumerates.
 */
export function splitRange(
  row: PlannedRow,
  at: Instant,
  fires: readonly Instant[],
  older: Uncounted | null,
): PlannedRow[] {
  const { fireAt, fireThrough, fireCount, reason, cause } = row;
  if (fireThrough === null || reason === null || at < fireAt || at > fireThrough) return [row];
  const within = fires.filter((fire) => fire >= fireAt && fire <= fireThrough);
  const [before, after] = [within.filter((fire) => fire < at), within.filter((fire) => fire > at)];
  const parts = [
    rangeRow(fireCount === null && older ? { ...older, from: fireAt } : null, before, reason, cause ?? ""),
    rangeRow(null, after, reason, cause ?? ""),
  ];
  return parts.filter((part) => part !== null);
}
