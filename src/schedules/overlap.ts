// What becomes of a fire that meets runs of the same schedule which have not ended (S9).
import { fullCause, meetsCause } from "./plan-words.ts";
import type { ActiveRun, PlannedRow, Schedule, SkippedReason } from "./schedule.ts";

/** Runs that may wait behind the one whose turn it is, for `buffer_all`. */
export const BUFFER_MAX = 100;
/** Runs that may be active together for `allow_all`: a job that hangs must not fill the database. */
export const ALLOW_MAX = 1000;

/** A run that a fire meets: one of the database, or one (`row`) that the same plan has just made. */
export interface Present {
  run: ActiveRun;
  row: PlannedRow | null;
}

export type OverlapDecision =
  | { kind: "run" }
  /** Run, and end everything present. */
  | { kind: "replace" }
  | { kind: "skip"; reason: SkippedReason; cause: string };

/** How many runs catch-up may add, and what becomes of fires that find no room. */
export interface Room {
  runs: number;
  reason: SkippedReason;
  cause: string;
}

/**
 * A downtime does not end what waits: without a bound a job that hangs has more of them after each restart. The buffers
 * and `allow_all` hold as for any fire. With `skip`, what is caught up waits for its turn, never more of it than one
 * downtime may bring.
 */
export function roomOf(schedule: Schedule, present: readonly Present[]): Room {
  const runs = present.map(({ run }) => run);
  const { overlap, catchUp } = schedule;
  const room = (most: number, taken: number, reason: SkippedReason, why: string): Room => ({
    runs: Math.max(0, most - taken),
    reason,
    cause: fullCause(schedule, runs, why),
  });
  switch (overlap) {
    case "skip": {
      const most = catchUp.policy === "all" ? catchUp.max : 1;
      const waiting = runs.filter(({ state }) => state === "queued").length;
      return room(
        most,
        waiting,
        "overlap",
        `no more than ${most} may wait (catch-up policy ${catchUp.policy})`,
      );
    }
    case "buffer_one":
      return room(2, runs.length, "buffer_full", "no more than one may wait (buffer_one)");
    case "buffer_all":
      return room(
        BUFFER_MAX + 1,
        runs.length,
        "buffer_full",
        `no more than ${BUFFER_MAX} may wait (buffer_all)`,
      );
    case "allow_all":
      return room(ALLOW_MAX, runs.length, "limit", `no more than ${ALLOW_MAX} may be active (allow_all)`);
    case "cancel_other":
      return room(Infinity, 0, "overlap", "");
  }
}

/** Queued, running and retrying runs count alike. */
export function decideOverlap(schedule: Schedule, present: readonly Present[]): OverlapDecision {
  const runs = present.map(({ run }) => run);
  const skip = (reason: SkippedReason, why: string): OverlapDecision => ({
    kind: "skip",
    reason,
    cause: meetsCause(schedule, runs, why),
  });
  if (runs.length === 0) return { kind: "run" };
  switch (schedule.overlap) {
    case "skip":
      return skip("overlap", "");
    case "buffer_one":
      // The one whose turn it is, and the first that waits behind it.
      return runs.length < 2 ? { kind: "run" } : skip("buffer_full", "one run waits already (buffer_one)");
    case "buffer_all":
      if (runs.length <= BUFFER_MAX) return { kind: "run" };
      return skip("buffer_full", `${BUFFER_MAX} runs wait already (buffer_all)`);
    case "cancel_other":
      return { kind: "replace" };
    case "allow_all":
      if (runs.length < ALLOW_MAX) return { kind: "run" };
      return skip("limit", `${ALLOW_MAX} runs of it are active (allow_all)`);
  }
}
