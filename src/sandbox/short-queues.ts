// Waiting a moment for a child that is about to be free: starting a process costs more than many attempts take.

import { availableParallelism } from "node:os";

/** Attempts of a version that take longer than this are not worth waiting for. */
const SHORT_MS = 10;
/** Nobody waits longer: a new process takes 50 to 100 ms on a busy machine, and makes it busier. */
const WAIT_MS = 100;
/** So many children of a version run before anybody waits: one may always hang. */
const LEAST_BUSY = 2;

/** Attempts below this are nothing but computing: more of them at once than the cores bear only disturb each other. */
const TINY_MS = 1;
const CROWD = 2 * availableParallelism();

interface Version<T> {
  /** Running average of what its attempts took, in ms. */
  averageMs: number;
  busy: number;
  waiting: ((child: T | undefined) => void)[];
}

/** Knows versions by their hash; a version is forgotten when nothing of it runs or waits. */
export class ShortQueues<T> {
  readonly #versions = new Map<string, Version<T>>();

  /** A child of this version as soon as one is free; undefined at once, or after a moment, when a new one is better. */
  wait(version: string): Promise<T | undefined> | undefined {
    const known = this.#versions.get(version);
    if (!known || known.busy < LEAST_BUSY || known.averageMs > SHORT_MS) return undefined;
    return new Promise((resolve) => {
      const handed = (child: T | undefined) => {
        clearTimeout(timer);
        resolve(child);
      };
      const timer = setTimeout(() => {
        known.waiting.splice(known.waiting.indexOf(handed), 1);
        resolve(undefined);
      }, WAIT_MS);
      known.waiting.push(handed);
    });
  }

  /** Enough children of this version are at work: one that waits gets its turn sooner than one more would help. */
  crowded(version: string): boolean {
    const known = this.#versions.get(version);
    return known !== undefined && known.busy >= CROWD && known.averageMs < TINY_MS;
  }

  /** An attempt begins in a child of this version. */
  began(version: string): void {
    const known = this.#versions.get(version) ?? { averageMs: Infinity, busy: 0, waiting: [] };
    known.busy++;
    this.#versions.set(version, known);
  }

  /** It has ended after so many ms of the child's own clock; null when the child did not live to tell. */
  ended(version: string, ms: number | null): void {
    const known = this.#versions.get(version);
    if (!known) return;
    known.busy--;
    if (ms !== null) known.averageMs = known.averageMs === Infinity ? ms : known.averageMs * 0.9 + ms * 0.1;
    if (this.#versions.size > 1_000 && known.busy === 0 && known.waiting.length === 0)
      this.#versions.delete(version);
  }

  /** Gives a free child to whoever waits longest; false when nobody does. */
  hand(version: string, child: T): boolean {
    const next = this.#versions.get(version)?.waiting.shift();
    next?.(child);
    return next !== undefined;
  }
}
