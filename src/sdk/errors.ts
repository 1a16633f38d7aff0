// What a job throws to say more than "failed": never try again, or try again later.
import { parseDuration } from "../duration.ts";
import { MAX_BACKOFF_MS } from "./limits.ts";
import { show } from "./text.ts";

// A bundle may hold another copy of this module: the marks are found by name, not by class.
const PERMANENT = Symbol.for("jobmount.PermanentError");
const RETRY_AFTER = Symbol.for("jobmount.RetryLater");

/** Thrown by a job: the run fails now, whatever retries it has left. */
export class PermanentError extends Error {
  override readonly name: string = "PermanentError";
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, PERMANENT, { value: true });
  }
}

/** Thrown by a job: the next attempt, if one is left, starts after `delay` (milliseconds, or "30s") instead of the back-off. */
export class RetryLater extends Error {
  override readonly name: string = "RetryLater";
  constructor(delay: number | string, message?: string, options?: ErrorOptions) {
    const ms = typeof delay === "string" ? parseDuration(delay) : delay;
    if (typeof ms !== "number" || !(ms >= 0 && ms <= MAX_BACKOFF_MS)) {
      throw new RangeError(
        `RetryLater(${show(delay)}): the delay must be milliseconds or a text such as "30s" or "5m", from 0 to 30 days`,
      );
    }
    super(message ?? `try again in ${typeof delay === "string" ? delay : `${delay} ms`}`, options);
    Object.defineProperty(this, RETRY_AFTER, { value: Math.round(ms) });
  }
}

/** Whether a thrown value says that trying again is useless. Never throws. */
export function isPermanent(thrown: unknown): boolean {
  return markOf(thrown, PERMANENT) === true;
}

/** The milliseconds that a thrown RetryLater asks for, or undefined for anything else. Never throws. */
export function retryDelayOf(thrown: unknown): number | undefined {
  const ms = markOf(thrown, RETRY_AFTER);
  return typeof ms === "number" && ms >= 0 && ms <= MAX_BACKOFF_MS ? ms : undefined;
}

function markOf(thrown: unknown, mark: symbol): unknown {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  try {
    return (thrown as Record<symbol, unknown>)[mark];
  } catch {
    return undefined;
  }
}
