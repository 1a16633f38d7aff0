// The scheduler: node-cron's beat every minute settles everything owed and keeps the second ticker alive.
import cron, { type ScheduledTask } from "node-cron";
import type { Clock, Instant } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Service } from "./service.ts";
import type { UpTime } from "./up-time.ts";

export interface SchedulerOptions {
  clock: Clock;
  /** Settles everything due at `now`; answers how many schedules were due. */
  settle(now: Instant): Promise<number>;
  /** Ends the suspensions that have ended beside their schedules; asked at the start, every minute and on `reconcile`. */
  settleSuspended(): Promise<void>;
  upTime: Pick<UpTime, "begins" | "settled" | "stop">;
  /** The shared now of the database. */
  now(): Instant;
  log: Logger;
}

/** A timer that is this late after its second means that the ticker is stuck or the process was stopped. */
const TICKER_LOST_MS = 3_000;

export class Scheduler implements Service {
  readonly #options: SchedulerOptions;
  #beat: ScheduledTask | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settling: Promise<void> | undefined;
  #again = false;
  #suspensionsToo = true;
  #tickedAt = 0;
  #stopped = true;
  /** When the last settling ended well, on the monotonic clock; for readyz. */
  settledAt: number | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    // One task a minute: a per-second task blocks for seconds after a clock jump (measured), and rows are the agenda.
    this.#beat = cron.schedule("* * * * *", () => this.#onBeat(), {
      name: "jobmount beat",
      missedExecutionTolerance: 59_000,
      suppressMissedWarning: true,
    });
    this.#arm();
    await this.#settle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#beat?.destroy();
    await this.#settling;
    await this.#options.upTime.stop(this.#options.now());
  }

  /** Something became due now or soon: do not wait for the next second. */
  nudge(): void {
    if (!this.#stopped) void this.#settle();
  }

  /** Something that suspends schedules may have ended: a job is back, a pause is over. */
  reconcile(): void {
    this.#suspensionsToo = true;
    this.nudge();
  }

  async #onBeat(): Promise<void> {
    if (this.#stopped) return;
    this.#suspensionsToo = true;
    if (this.#options.clock.monotonic() - this.#tickedAt > TICKER_LOST_MS) this.#arm();
    await this.#settle();
  }

  /** Always from now, so that a clock step costs at most one second. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#tickedAt = this.#options.clock.monotonic();
    const now = this.#options.now();
    this.#timer = setTimeout(
      () => {
        this.#arm();
        void this.#settle();
      },
      1_000 - (now % 1_000),
    );
  }

  /** One at a time; whoever comes meanwhile has it done once more. Never rejects: the next tick tries again. */
  async #settle(): Promise<void> {
    this.#again = true;
    this.#settling ??= this.#run().finally(() => (this.#settling = undefined));
    await this.#settling;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        const { settle, settleSuspended, upTime } = this.#options;
        const now = this.#options.now();
        // Before anything is looked for: a gap until here was a downtime, and what was due in it is late.
        await upTime.begins(now);
        await settle(now);
        this.settledAt = this.#options.clock.monotonic();
        await upTime.settled(now);
        if (this.#suspensionsToo) {
          this.#suspensionsToo = false;
          await settleSuspended();
        }
      } catch (error) {
        this.#options.log.error(
          { error: messageOf(error) },
          "settling the due schedules failed; the next second tries again",
        );
      }
    }
  }
}
