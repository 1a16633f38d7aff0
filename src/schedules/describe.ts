// A saved schedule as people look at it: its sentence, what suspends it now, and its next fires.
import type { Instant } from "../clock.ts";
import { type NextFire, nextFires } from "./preview.ts";
import type { AskedSkip, Schedule } from "./schedule.ts";
import { sentenceOf } from "./sentence.ts";
import { type Suspension, suspensionAt } from "./suspension.ts";

export interface Description {
  sentence: string;
  /** Those that are to run: none while it is suspended without an end, used up or over. */
  nextFires: NextFire[];
  /** What suspends it now. */
  suspended: Suspension | null;
  /** Fires to come that are to be left out. */
  skips: readonly AskedSkip[];
}

/** Pure. `spans`: everything that suspends it at some time after its cursor. */
export function describe(
  schedule: Schedule,
  spans: readonly Suspension[],
  now: Instant,
  n: number,
): Description {
  const { when, timeZone, firedThrough } = schedule;
  const suspended = suspensionAt(spans, now, schedule.suspended) ?? null;
  const skips = schedule.skips.filter(({ at }) => at > Math.max(firedThrough, now));
  const free = freeFrom(spans, Math.max(now, firedThrough), suspended);
  const count = Math.min(n, runsLeft(schedule));
  const found = free === null ? [] : firesFrom(schedule, free, count + skips.length);
  const left = found.filter(({ at }) => !skips.some((skip) => skip.at === at)).slice(0, count);
  return { sentence: sentenceOf(when, timeZone), nextFires: left, suspended, skips };
}

/** The fires after `from` within start and end. */
export function firesFrom(schedule: Schedule, from: Instant, count: number): NextFire[] {
  const { when, timeZone, startAt, endAt } = schedule;
  return nextFires(when, timeZone, Math.max(from, (startAt ?? 0) - 1), count, endAt ?? Infinity);
}

function runsLeft({ maxRuns, runsCounted }: Schedule): number {
  return maxRuns === null ? Infinity : Math.max(0, maxRuns - runsCounted);
}

/** The instant after which fires run again as far as one can know; null when nothing says when. */
function freeFrom(spans: readonly Suspension[], now: Instant, first: Suspension | null): Instant | null {
  let [at, span] = [now, first ?? undefined];
  while (span) {
    if (span.until === null) return null;
    at = Math.max(at, span.until - 1);
    span = suspensionAt(spans, at, null);
  }
  return at;
}
