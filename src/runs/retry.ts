// What becomes of a run when an attempt has ended: done, tried again at an instant, or given back.
import type { Instant } from "../clock.ts";
import type { RetryPolicy } from "../sdk/spec.ts";
import type { CancelledReason, FailedReason } from "./task-run.ts";

/** How an attempt ended, as far as the decision needs it. */
export type AttemptEnd =
  | { kind: "succeeded" }
  | { kind: "failed"; reason: FailedReason; permanent: boolean; retryAfterMs: number | null }
  | { kind: "cancelled"; reason: CancelledReason }
  /** The service stopped before the attempt could end. */
  | { kind: "given_back" };

export type Decision =
  | { to: "succeeded" | "failed" | "cancelled"; triesUsed: number }
  | { to: "retrying" | "queued"; triesUsed: number; availableAt: Instant };

/** These would end the same way again: the code, the params or the result do not change by themselves. */
const NEVER_AGAIN: ReadonlySet<FailedReason> = new Set<FailedReason>(["load", "params", "invalid_result"]);

/** Pure. `random` in [0, 1) spreads the waits of many runs that failed together (up to a tenth). */
export function decide(
  end: AttemptEnd,
  triesUsed: number,
  retries: RetryPolicy,
  now: Instant,
  random: number,
): Decision {
  if (end.kind === "given_back") return { to: "queued", triesUsed, availableAt: now };
  const used = triesUsed + 1;
  if (end.kind !== "failed") return { to: end.kind, triesUsed: used };
  if (end.permanent || NEVER_AGAIN.has(end.reason) || used >= retries.attempts)
    return { to: "failed", triesUsed: used };
  const wait = end.retryAfterMs ?? backoff(retries, used) * (1 + random / 10);
  return { to: "retrying", triesUsed: used, availableAt: now + Math.round(wait) };
}

/** The wait before the try after `used` ones, in ms: backoff, backoff * factor, … up to the cap. */
function backoff(retries: RetryPolicy, used: number): number {
  return Math.min(retries.maxMs, retries.backoffMs * retries.factor ** (used - 1));
}
