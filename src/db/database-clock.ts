// Now by the database, so that all replicas share one: sampled, and carried on by the monotonic clock in between.
import type { Clock, Instant } from "../clock.ts";
import type { Sql } from "./sql.ts";

export class DatabaseClock {
  readonly #clock: Clock;
  #at = 0;
  #now: Instant | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks the database; half of the round trip is taken off. An answer is not taken when it differs by no more than it may
   * be wrong itself: on a busy machine a round trip can take longer than the clocks differ, and a fire must not be early.
   */
  async sample(sql: Sql): Promise<void> {
    const before = this.#clock.monotonic();
    const [row] = await sql.all("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now_ms");
    const after = this.#clock.monotonic();
    const at = (before + after) / 2;
    const now = Number(row!["now_ms"]);
    const carriedOn = this.#now === undefined ? undefined : this.#now + (at - this.#at);
    if (carriedOn !== undefined && Math.abs(now - carriedOn) <= (after - before) / 2) return;
    this.#at = at;
    this.#now = now;
  }

  now(): Instant {
    if (this.#now === undefined) return this.#clock.now();
    return Math.round(this.#now + (this.#clock.monotonic() - this.#at));
  }
}
