// The sweeper: finds running rows whose worker has vanished, and fails or retries them.
import { formatDuration } from "../duration.ts";
import { messageOf } from "../errors.ts";
import type { Clock, Instant } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { RunningRow, RunStore } from "../runs/store.ts";
import type { Wake } from "../wake/wake.ts";
import type { Service } from "./service.ts";

export interface SweeperOptions {
  store: RunStore;
  clock: Clock;
  now(): Instant;
  /** Its own runs are never reaped. */
  owner: string;
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
  /** How long it was read unchanged, in monotonic ms; gaps between two readings are not counted. */
  unchangedMs: number;
  readAt: number;
}

export class Sweeper implements Service {
  readonly #options: SweeperOptions;
  readonly #seen = new Map<string, Seen>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
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
      .catch((error: unknown) =>
        this.#options.log.warn({ error: messageOf(error) }, "sweeping failed; trying again"),
      )
      .finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const rows = (await this.#options.store.running()).filter((row) => row.owner !== this.#options.owner);
    const known = new Set(rows.map((row) => row.id));
    for (const id of this.#seen.keys()) if (!known.has(id)) this.#seen.delete(id);
    for (const row of rows) if (this.#isLost(row)) await this.#reap(row);
  }

  /** By our own reading and our own monotonic clock: no wall clock, here or there, can make a living run look dead. */
  #isLost(row: RunningRow): boolean {
    if (this.#options.alone) return true;
    const at = this.#options.clock.monotonic();
    const seen = this.#seen.get(row.id);
    if (!seen || seen.attempt !== row.attempt || seen.beat !== row.beat) {
      this.#seen.set(row.id, { attempt: row.attempt, beat: row.beat, unchangedMs: 0, readAt: at });
      return false;
    }
    seen.unchangedMs += Math.min(at - seen.readAt, this.#options.sweepMs * 2);
    seen.readAt = at;
    return seen.unchangedMs >= this.#options.leaseMs;
  }

  async #reap(row: RunningRow): Promise<void> {
    const again = row.triesUsed + 1 < row.maxAttempts;
    const cause = this.#options.alone
      ? "lost: the service that ran it ended without finishing it"
      : `lost: its worker ${row.owner} has not been heard of for ${formatDuration(this.#options.leaseMs)}`;
    const reaped = await this.#options.store.reap(
      row,
      again ? "retrying" : "failed",
      this.#options.now(),
      cause,
    );
    this.#seen.delete(row.id);
    if (!reaped) return;
    this.#options.log.warn({ run: row.id, job: row.jobKey, attempt: row.attempt }, cause);
    this.#options.wake.wake(row.source);
  }
}
