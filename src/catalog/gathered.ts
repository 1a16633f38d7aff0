// Writes of many loads that wait for each other: one commit of thirty takes little longer than one of a single version.

/** Resolves when it is time to write what came of a load. */
export type Written = () => Promise<void>;

export const atOnce: Written = () => Promise.resolve();

/** So many are written together at most. */
const TOGETHER = 32;
/** And none waits longer than this. */
const WAIT_MS = 100;

export class Gathered {
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** Resolves together with those that came before and after. */
  join(): Promise<void> {
    const joined = new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.waiting.length >= TOGETHER) this.release();
    else this.timer ??= setTimeout(() => this.release(), WAIT_MS);
    return joined;
  }

  /** Nobody is worth waiting for any more. */
  release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
  }
}
