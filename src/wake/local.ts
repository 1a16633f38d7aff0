// The wake inside one process: plain calls, and one timer for the earliest instant that was announced.
import type { Clock, Instant } from "../clock.ts";
import type { Wake, WakeListener } from "./wake.ts";

/** Instants further away than this are found by the worker's own polling. */
const FARTHEST_MS = 60_000;

export class LocalWake implements Wake {
  readonly #clock: Pick<Clock, "now">;
  readonly #listeners: WakeListener[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  listen(listener: WakeListener): void {
    this.#listeners.push(listener);
  }

  expect(source: string): void {
    for (const listener of this.#listeners) listener.onExpect(source);
  }

  wake(source: string): void {
    for (const listener of this.#listeners) listener.onWake(source);
  }

  wakeAt(source: string, at: Instant): void {
    const wait = at - this.#clock.now();
    if (wait <= 0) return this.wake(source);
    // A hint may be lost: a thousand timers for a thousand retries would be more than a hint is worth.
    if (wait > FARTHEST_MS || this.#timers.size >= 1_000) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.wake(source);
    }, wait);
    timer.unref();
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
