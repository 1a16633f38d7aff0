// What a change would do to the fires that are owed when it is made: for whoever asks before doing it.
import type { Instant } from "../clock.ts";
import type { Change } from "./schedule.ts";

export interface Effect {
  /** Fires that would run. */
  runs: number;
  /** Fires that would become skipped rows; null when there are too many to count. */
  skipped: number | null;
  /** The first and the last of the skipped fires. */
  skippedFrom: Instant | null;
  skippedThrough: Instant | null;
  nextFireAt: Instant | null;
}

export const NO_EFFECT: Effect = {
  runs: 0,
  skipped: 0,
  skippedFrom: null,
  skippedThrough: null,
  nextFireAt: null,
};

export function effectOf({ rows, schedule }: Pick<Change, "rows" | "schedule">): Effect {
  let effect = { ...NO_EFFECT, nextFireAt: schedule?.nextFireAt ?? null };
  for (const { outcome, fireAt, fireThrough, fireCount } of rows) {
    if (outcome === "run") effect.runs++;
    else {
      const count = fireThrough === null ? 1 : fireCount;
      const skipped = {
        ...NO_EFFECT,
        skipped: count,
        skippedFrom: fireAt,
        skippedThrough: fireThrough ?? fireAt,
      };
      effect = { ...addEffects(effect, skipped), nextFireAt: effect.nextFireAt };
    }
  }
  return effect;
}

/** Of two schedules together; the next fire is the earlier one. */
export function addEffects(a: Effect, b: Effect): Effect {
  const least = (x: Instant | null, y: Instant | null) => (x === null ? y : y === null ? x : Math.min(x, y));
  const most = (x: Instant | null, y: Instant | null) => (x === null ? y : y === null ? x : Math.max(x, y));
  return {
    runs: a.runs + b.runs,
    skipped: a.skipped === null || b.skipped === null ? null : a.skipped + b.skipped,
    skippedFrom: least(a.skippedFrom, b.skippedFrom),
    skippedThrough: most(a.skippedThrough, b.skippedThrough),
    nextFireAt: least(a.nextFireAt, b.nextFireAt),
  };
}
