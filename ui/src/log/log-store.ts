// One log as it comes: pages that were asked for and lines of the stream, told to the page at most once a frame.
import { type Line } from "./line.ts";
import { LogBuffer, type PageAsk } from "./log-buffer.ts";

/** Where lines come from; REST in the page, anything in a test. */
export interface LogSource {
  page(ask: PageAsk, signal: AbortSignal): Promise<Line[]>;
  /** Calls `onLines` until `stop` is called. */
  follow(after: number, listener: FollowListener): { stop(): void };
}

export interface FollowListener {
  lines(lines: readonly Line[]): void;
  /** The run has ended, and all its lines are here. */
  ended(): void;
  /** False while the stream is lost and tried again. */
  connected(connected: boolean): void;
}

export interface LogStatus {
  /** Grows with every change. */
  version: number;
  loading: boolean;
  /** Of the last page that did not come; null when one has come since. */
  error: Error | null;
  live: "off" | "live" | "lost";
}

/** Pages under way at once. */
const AT_ONCE = 2;
/** After so long a page that did not come is asked for again, the last of them from then on. */
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** Calls `act` after `ms`; the answer takes that back. */
export type Later = (ms: number, act: () => void) => () => void;

const byTimer: Later = (ms, act) => {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
};

export class LogStore {
  readonly buffer = new LogBuffer();
  readonly #source: LogSource;
  readonly #nextFrame: (act: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #gone = new AbortController();
  #status: LogStatus = { version: 0, loading: false, error: null, live: "off" };
  #waiting: Line[] = [];
  #planned = false;
  #underWay = 0;
  /** Pages that failed, how often in a row; while they wait nobody asks for them, however often they are wanted. */
  readonly #failed = new Map<number, { times: number; takeBack(): void }>();
  #following: { stop(): void } | undefined;

  readonly #later: Later;

  constructor(source: LogSource, nextFrame: (act: () => void) => void, later: Later = byTimer) {
    this.#source = source;
    this.#nextFrame = nextFrame;
    this.#later = later;
  }

  get status(): LogStatus {
    return this.#status;
  }

  readonly listen = (act: () => void): (() => void) => {
    this.#listeners.add(act);
    return () => this.#listeners.delete(act);
  };

  /** How many lines there are, as the run says. */
  grow(count: number): void {
    if (count <= this.buffer.count) return;
    this.buffer.grow(count);
    this.#tell();
  }

  /** Asks for what lacks between the two lines, the last first. Answers whether anything lacks. */
  want(from: number, to: number): boolean {
    const ask = this.buffer.missingPage(from, to);
    if (!ask) return this.buffer.lacks(from, to);
    if (this.#underWay >= AT_ONCE) return true;
    this.buffer.asking(ask.page);
    this.#underWay++;
    this.#status = { ...this.#status, loading: true };
    void this.#load(ask);
    return true;
  }

  /** Pages that failed may be asked for at once; whoever shows their lines wants them at the next change. */
  again(): void {
    for (const [page, { takeBack }] of this.#failed) {
      takeBack();
      this.buffer.failed(page);
    }
    this.#tell();
  }

  follow(): void {
    if (this.#following) return;
    this.#status = { ...this.#status, live: "live" };
    this.#following = this.#source.follow(this.buffer.count, {
      lines: (lines) => {
        this.#waiting.push(...lines);
        this.#tell();
      },
      ended: () => this.unfollow(),
      connected: (connected) => {
        this.#status = { ...this.#status, live: connected ? "live" : "lost" };
        this.#tell();
      },
    });
  }

  unfollow(): void {
    this.#following?.stop();
    this.#following = undefined;
    this.#status = { ...this.#status, live: "off" };
    this.#tell();
  }

  /** Nothing is asked for any more until somebody wants or follows again. */
  stop(): void {
    this.unfollow();
    this.#gone.abort();
    this.#gone = new AbortController();
    for (const [page, { takeBack }] of this.#failed) {
      takeBack();
      this.buffer.failed(page);
    }
    this.#failed.clear();
  }

  async #load(ask: PageAsk): Promise<void> {
    const { signal } = this.#gone;
    try {
      this.buffer.answered(ask, await this.#source.page(ask, signal));
      this.#failed.delete(ask.page);
      if (this.#failed.size === 0) this.#status = { ...this.#status, error: null };
    } catch (error) {
      if (signal.aborted) {
        this.buffer.failed(ask.page);
        return;
      }
      this.#waitWith(ask.page);
      this.#status = { ...this.#status, error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      this.#underWay--;
      this.#status = { ...this.#status, loading: this.#underWay > 0 };
      this.#tell();
    }
  }

  #waitWith(page: number): void {
    const times = (this.#failed.get(page)?.times ?? 0) + 1;
    const takeBack = this.#later(AGAIN_MS[Math.min(times, AGAIN_MS.length) - 1]!, () => {
      this.buffer.failed(page);
      this.#tell();
    });
    this.#failed.set(page, { times, takeBack });
  }

  /** A thousand lines a second are sixty changes. */
  #tell(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#nextFrame(() => {
      this.#planned = false;
      if (this.#waiting.length > 0) this.buffer.put(this.#waiting);
      this.#waiting = [];
      this.#status = { ...this.#status, version: this.#status.version + 1 };
      for (const act of this.#listeners) act();
    });
  }
}
