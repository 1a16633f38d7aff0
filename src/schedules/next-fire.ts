// The next fire that will really run: calendars know nothing of pauses, holds, switches, asked skips and maxRuns. Pure.
import type { Instant } from "../clock.ts";
import { calendarOf } from "./calendar.ts";
import type { AskedSkip, Schedule } from "./schedule.ts";
import type { Suspension } from "./suspension.ts";

export type UsedUp = "made" | "by_then";

export interface ComingFire {
  nextFire: Instant | null;
  /** The open suspension that holds it back; when it has no end, there is no next fire. */
  heldBack: Suspension | undefined;
  /** Fires before it that somebody asked to leave out. */
  passedOver: readonly AskedSkip[];
  /** There is none, because all runs that it may make are made, or will be by then. */
  usedUp: UsedUp | null;
}

/** The first fire from `fire` on, a fire of the calendar, that lies in no suspension and is not to be left out. */
export function comingFire(
  schedule: Schedule,
  fire: Instant | null,
  spans: readonly Suspension[],
): ComingFire {
  let heldBack: Suspension | undefined;
  const passedOver: AskedSkip[] = [];
  const calendar = calendarOf(schedule.when);
  let next = fire;
  // Each turn passes the end of a suspension, or a skip, for good.
  for (let turn = 0; next !== null && turn <= spans.length + schedule.skips.length; turn += 1) {
    const open = spansAt(spans, next);
    if (open.length > 0) {
      const endless = open.find(({ until }) => until === null);
      if (endless) return { nextFire: null, heldBack: endless, passedOver, usedUp: null };
      heldBack = open.reduce((last, span) => (span.until! > last.until! ? span : last));
      next = calendar.nextAfter(heldBack.until! - 1);
      continue;
    }
    const skip = skipAt(schedule, next);
    if (!skip) break;
    passedOver.push(skip);
    next = calendar.nextAfter(next);
  }
  if (next !== null && next > (schedule.endAt ?? Infinity)) next = null;
  const usedUp = next !== null && next > schedule.firedThrough ? usedUpAt(schedule, next, spans) : null;
  return { nextFire: usedUp ? null : next, heldBack, passedOver, usedUp };
}

/**
 * The next `count` fires after `after` that nothing suspends as far as one can know: nobody knows what comes after a
 * suspension without an end, so then they are those of the calendar.
 */
export function freeFires(
  schedule: Schedule,
  after: Instant,
  count: number,
  spans: readonly Suspension[],
): Instant[] {
  const bare: Schedule = { ...schedule, skips: [], maxRuns: null };
  const fires: Instant[] = [];
  for (let at = after; fires.length < count;) {
    const fire = calendarOf(schedule.when).nextAfter(at);
    const { nextFire, heldBack } = comingFire(bare, fire, spans);
    const next = nextFire ?? (heldBack?.until === null ? fire : null);
    if (next === null || next > (schedule.endAt ?? Infinity)) break;
    fires.push(next);
    at = next;
  }
  return fires;
}

/** Whether it may still make a run for the fire of `at`, if every fire before it that is free to run does. */
export function usedUpAt(schedule: Schedule, at: Instant, spans: readonly Suspension[]): UsedUp | null {
  if (runsLeftAt(schedule, at, spans) > 0) return null;
  return schedule.runsCounted >= schedule.maxRuns! ? "made" : "by_then";
}

/** Fires before an instant of the future that are counted against `maxRuns`; further away nobody can tell. */
const COUNTED = 1000;

function runsLeftAt(schedule: Schedule, at: Instant, spans: readonly Suspension[]): number {
  const { when, maxRuns, runsCounted, firedThrough, startAt } = schedule;
  if (maxRuns === null) return Infinity;
  const left = maxRuns - runsCounted;
  if (left <= 0) return left;
  const from = Math.max(firedThrough, (startAt ?? 0) - 1);
  const fires = calendarOf(when).between(from, at - 1, COUNTED);
  return left - fires.filter((fire) => !skipAt(schedule, fire) && spansAt(spans, fire).length === 0).length;
}

function skipAt({ skips }: Schedule, fire: Instant): AskedSkip | undefined {
  return skips.find(({ at }) => at === fire);
}

function spansAt(spans: readonly Suspension[], at: Instant): Suspension[] {
  return spans.filter(({ from, until }) => from < at && (until === null || until > at));
}
