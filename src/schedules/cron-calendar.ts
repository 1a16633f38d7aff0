// Local times onto instants: what clock changes do to a cron expression in one zone (S11).
import type { Instant } from "../clock.ts";
import { wallText, type Zone } from "./zone.ts";

/** A fixed local time that a gap swallowed, and the end of that gap. */
export interface LostTime {
  at: Instant;
  /** As on the clock that never showed it: `2027-03-28T02:30:00`. */
  local: string;
}

/** The fires of one `when`, without policies. Every answer is in ascending order. */
export interface Calendar {
  /** The first fire after `instant`, or null when there is none any more. */
  nextAfter(instant: Instant): Instant | null;
  /** The fires in (from, to], the oldest first, at most `limit`. */
  between(from: Instant, to: Instant, limit: number): Instant[];
  /** The newest `n` fires up to and including `instant`. */
  newestUpTo(instant: Instant, n: number): Instant[];
  /** Ends of gaps in (from, to] at which nothing fires although a fixed local time was lost in them (`gap: skip`). */
  lostIn(from: Instant, to: Instant): LostTime[];
}

/** The matching times of a clock that never changes, in ms as if it were UTC. Whole seconds. */
export interface LocalTimes {
  /** The first match after `local`, or null. */
  after(local: number): number | null;
  /** At most `n` matches before `local`, the newest first. */
  before(local: number, n: number): number[];
}

export interface ClockRules {
  /** Fixed local times; else the expression follows elapsed time. */
  fixed: boolean;
  gap: "next" | "skip";
  repeat: "first" | "both";
}

const DAY = 86_400_000;
/** A clock change moves clocks by a day at most (Apia, 2011); further away from it no local time is seen twice. */
const REACH = 26 * 3_600_000;
/** So many answers are kept: `nextAfter` is the same for every instant between two fires. */
const KEPT = 16;

/**
 * One way to read all rules: a fire is an instant at which the local clock shows a match. A fixed time that the clock
 * jumps over (gap) fires at the jump's end if `gap: next`; one that the clock shows a second time fires there again
 * only if `repeat: both`. Several fixed times of one gap are one fire, because they are one instant.
 */
export class CronCalendar implements Calendar {
  readonly #times: LocalTimes;
  readonly #zone: Zone;
  readonly #jumpsFire: boolean;
  readonly #once: boolean;
  readonly #tellsLost: boolean;
  readonly #memo: { from: Instant; next: Instant | null }[] = [];
  #oldest = 0;

  constructor(times: LocalTimes, zone: Zone, rules: ClockRules) {
    this.#times = times;
    this.#zone = zone;
    this.#jumpsFire = rules.fixed && rules.gap === "next";
    this.#tellsLost = rules.fixed && rules.gap === "skip";
    this.#once = rules.fixed && rules.repeat === "first";
  }

  nextAfter(instant: Instant): Instant | null {
    for (const { from, next } of this.#memo) {
      if (from <= instant && (next === null || instant < next)) return next;
    }
    const next = this.#next(instant);
    this.#memo[this.#oldest] = { from: instant, next };
    this.#oldest = (this.#oldest + 1) % KEPT;
    return next;
  }

  between(from: Instant, to: Instant, limit: number): Instant[] {
    const fires: Instant[] = [];
    let next = this.nextAfter(from);
    while (next !== null && next <= to && fires.length < limit) {
      fires.push(next);
      next = this.nextAfter(next);
    }
    return fires;
  }

  newestUpTo(instant: Instant, n: number): Instant[] {
    if (n <= 0) return [];
    // Back along the clock that never changes, then forward again with the changes: gaps and repeats alter the number
    // of fires by a few, so somewhat further back than needed, and twice as far when that was not enough.
    for (let steps = n + 2; ; steps *= 2) {
      const locals = this.#times.before(this.#highest(instant) + 1000, steps);
      const oldest = locals.at(-1);
      if (oldest === undefined) return [];
      const fires = this.between(this.#earliest(oldest) - 1000, instant, Infinity);
      if (fires.length >= n || locals.length < steps) return fires.slice(-n);
    }
  }

  lostIn(from: Instant, to: Instant): LostTime[] {
    if (!this.#tellsLost) return [];
    const lost: LostTime[] = [];
    for (const { at, before, after } of this.#zone.transitions(from, to)) {
      const local = this.#times.after(at + before - 1000);
      if (local === null || local >= at + after) continue;
      if (this.#times.after(at + after - 1000) === at + after) continue;
      lost.push({ at, local: wallText(local) });
    }
    return lost;
  }

  #next(instant: Instant): Instant | null {
    let at = Math.floor(instant / 1000) * 1000;
    let offset = this.#zone.offsetAt(at);
    let shown = this.#once ? this.#highest(at) : at + offset;
    let match = this.#times.after(shown);
    while (match !== null) {
      const reach = match - offset;
      const near = Math.min(reach, at + 3 * DAY);
      const change = this.#zone.firstTransition(at, near);
      if (!change) {
        if (near === reach) return reach;
        // Between here and the days before the match a change can only move the clock; it neither hides nor repeats.
        at = Math.max(near, reach - 3 * DAY);
        offset = this.#zone.offsetAt(at);
        continue;
      }
      ({ at, after: offset } = change);
      const shows = at + offset;
      const forward = offset > change.before;
      // Forward, with a match among the times that are jumped over; or back, over times that may have matched before.
      const jumped = forward && match < shows;
      if (jumped && this.#jumpsFire) return at;
      const replayed = !forward && !this.#once && shown >= shows;
      if (!jumped && !replayed) continue;
      shown = shows - 1000;
      match = this.#times.after(shown);
    }
    return null;
  }

  /** The highest time that the local clock has shown up to this instant (a whole second). */
  #highest(instant: Instant): number {
    const at = Math.floor(instant / 1000) * 1000;
    let highest = at + this.#zone.offsetAt(at);
    for (const change of this.#zone.transitions(at - REACH, at)) {
      highest = Math.max(highest, change.at + change.before - 1000);
    }
    return highest;
  }

  /** An instant that is not after any at which the clock shows `local` or jumps over it. */
  #earliest(local: number): Instant {
    let offset = this.#zone.offsetAt(local - REACH);
    for (const change of this.#zone.transitions(local - REACH, local + REACH)) {
      offset = Math.max(offset, change.after);
    }
    return local - offset;
  }
}
