// A schedule that pauses itself: so many failed runs in a row, and nobody has looked yet.
import type { Instant } from "../clock.ts";
import type { EndedRun, Schedule } from "./schedule.ts";
import { isOpen, type Pause } from "./suspension.ts";

/** Who pauses and holds when no person does. */
export const SERVICE_ACTOR = "service";

const MAX_CAUSE = 200;

/** The pause that its failures in a row bring, or undefined. `ended`: newest first; cancelled runs are none of them. */
export function pauseOfFailures(
  schedule: Schedule,
  ended: readonly EndedRun[],
  now: Instant,
): Pause | undefined {
  const { pauseAfterFailures: most, failuresSince, paused, firedThrough } = schedule;
  // A pause that passed by itself begins anew, as a resume does.
  const since = Math.max(failuresSince, paused?.until ?? 0);
  if (most === null || isOpen(paused, now)) return undefined;
  const counted = ended.filter(({ finishedAt }) => finishedAt > since).slice(0, most);
  if (counted.length < most || counted.some(({ state }) => state !== "failed")) return undefined;
  const [last] = counted;
  const runs = most === 1 ? "its run" : `${most} runs in a row`;
  const cause = last!.cause === null ? "" : `: ${inShort(last!.cause)}`;
  return {
    by: SERVICE_ACTOR,
    reason: `${runs} failed, the last one ${last!.id}${cause} (pauseAfterFailures ${most})`.slice(0, 500),
    // What was due before the failure was known has its row.
    at: Math.max(last!.finishedAt, firedThrough),
    until: null,
  };
}

/** The whole text stands at the run; here it comes in several causes, each time again. */
function inShort(cause: string): string {
  const [line] = cause.trim().split("\n");
  return line!.length > MAX_CAUSE ? `${line!.slice(0, MAX_CAUSE - 1)}…` : line!;
}
