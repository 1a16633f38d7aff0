// How many sessions each token has opened lately: each is a row, and one of the audit log, and a viewer may open them.
import type { Clock } from "../clock.ts";
import { ExpectedError } from "../errors.ts";

/** Nobody needs so many; a test suite signs in often, too. */
const MOST = 60;
const WITHIN_MS = 10 * 60_000;
const MOST_TOKENS = 10_000;

export class OpenedSessions {
  readonly #clock: Clock;
  /** By the hash of the token: when, oldest first. */
  readonly #at = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one more; 429 when they are too many. */
  add(tokenHash: string): void {
    const now = this.#clock.monotonic();
    const opened = (this.#at.get(tokenHash) ?? []).filter((at) => now - at < WITHIN_MS);
    if (opened.length >= MOST) {
      const detail = `This token has opened ${MOST} sessions within ten minutes. Use one of them, or try again later.`;
      throw new ExpectedError(429, "too_many_sessions", detail);
    }
    this.#at.delete(tokenHash);
    if (this.#at.size >= MOST_TOKENS) this.#at.delete(this.#at.keys().next().value!);
    this.#at.set(tokenHash, [...opened, now]);
  }
}
