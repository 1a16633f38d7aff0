// Remembers tokens for two seconds, so that a busy client does not cost a query for each request.
import type { Clock } from "../clock.ts";
import type { Token } from "./token.ts";

/** A token revoked through another process may be honoured this much longer; in this process it ends at once. */
const KEEP_MS = 2_000;
const MAX_TOKENS = 1_000;

export class TokenCache {
  readonly #byHash = new Map<string, { token: Token; until: number }>();
  readonly #clock: Clock;
  #forgotten = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(hash: string): Token | undefined {
    const kept = this.#byHash.get(hash);
    if (!kept) return undefined;
    if (kept.until > this.#clock.monotonic()) return kept.token;
    this.#byHash.delete(hash);
    return undefined;
  }

  /** How often a token was forgotten so far: taken before a query, and handed to `put` after it. */
  mark(): number {
    return this.#forgotten;
  }

  /**
   * Only tokens that exist are put here, so that guesses cannot fill it. Nothing is kept when a token was forgotten
   * since `mark`: the row may have been read before it was revoked.
   */
  put(token: Token, mark: number): void {
    if (mark !== this.#forgotten) return;
    if (this.#byHash.size >= MAX_TOKENS) this.#byHash.clear();
    this.#byHash.set(token.hash, { token, until: this.#clock.monotonic() + KEEP_MS });
  }

  forget(hash: string): void {
    this.#forgotten++;
    this.#byHash.delete(hash);
  }
}
