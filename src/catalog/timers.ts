// The timers of a source: things to do later, again and again, or when a task was quiet for a moment.
import type { Task } from "./task.ts";

/** Hints are gathered, but no longer than this before a load begins. */
const MAX_GATHER_MS = 60;
/** A poll waits so many times as long as the last one took. */
const POLL_SHARE = 25;
/** And a scan beside events, which is only there for what they did not tell. */
const RESCAN_SHARE = 100;

/** Timers that end together. */
export class Timers {
  private readonly running = new Set<NodeJS.Timeout>();
  private stopped = false;

  after(ms: number, work: () => void): NodeJS.Timeout | null {
    if (this.stopped) return null;
    const timer = setTimeout(() => {
      this.running.delete(timer);
      work();
    }, ms);
    this.running.add(timer);
    return timer;
  }

  /** Again and again until the end; the next time counts from the end of the last. `work` must not reject. */
  every(ms: () => number, work: () => Promise<void>): void {
    this.after(ms(), () => void work().then(() => this.every(ms, work)));
  }

  clear(timer: NodeJS.Timeout | null | undefined): void {
    if (!timer) return;
    clearTimeout(timer);
    this.running.delete(timer);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.running) clearTimeout(timer);
    this.running.clear();
  }
}

/** When to scan again: a large folder less often, so that it costs its share of a core at most, however busy that is. */
export class Polls {
  private tookMs = 0;

  /** After at least `intervalMs`, and never more than `maxMs`. */
  next(intervalMs: number, maxMs: number): number {
    return Math.max(intervalMs, Math.min(maxMs, this.tookMs * POLL_SHARE));
  }

  /** Where events work: after `rescanMs` to twice that. */
  nextBesideEvents(rescanMs: number): number {
    return Math.max(rescanMs, Math.min(2 * rescanMs, this.tookMs * RESCAN_SHARE));
  }

  async measure(scan: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    await scan();
    this.tookMs = performance.now() - startedAt;
  }
}

/** Tasks that some event told of, until they were quiet for a moment. */
export class HintedTasks {
  private readonly waiting = new Map<Task, { timer: NodeJS.Timeout | null; since: number }>();

  /** `onDue` is called after the quiet. */
  constructor(
    private readonly timers: Timers,
    private readonly quietMs: number,
    private readonly onDue: (task: Task) => void,
  ) {}

  has(task: Task): boolean {
    return this.waiting.has(task);
  }

  /** `now` is monotonic. */
  add(task: Task, now: number): void {
    const before = this.waiting.get(task);
    const since = before?.since ?? now;
    if (before && now - since > MAX_GATHER_MS) return;
    this.timers.clear(before?.timer);
    const timer = this.timers.after(this.quietMs, () => {
      this.waiting.delete(task);
      this.onDue(task);
    });
    this.waiting.set(task, { timer, since });
  }
}
