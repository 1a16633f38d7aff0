// How each row ended, and whether what it says of that can be true (S3, S9, S10).
import type { Downtime, OwedSchedule, RowSeen } from "./history.ts";

/** A fire that came due just before everything stopped may be found after it. */
const UNSEEN_MS = 2_500;
/** Between the end of an attempt and its commit, on a machine that has no core left for it. */
const COMMIT_MS = 4_000;

export function reasonFaults(
  schedule: OwedSchedule,
  rows: readonly RowSeen[],
  downtimes: readonly Downtime[],
): string[] {
  return rows.flatMap((row) => {
    const fault = faultOf(schedule, row, rows, downtimes);
    return fault === undefined
      ? []
      : [`${fault} (row ${row.id} of ${schedule.id}, ${row.cause ?? "no cause"})`];
  });
}

function faultOf(
  { overlap }: OwedSchedule,
  row: RowSeen,
  rows: readonly RowSeen[],
  downtimes: readonly Downtime[],
): string | undefined {
  switch (row.state) {
    case "succeeded":
      return undefined;
    case "failed":
      if (row.reason === "lost" && row.attempt >= row.maxAttempts) return undefined;
      return `X2: failed as ${row.reason} after ${row.attempt} of ${row.maxAttempts} tries`;
    case "cancelled":
      if (row.reason === "replaced" && overlap === "cancel_other") return undefined;
      return `S9: cancelled as ${row.reason} with overlap ${overlap}`;
    case "skipped":
      if (row.cause === null) return "S3: skipped without a cause";
      return skipFault(overlap, row, rows, downtimes);
    default:
      return `X3: still ${row.state} at the end`;
  }
}

function skipFault(
  overlap: OwedSchedule["overlap"],
  row: RowSeen,
  rows: readonly RowSeen[],
  downtimes: readonly Downtime[],
): string | undefined {
  switch (row.reason) {
    case "overlap":
    case "buffer_full":
      if (overlap === "allow_all") return `S9: skipped as ${row.reason} with overlap ${overlap}`;
      return meetsRun(row, rows) ? undefined : `S9: skipped as ${row.reason} when no such run was there`;
    case "missed":
    case "merged":
      return lay(row, downtimes) ? undefined : `S10: skipped as ${row.reason} when the service was there`;
    default:
      return `S3: skipped as ${row.reason}, which nothing here asks for`;
  }
}

/**
 * The run that it names, or one of the same moment, was queued no later than this was decided, and had not ended then. An
 * end is committed a moment after the instant that it bears, and on a loaded machine more than one.
 */
function meetsRun(row: RowSeen, rows: readonly RowSeen[]): boolean {
  const named = / run (run_\w+)/.exec(row.cause!)?.[1];
  return rows.some(
    (other) =>
      other.state !== "skipped" &&
      (named === undefined ? other.queuedAt === row.queuedAt : other.id === named) &&
      other.queuedAt <= row.queuedAt &&
      (other.finishedAt === null || other.finishedAt >= row.queuedAt - COMMIT_MS),
  );
}

/** The whole of it lay in one downtime, or came due when that began. */
function lay({ fireAt, fireThrough }: RowSeen, downtimes: readonly Downtime[]): boolean {
  return downtimes.some(({ from, to }) => fireAt! >= from - UNSEEN_MS && (fireThrough ?? fireAt!) <= to);
}
