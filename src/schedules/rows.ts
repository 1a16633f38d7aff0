// The three kinds of planned rows: a run, one skipped fire, a range of skipped fires.
import type { Instant } from "../clock.ts";
import type { Calendar } from "./calendar.ts";
import { counted, type Uncounted } from "./owed.ts";
import type { PlannedRow, SkippedReason } from "./schedule.ts";

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

/** A range row without the fires `asked` (ascending) inside it: one row for each part of it that is left. */
export function splitRange(row: PlannedRow, asked: readonly Instant[], calendar: Calendar): PlannedRow[] {
  const { fireAt, reason, cause } = row;
  const last = row.fireThrough ?? fireAt;
  const inside = reason === null ? [] : asked.filter((at) => fireAt <= at && at <= last);
  if (inside.length === 0) return [row];
  return [fireAt - 1, ...inside].flatMap((after, i) => {
    const from = calendar.nextAfter(after);
    const [through] = calendar.newestUpTo((inside[i] ?? last + 1) - 1, 1);
    if (from === null || through === undefined || through < from) return [];
    return rangeRow(counted(calendar, from, through), [], reason!, cause ?? "") ?? [];
  });
}
