// A few loads at a time, one per job at a time; whoever asks again while one runs gets one more after it.

/** `work` must not reject: what goes wrong in it is its own to tell. */
export class LoadQueue {
  private readonly waiting = new Map<string, () => Promise<void>>();
  private readonly running = new Map<string, Promise<void>>();
  private whenIdle: (() => void)[] = [];

  constructor(private readonly parallel: number) {}

  /** Asking twice before it began is asking once: the newest work counts. */
  push(key: string, work: () => Promise<void>): void {
    this.waiting.set(key, work);
    this.next();
  }

  /** Resolves when nothing waits and nothing runs; at once when that is so already. */
  idle(): Promise<void> {
    if (this.waiting.size === 0 && this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Forgets what waits; what runs goes on. */
  clear(): void {
    this.waiting.clear();
    this.tellIdle();
  }

  private next(): void {
    for (const [key, work] of this.waiting) {
      if (this.running.size >= this.parallel) return;
      if (this.running.has(key)) continue;
      this.waiting.delete(key);
      const done = work().finally(() => {
        this.running.delete(key);
        this.next();
        this.tellIdle();
      });
      this.running.set(key, done);
    }
  }

  private tellIdle(): void {
    if (this.waiting.size > 0 || this.running.size > 0) return;
    const listeners = this.whenIdle;
    this.whenIdle = [];
    for (const listener of listeners) listener();
  }
}
