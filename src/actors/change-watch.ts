// Looks at the rows for what has changed, as long as somebody watches: every second, and soon after each wake. So a page
// sees what a schedule or another process does, and nothing is asked of the database while no page is open.
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { WakeListener } from "../wake/wake.ts";
import type { Service } from "./service.ts";

/** How long the work of others may go unseen. */
const LOOK_MS = 1_000;
/** What wakes us is committed a moment later, and seldom alone. */
const SOON_MS = 150;

export interface ChangeWatchOptions {
  /** Done one after the other, each told by itself. */
  looks: readonly (() => Promise<void>)[];
  log: Logger;
  lookMs?: number;
  soonMs?: number;
}

export class ChangeWatch implements Service, WakeListener {
  readonly #options: ChangeWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is to go off, on the monotonic clock. */
  #due = Infinity;
  #looking: Promise<void> | undefined;
  #on = false;

  constructor(options: ChangeWatchOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#on = true;
    this.#arm(0);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#on = false;
    this.#disarm();
    await this.#looking;
  }

  onExpect(): void {
    this.nudge();
  }

  onWake(): void {
    this.nudge();
  }

  /** Something has just changed, or is about to. */
  nudge(): void {
    // A look that is under way may have read before it: another one follows.
    this.#arm(this.#options.soonMs ?? SOON_MS);
  }

  #arm(ms: number): void {
    const due = performance.now() + ms;
    if (!this.#on || due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#disarm();
      void this.#look();
    }, ms);
    this.#timer.unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  /** One at a time; a database that is slow is asked the less often. */
  async #look(): Promise<void> {
    if (this.#looking) return this.nudge();
    this.#looking = this.#lookOnce().finally(() => (this.#looking = undefined));
    await this.#looking;
    this.#arm(this.#options.lookMs ?? LOOK_MS);
  }

  async #lookOnce(): Promise<void> {
    for (const look of this.#options.looks) {
      try {
        await look();
      } catch (error) {
        this.#options.log.debug(
          { error: messageOf(error) },
          "a look for changes failed; the next one is soon",
        );
      }
    }
  }
}
