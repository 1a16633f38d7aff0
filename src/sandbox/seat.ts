// The place of one attempt before it is known which child runs it.
import type { Instant } from "../clock.ts";
import type { Ended, GivenAttempt } from "./given-attempt.ts";
import { askedToEnd } from "./outcome.ts";

/** Where an attempt runs, once it is known: an abort may come before. */
export class Seat {
  #given: GivenAttempt | undefined;
  #asked: { reason: string; graceMs: number | undefined } | undefined;

  take(given: GivenAttempt): void {
    this.#given = given;
    if (this.#asked) given.abort(this.#asked.reason, this.#asked.graceMs);
  }

  get asked(): string | undefined {
    return this.#asked?.reason;
  }

  abort(reason: string, graceMs?: number): void {
    this.#asked ??= { reason, graceMs };
    this.#given?.abort(reason, graceMs);
  }
}

/** It was asked to end while it waited behind another, and its code never ran. */
export function endedBefore(reason: string, now: Instant): Ended {
  const cause = `${askedToEnd(reason)} before it started`;
  const outcome = { kind: "aborted", reason, cause, result: null } as const;
  return { outcome, exitCode: null, signal: null, steps: [], groupEmptyAt: now, tookMs: null };
}
