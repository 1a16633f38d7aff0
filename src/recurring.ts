// A fault that comes back every second: said once, and each minute after it with how often it was.
import type { LogFields, Logger } from "./log.ts";

const EVERY_MS = 60_000;

export class Recurring {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #faults = new Map<string, { saidAt: number; seenAt: number; times: number }>();

  /** `now`: milliseconds of a clock that only goes forward. */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** The same sentence within a minute is only counted; the next one says `times`. After a quiet minute it is news again. */
  say(level: "warn" | "error", fields: LogFields, message: string): void {
    const now = this.#now();
    const fault = this.#faults.get(message);
    const goesOn = fault !== undefined && now - fault.seenAt < EVERY_MS;
    const times = (goesOn ? fault.times : 0) + 1;
    if (goesOn && now - fault.saidAt < EVERY_MS) {
      this.#faults.set(message, { ...fault, seenAt: now, times });
      return;
    }
    this.#faults.set(message, { saidAt: now, seenAt: now, times: 0 });
    this.#log[level](times > 1 ? { ...fields, times } : fields, message);
  }

  /** It went well: the next fault with this sentence is news at once. `after` is said if there was one. */
  over(message: string, after?: string): void {
    if (this.#faults.delete(message) && after !== undefined) this.#log.info({}, after);
  }
}
