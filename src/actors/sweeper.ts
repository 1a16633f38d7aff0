// The sweeper: finds running rows whose worker has vanished, and fails or retries them.
import { formatDuration } from "../duration.ts";
import { messageOf } from "../errors.ts";
import type { Clock, Instant } from "../clock.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "../recurring.ts";
import type { RunningRow, RunStore } from "../runs/store.ts";
import type { Wake } from "../wake/wake.ts";
import type { Service } from "./service.ts";

export interface SweeperOptions {
  store: RunStore;
  clock: Clock;
  now(): Instant;
  /** Of this process's own worker. */
  owner: string;
  /** Whether that worker runs the attempt, or has its end still to write: those are never reaped. */
  isHeld(row: { id: string; attempt: number }): boolean;
  /** Done before every look: ends that wait in files come first. Answers whether all are in; never rejects. */
  before(): Promise<boolean>;
  /** Told after it is committed. */
  onReaped?(runId: string): void;
  leaseMs: number;
  sweepMs: number;
  /** True on SQLite: whoever else held a row is gone, since one process at a time may have the file. */
  alone: boolean;
  wake: Wake;
  log: Logger;
}

interface Seen {
  attempt: number;
  beat: number | null;
  /** How long it was read unchanged, in monotonic ms; what lies between a reading that failed or came late is not counted. */
  unchangedMs: number;
  readAt: number;
}

/** A reading that comes later than so many sweeps after the one before it says nothing of the time between them. */
const LATE_SWEEPS = 3;

export class Sweeper implements Service {
  readonly #options: SweeperOptions;
  readonly #faults: Recurring;
  readonly #seen = new Map<string, Seen>();
  #timer: NodeJS.Timeout | undefined;
  /** The last reading failed: how the rows were meanwhile nobody saw. */
  #gap = false;
  #sweeping: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
    this.#faults = new Recurring(options.log);
  }

  async start(): Promise<void> {
    await this.sweep();
    this.#timer = setInterval(() => void this.sweep(), this.#options.sweepMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** One look at every running row. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => {
        this.#gap = true;
        this.#faults.say("warn", { error: messageOf(error) }, "sweeping failed; trying again");
      })
      .finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { store, isHeld, before } = this.#options;
    const allIn = await before();
    const rows = (await store.running()).filter((row) => !this.#isOwn(row) || !isHeld(row));
    const known = new Set(rows.map((row) => row.id));
    for (const id of this.#seen.keys()) if (!known.has(id)) this.#seen.delete(id);
    const lost = rows.filter((row) => this.#isLost(row, allIn));
    this.#gap = false;
    for (const row of lost) await this.#reap(row);
  }

  #isOwn(row: RunningRow): boolean {
    return row.owner === this.#options.owner;
  }

  /** By our own reading and our own monotonic clock: no wall clock, here or there, can make a living run look dead. */
  #isLost(row: RunningRow, allIn: boolean): boolean {
    // The end of it may lie in a file that is not in yet: then it has a lease's time, as everywhere else.
    if (this.#options.alone && allIn && !this.#isOwn(row)) return true;
    const at = this.#options.clock.monotonic();
    const seen = this.#seen.get(row.id);
    if (!seen || seen.attempt !== row.attempt || seen.beat !== row.beat) {
      this.#seen.set(row.id, { attempt: row.attempt, beat: row.beat, unchangedMs: 0, readAt: at });
      return false;
    }
    const sinceMs = at - seen.readAt;
    seen.readAt = at;
    if (!this.#gap && sinceMs <= this.#options.sweepMs * LATE_SWEEPS) seen.unchangedMs += sinceMs;
    return seen.unchangedMs >= this.#options.leaseMs;
  }

  async #reap(row: RunningRow): Promise<void> {
    const { to, cause } = this.#fateOf(row);
    const reaped = await this.#options.store.reap(row, to, this.#options.now(), cause);
    this.#seen.delete(row.id);
    if (!reaped) return;
    this.#options.log.warn({ run: row.id, job: row.jobKey, attempt: row.attempt }, cause);
    this.#options.wake.wake(row.source);
    this.#options.onReaped?.(row.id);
  }

  #fateOf(row: RunningRow): { to: "failed" | "retrying" | "queued"; cause: string } {
    // Ours, and our worker does not know it: the claim was committed, and the database's answer to it was lost.
    if (this.#isOwn(row)) return { to: "queued", cause: "given back: it was claimed, and never began" };
    const to = row.triesUsed + 1 < row.maxAttempts ? "retrying" : "failed";
    if (this.#options.alone) return { to, cause: "lost: the service that ran it ended without finishing it" };
    const silence = formatDuration(this.#options.leaseMs);
    return { to, cause: `lost: its worker ${row.owner} has not been heard of for ${silence}` };
  }
}
