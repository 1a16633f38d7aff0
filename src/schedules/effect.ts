// What a change would do to the fires that are owed when it is made: for whoever asks before doing it.
import type { Instant } from "../clock.ts";
import type { AskedSkip, Change } from "./schedule.ts";

export interface Effect {
  /** Fires that would run. */
  runs: number;
  /** Fires that would become skipped rows; null when there are too many to count. */
  skipped: number | null;
  /** The first and the last of the skipped fires. */
  skippedFrom: Instant | null;
  skippedThrough: Instant | null;
  /** The next fire that would run; null when there is none, or none before somebody ends a suspension. */
  nextFireAt: Instant | null;
  /** Asked skips that would end, because the schedule would have no fire then. */
  droppedSkips: readonly AskedSkip[];
}

export const NO_EFFECT: Effect = {
  runs: 0,
  skipped: 0,
  skippedFrom: null,
  skippedThrough: null,
  nextFireAt: null,
  droppedSkips: [],
};

export function effectOf(
  { rows, droppedSkips = [] }: Pick<Change, "rows" | "droppedSkips">,
  nextFireAt: Instant | null,
): Effect {
  let effect: Effect = { ...NO_EFFECT, nextFireAt, droppedSkips };
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
      effect = addEffects(effect, skipped);
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
    droppedSkips: [...a.droppedSkips, ...b.droppedSkips],
  };
}
