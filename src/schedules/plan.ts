// What a schedule owes up to now: pure decisions about every fire since its cursor.
import type { Instant } from "../clock.ts";
import { type Calendar, calendarOf } from "./calendar.ts";
import { type Owed, owedFires } from "./owed.ts";
import { usedUpCause } from "./plan-words.ts";
import { Planning } from "./planning.ts";
import type { ActiveRun, Plan, Schedule, SkippedReason } from "./schedule.ts";
import type { Outage } from "./up-time.ts";

export { ON_TIME_MS } from "./owed.ts";

export interface PlanOptions {
  /** Since when fires have been looked for without a gap; earlier ones are late however quickly they are found. */
  upSince?: Instant | undefined;
  /** Why nothing was settled before, although somebody was there. */
  outage?: Outage | undefined;
}

/** A part of the time since the cursor: free, or one whose fires a suspension costs. */
export interface Stretch {
  /** Its last instant; it begins after that of the stretch before it. */
  through: Instant;
  suspended: { reason: SkippedReason; cause: string } | null;
}

/**
 * Every fire in (firedThrough, now] in exactly one row, and the cursor and next fire after them (S1, S6, S9, S10). Pure;
 * with one fire due it takes two calendar steps. A schedule that is switched off owes one range row `disabled`.
 */
export function plan(
  schedule: Schedule,
  now: Instant,
  active: readonly ActiveRun[],
  options: PlanOptions = {},
): Plan {
  const suspended = schedule.enabled ? null : SWITCHED_OFF;
  return planStretches(schedule, now, active, [{ through: now, suspended }], options);
}

/** All fires since the cursor in one range row: what a suspension (paused, held, …) owes when it ends (S7). */
export function planSuspended(
  schedule: Schedule,
  through: Instant,
  reason: SkippedReason,
  cause: string,
): Plan {
  return planStretches(schedule, through, [], [{ through, suspended: { reason, cause } }]);
}

/**
 * The same stretch by stretch: each suspended one a range row of its own, the free ones together what was found now. The
 * cursor comes to the end of the last one.
 */
export function planStretches(
  schedule: Schedule,
  now: Instant,
  active: readonly ActiveRun[],
  stretches: readonly Stretch[],
  { upSince = -Infinity, outage }: PlanOptions = {},
): Plan {
  const { firedThrough } = schedule;
  const last = stretches.at(-1)?.through ?? firedThrough;
  if (last < firedThrough) return standingStill(schedule);
  const calendar = calendarOf(schedule.when);
  const left = runsLeft(schedule, schedule.runsCounted);
  const work = new Planning(schedule, calendar, { now, active, left, through: last, upSince, outage });
  const free: Owed[] = [];
  let after = firedThrough;
  for (const { through, suspended } of stretches) {
    const owed = owedFires(schedule, calendar, after, through);
    if (suspended) work.skipAll(owed, suspended.reason, suspended.cause);
    else if (left === 0) work.skipAll(owed, "limit", usedUpCause(schedule));
    else if (owed.fires.length > 0) free.push(owed);
    after = through;
  }
  work.take(free);
  const runsCounted = schedule.runsCounted + work.planned;
  const nextFireAt = nextFire(schedule, calendar, last, runsCounted);
  return { rows: work.rows(nextFireAt), firedThrough: last, nextFireAt, runsCounted, cancel: work.cancel };
}

/** The next fire that a schedule is to be woken for, after its cursor; null when it is off, used up or over. */
export function nextFireOf(schedule: Schedule): Instant | null {
  return nextFire(schedule, calendarOf(schedule.when), schedule.firedThrough, schedule.runsCounted);
}

function nextFire(
  schedule: Schedule,
  calendar: Calendar,
  firedThrough: Instant,
  runsCounted: number,
): Instant | null {
  if (!schedule.enabled || runsLeft(schedule, runsCounted) === 0) return null;
  const next = calendar.nextAfter(Math.max(firedThrough, (schedule.startAt ?? 0) - 1));
  return next === null || next > (schedule.endAt ?? Infinity) ? null : next;
}

/** The clock is behind the cursor: whatever it shows has its row already (S6). */
function standingStill(schedule: Schedule): Plan {
  const { firedThrough, runsCounted } = schedule;
  return { rows: [], firedThrough, nextFireAt: nextFireOf(schedule), runsCounted, cancel: [] };
}

function runsLeft({ maxRuns }: Schedule, runsCounted: number): number {
  return maxRuns === null ? Infinity : Math.max(0, maxRuns - runsCounted);
}

const SWITCHED_OFF = { reason: "disabled", cause: "skipped: the schedule was switched off" } as const;
