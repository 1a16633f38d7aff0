// How each row ended, and whether what it says of that can be true (S3, S9, S10).
import type { History, OwedSchedule, RowSeen } from "./history.ts";
import { stretch } from "./machine.ts";

/** A fire that came due just before everything stopped may be found after it. */
const UNSEEN_MS = 2_500;
/** Between the end of an attempt and its commit, on a machine that has no core left for it. */
const COMMIT_MS = 4_000;

type Times = Pick<History, "downtimes" | "deaths" | "slowestWriteMs" | "machine">;

export function reasonFaults(schedule: OwedSchedule, rows: readonly RowSeen[], times: Times): string[] {
  return rows.flatMap((row) => {
    const fault = faultOf(schedule, row, rows, times);
    return fault === undefined
      ? []
      : [`${fault} (row ${row.id} of ${schedule.id}, ${row.cause ?? "no cause"})`];
  });
}

function faultOf(
  { overlap }: OwedSchedule,
  row: RowSeen,
  rows: readonly RowSeen[],
  times: Times,
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
      return skipFault(overlap, row, rows, times);
    default:
      return `X3: still ${row.state} at the end`;
  }
}

function skipFault(
  overlap: OwedSchedule["overlap"],
  row: RowSeen,
  rows: readonly RowSeen[],
  times: Times,
): string | undefined {
  switch (row.reason) {
    case "overlap":
    case "buffer_full":
      if (overlap === "allow_all") return `S9: skipped as ${row.reason} with overlap ${overlap}`;
      return meetsRun(row, rows, times)
        ? undefined
        : `S9: skipped as ${row.reason} when no such run was there`;
    case "missed":
    case "merged":
      return lay(row, times) ? undefined : `S10: skipped as ${row.reason} when the service was there`;
    default:
      return `S3: skipped as ${row.reason}, which nothing here asks for`;
  }
}

/** The run that it names, or one of the same moment, was queued no later than this was decided, and was not known to have ended then. */
function meetsRun(row: RowSeen, rows: readonly RowSeen[], times: Times): boolean {
  const named = / run (run_\w+)/.exec(row.cause!)?.[1];
  return rows.some(
    (other) =>
      other.state !== "skipped" &&
      (named === undefined ? other.queuedAt === row.queuedAt : other.id === named) &&
      other.queuedAt <= row.queuedAt &&
      (other.finishedAt === null || toldBy(other.finishedAt, row.queuedAt, times) >= row.queuedAt),
  );
}

/**
 * When an end is in the database at the latest. It is committed a moment after the instant that it bears, on a loaded
 * machine more than one; and where its service is killed in that moment, once that is back and finds the end in its files (X5).
 */
function toldBy(finishedAt: number, by: number, { deaths, slowestWriteMs = 0, machine }: Times): number {
  // Its frames, the commit that is under way, and its own.
  const commitMs = COMMIT_MS * stretch(machine, finishedAt, by) + 3 * slowestWriteMs;
  const held = deaths.filter(({ from }) => from >= finishedAt && from <= finishedAt + commitMs);
  return Math.max(finishedAt, ...held.map(({ to }) => to)) + commitMs;
}

/** The whole of it lay in one downtime, or came due when that began. */
function lay({ fireAt, fireThrough }: RowSeen, { downtimes, machine }: Times): boolean {
  return downtimes.some(
    ({ from, to }) =>
      fireAt! >= from - UNSEEN_MS * stretch(machine, fireAt!, from) && (fireThrough ?? fireAt!) <= to,
  );
}
