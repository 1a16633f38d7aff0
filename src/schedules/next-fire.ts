// The next fire that will really come: calendars know nothing of pauses, holds and switches. Pure.
import type { Instant } from "../clock.ts";
import { calendarOf } from "./calendar.ts";
import type { Schedule } from "./schedule.ts";
import type { Suspension } from "./suspension.ts";

export interface ComingFire {
  nextFire: Instant | null;
  /** The open suspension that holds it back; when it has no end, there is no next fire. */
  heldBack: Suspension | undefined;
}

/** The first fire from `fire` on, a fire of the calendar, that lies in none of the suspensions. */
export function comingFire(
  schedule: Schedule,
  fire: Instant | null,
  spans: readonly Suspension[],
): ComingFire {
  let heldBack: Suspension | undefined;
  let next = fire;
  // Each turn passes the end of a suspension for good.
  for (let turn = 0; next !== null && turn <= spans.length; turn += 1) {
    const open = spansAt(spans, next);
    if (open.length === 0) break;
    const endless = open.find(({ until }) => until === null);
    if (endless) return { nextFire: null, heldBack: endless };
    heldBack = open.reduce((last, span) => (span.until! > last.until! ? span : last));
    next = calendarOf(schedule.when).nextAfter(heldBack.until! - 1);
  }
  return { nextFire: next !== null && next <= (schedule.endAt ?? Infinity) ? next : null, heldBack };
}

function spansAt(spans: readonly Suspension[], at: Instant): Suspension[] {
  return spans.filter(({ from, until }) => from < at && (until === null || until > at));
}
