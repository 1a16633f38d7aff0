// The scheduler: node-cron's beat every minute settles everything owed and keeps the second ticker alive.
import cron, { type ScheduledTask } from "node-cron";
import type { Clock, Instant } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "../recurring.ts";
import type { Service } from "./service.ts";
import type { UpTime } from "./up-time.ts";

export interface SchedulerOptions {
  clock: Clock;
  /** Settles everything due at `now`; answers how many schedules were due. */
  settle(now: Instant): Promise<number>;
  /** Ends the suspensions that have ended beside their schedules; asked at the start, every minute and on `reconcile`. */
  settleSuspended(): Promise<void>;
  upTime: Pick<UpTime, "begins" | "settled" | "failed" | "stop">;
  /** The shared now of the database. */
  now(): Instant;
  log: Logger;
  /** When the beat comes, as cron; every minute unless given. */
  beat?: string;
}

/** A timer that is this late after its second means that the ticker is stuck or the process was stopped. */
const TICKER_LOST_MS = 3_000;
const FAILED = "settling the due schedules failed; each second tries again";

export class Scheduler implements Service {
  readonly #options: SchedulerOptions;
  readonly #faults: Recurring;
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
    this.#faults = new Recurring(options.log, () => options.clock.monotonic());
  }

  async start(): Promise<void> {
    this.#stopped = false;
    // One task a minute: a per-second task blocks for seconds after a clock jump (measured), and rows are the agenda.
    this.#beat = cron.schedule(this.#options.beat ?? "* * * * *", () => this.#onBeat(), {
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
      const { settle, settleSuspended, upTime } = this.#options;
      const now = this.#options.now();
      let settled = false;
      try {
        // Before anything is looked for: a gap until here was a downtime, and what was due in it is late.
        await upTime.begins(now);
        await settle(now);
        this.settledAt = this.#options.clock.monotonic();
        settled = true;
        await upTime.settled(now);
        if (this.#suspensionsToo) {
          // Before, since somebody may ask again meanwhile; one that failed is asked again with the next second.
          this.#suspensionsToo = false;
          await settleSuspended().catch((error: unknown) => {
            this.#suspensionsToo = true;
            throw error;
          });
        }
        this.#faults.over(FAILED, "the due schedules are settled again");
      } catch (error) {
        if (!settled) upTime.failed(now, this.#options.now(), error);
        this.#faults.say("error", { error: messageOf(error) }, FAILED);
      }
    }
  }
}
