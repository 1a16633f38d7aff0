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

/** Of a schedule that ends after so many runs, all fires before a later beginning are counted: this many at most. */
const MOST_COUNTED = 1_000;

/** Pure. `spans`: everything that suspends it at some time after its cursor. Fires before `from` are left out. */
export function describe(
  schedule: Schedule,
  spans: readonly Suspension[],
  now: Instant,
  n: number,
  from: Instant = now,
): Description {
  const { when, timeZone, firedThrough } = schedule;
  const suspended = suspensionAt(spans, now, schedule.suspended) ?? null;
  const skips = schedule.skips.filter(({ at }) => at > Math.max(firedThrough, now));
  const free = freeFrom(spans, Math.max(now, firedThrough), suspended);
  const runs = runsLeft(schedule);
  const isLater = from > now;
  // Those before `from` use up its runs, too.
  const isCounted = isLater && runs !== Infinity;
  const count = Math.min(isCounted ? n + MOST_COUNTED : n, runs);
  const begin = isLater && !isCounted ? Math.max(free ?? 0, from - 1) : free;
  const found = free === null ? [] : firesFrom(schedule, begin!, count + skips.length);
  const left = found
    .filter(({ at }) => !skips.some((skip) => skip.at === at))
    .slice(0, count)
    .filter(({ at }) => !isLater || at >= from)
    .slice(0, n);
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
