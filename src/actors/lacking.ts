// Versions whose packages are not installed here: another process may have them, so their runs are left to it for a while.
import type { Instant } from "../clock.ts";
import { LEFT_TO_OTHERS_MS } from "../runs/store.ts";

/** So long a version is passed by before it is tried again: its packages may have come. */
const AGAIN_MS = 10_000;

export interface LackingOptions {
  /** True where no other process can be: on SQLite. */
  alone: boolean;
  now(): Instant;
}

export class Lacking {
  readonly #options: LackingOptions;
  readonly #until = new Map<string, Instant>();

  constructor(options: LackingOptions) {
    this.#options = options;
  }

  /** Whether a run that cannot start here goes back for others; not when it has waited for them long enough. */
  leave(version: string, availableAt: Instant): boolean {
    const { alone, now } = this.#options;
    if (alone || now() - availableAt >= LEFT_TO_OTHERS_MS) return false;
    this.#until.set(version, now() + AGAIN_MS);
    return true;
  }

  /** What a claim is to pass by. */
  versions(): ReadonlySet<string> {
    if (this.#until.size > 0) {
      const now = this.#options.now();
      for (const [version, until] of this.#until) if (until <= now) this.#until.delete(version);
    }
    return new Set(this.#until.keys());
  }
}
