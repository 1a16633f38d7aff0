// Waiting a moment for a child that is about to be free: starting a process costs more than many attempts take.

/** Attempts of a version that take longer than this are not worth waiting for. */
const SHORT_MS = 10;
/** Nobody waits longer: a new process takes 50 to 100 ms on a busy machine, and makes it busier. */
const WAIT_MS = 100;
/** So many children of a version run before anybody waits: one may always hang. */
const LEAST_BUSY = 2;

/** Attempts below this are nothing but computing: they may wait in the line of a child that is at work. */
const TINY_MS = 1;
/** What waits in one line takes at most so long in all, and is at most so many. */
const LINE_MS = 5;
const LINE_LIMIT = 32;

interface Version<T> {
  /** Running average of what its attempts took, in ms. */
  averageMs: number;
  busy: number;
  /** Attempts that ended so far. */
  ends: number;
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
      const giveUp = (ends: number) => {
        // As long as others end, a turn comes sooner than a new process would be ready.
        if (known.ends !== ends) timer = setTimeout(giveUp, WAIT_MS, known.ends);
        else {
          known.waiting.splice(known.waiting.indexOf(handed), 1);
          resolve(undefined);
        }
      };
      let timer = setTimeout(giveUp, WAIT_MS, known.ends);
      known.waiting.push(handed);
    });
  }

  /** So many attempts of this version may wait in the line of one child; 0 when they take too long for that. */
  room(version: string): number {
    const averageMs = this.#versions.get(version)?.averageMs ?? Infinity;
    return averageMs < TINY_MS ? Math.min(LINE_LIMIT, Math.ceil(LINE_MS / averageMs)) : 0;
  }

  /** An attempt begins in a child of this version. */
  began(version: string): void {
    const known = this.#versions.get(version) ?? { averageMs: Infinity, busy: 0, ends: 0, waiting: [] };
    known.busy++;
    this.#versions.set(version, known);
  }

  /** It has ended after so many ms of the child's own clock; null when the child did not live to tell. */
  ended(version: string, ms: number | null): void {
    const known = this.#versions.get(version);
    if (!known) return;
    known.busy--;
    known.ends++;
    // One that was held up by a busy machine says little about the others.
    if (ms !== null) {
      const average = known.averageMs;
      known.averageMs = average === Infinity ? ms : average * 0.9 + Math.min(ms, 2 * average + 0.1) * 0.1;
    }
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
