// Whether an instant is a fire, and the fires before and after it by the revisions that owe them. Pure.
import type { Instant } from "../clock.ts";
import { calendarOf } from "./calendar.ts";
import type { Revision } from "./history.ts";
import type { Schedule } from "./schedule.ts";

/** Whether the calendar of the schedule has a fire at this very instant, within its start and end. */
export function isFire({ when, startAt, endAt }: Schedule, at: Instant): boolean {
  if (at < (startAt ?? -Infinity) || at > (endAt ?? Infinity)) return false;
  return calendarOf(when).nextAfter(at - 1) === at;
}

/** The first fire in [from, to). */
export function fireIn(schedule: Schedule, from: Instant, to: Instant): Instant | undefined {
  const fire = calendarOf(schedule.when).nextAfter(from - 1);
  return fire !== null && fire < to && isFire(schedule, fire) ? fire : undefined;
}

/** The last fire before `at`. `earlier`: the revisions before `holding`, the newest first. */
export function fireBefore(
  at: Instant,
  holding: Revision | undefined,
  earlier: readonly Revision[],
): Instant | null {
  let before = at;
  for (const revision of holding ? [holding, ...earlier] : []) {
    const fire = revision.action === "deleted" ? null : lastFire(revision.schedule, before - 1);
    if (fire !== null && fire > revision.from) return fire;
    // The fire of the very instant of a change is still the old revision's.
    before = revision.from + 1;
  }
  return null;
}

/** The first fire after `at`. `later`: the revisions after `holding`, the oldest first; the last one is the schedule's own. */
export function fireAfter(
  at: Instant,
  holding: Revision | undefined,
  later: readonly Revision[],
): Instant | null {
  const revisions = holding ? [holding, ...later] : later;
  for (const [index, { action, from, schedule }] of revisions.entries()) {
    if (action === "deleted") return null;
    const fire = firstFire(schedule, Math.max(at, from));
    const end = revisions[index + 1]?.from ?? Infinity;
    if (fire !== null && fire <= end) return fire;
  }
  return null;
}

function lastFire({ when, startAt, endAt }: Schedule, through: Instant): Instant | null {
  const [fire] = calendarOf(when).newestUpTo(Math.min(through, endAt ?? Infinity), 1);
  return fire !== undefined && fire >= (startAt ?? -Infinity) ? fire : null;
}

function firstFire({ when, startAt, endAt }: Schedule, after: Instant): Instant | null {
  const fire = calendarOf(when).nextAfter(Math.max(after, (startAt ?? 0) - 1));
  return fire !== null && fire <= (endAt ?? Infinity) ? fire : null;
}
