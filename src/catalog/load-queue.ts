// A few loads at a time, sources in turn, one per job at a time; whoever asks again while one runs gets one more after it.
// A load that hangs gives its place free: it must not hold up the jobs of everybody else.

import { Gathered, type Written } from "./gathered.ts";

/** Most loads take a tenth of it; one that takes longer is waiting for something, or turns for ever. */
const SLOW_MS = 2_000;
/** Loads that go on beside the others after they gave their place free; each may be a child at full speed. */
const SLOW_AT_ONCE = 4;
/** Places for sources of which nothing loads, while others hold all of them. */
const SPARE = 2;

/** With more than these waiting, what is loaded is written together. */
const MANY = 8;
/** Loads that wait to be written beside those that go on: each holds a whole version. */
const WRITES = 64;

/** Calls `written` when all that is left is to write what came of it: its place is free from then on. */
type Work = (written: Written) => Promise<void>;

interface Running {
  source: string;
  slow: boolean;
  writes: boolean;
}

/** `work` must not reject: what goes wrong in it is its own to tell. */
export class LoadQueue {
  /** By source, the one whose turn comes next first. */
  private readonly waiting = new Map<string, Map<string, Work>>();
  private readonly running = new Map<string, Running>();
  /** Those that were slow the last time begin beside the others, or wait for a place there. */
  private readonly slowBefore = new Set<string>();
  private readonly gathered = new Gathered();
  private whenIdle: (() => void)[] = [];

  constructor(
    private readonly parallel: number,
    private readonly slowMs = SLOW_MS,
  ) {}

  /** Asking twice before it began is asking once: the newest work counts. `key` names the job among those of all sources. */
  push(source: string, key: string, work: Work): void {
    const own = this.waiting.get(source) ?? new Map<string, Work>();
    own.set(key, work);
    this.waiting.set(source, own);
    this.next();
  }

  /** Resolves when nothing waits and nothing runs; at once when that is so already. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** Forgets what waits; what runs goes on. */
  clear(): void {
    this.waiting.clear();
    this.gathered.release();
    this.tellIdle();
  }

  private next(): void {
    for (let found = this.pick(); found; found = this.pick()) this.begin(found.source, found.key, found.work);
  }

  private pick(): { source: string; key: string; work: Work } | undefined {
    for (const [source, own] of this.waiting) {
      for (const [key, work] of own) if (this.mayBegin(source, key)) return { source, key, work };
    }
    return undefined;
  }

  private mayBegin(source: string, key: string): boolean {
    if (this.running.has(key)) return false;
    const all = [...this.running.values()].filter(({ writes }) => !writes);
    if (this.running.size - all.length >= WRITES) return false;
    const slow = all.filter((one) => one.slow).length;
    if (this.slowBefore.has(key)) return slow < SLOW_AT_ONCE;
    const quick = all.length - slow;
    const isFirst = !all.some((one) => one.source === source);
    return quick < this.parallel || (isFirst && quick < this.parallel + SPARE);
  }

  private begin(source: string, key: string, work: Work): void {
    const own = this.waiting.get(source)!;
    own.delete(key);
    // To the end of the row: the others come first now.
    this.waiting.delete(source);
    if (own.size > 0) this.waiting.set(source, own);
    const one: Running = { source, slow: this.slowBefore.has(key), writes: false };
    this.running.set(key, one);
    let late = false;
    const watch = setTimeout(() => {
      late = true;
      this.slowBefore.add(key);
      one.slow ||= [...this.running.values()].filter(({ slow }) => slow).length < SLOW_AT_ONCE;
      this.next();
    }, this.slowMs);
    watch.unref();
    const written = (): Promise<void> => {
      one.writes = true;
      this.next();
      if (this.isMany) return this.gathered.join();
      this.gathered.release();
      return Promise.resolve();
    };
    void work(written).finally(() => {
      clearTimeout(watch);
      if (!late) this.slowBefore.delete(key);
      this.running.delete(key);
      this.next();
      this.tellIdle();
    });
  }

  private get isMany(): boolean {
    let waiting = 0;
    for (const own of this.waiting.values()) waiting += own.size;
    return waiting > MANY;
  }

  private get isIdle(): boolean {
    return this.waiting.size === 0 && this.running.size === 0;
  }

  private tellIdle(): void {
    if (!this.isIdle) return;
    const listeners = this.whenIdle;
    this.whenIdle = [];
    for (const listener of listeners) listener();
  }
}
