// What a schedule owes up to now when it was suspended at times: free stretches planned, each suspension one range row.
import type { Instant } from "../clock.ts";
import { nextFireOf, plan, planStretches, planSuspended, type Stretch } from "./plan.ts";
import type { ActiveRun, Plan, Schedule } from "./schedule.ts";
import { asSuspended, type Suspension, suspensionAt } from "./suspension.ts";
import type { Outage } from "./up-time.ts";

/** What decides beside the schedule itself. */
export interface Settling {
  now: Instant;
  active: readonly ActiveRun[];
  /** Everything that suspends it at some time after its cursor. */
  spans: readonly Suspension[];
  /** Since when fires have been looked for without a gap. */
  upSince?: Instant;
  /** Why nothing was settled before, although somebody was there. */
  outage?: Outage | undefined;
}

/**
 * Every fire since the cursor in exactly one row, save those of a suspension that goes on: the cursor waits for its end,
 * and the next look is at the instant at which it passes by itself. Pure.
 */
export function settle(schedule: Schedule, settling: Settling): Plan {
  const { now, active, spans, upSince, outage } = settling;
  // Nothing is suspended, and nothing was: nearly every schedule at nearly every time.
  if (spans.length === 0 && schedule.suspended === null && schedule.enabled)
    return { ...plan(schedule, now, active, { upSince, outage }), suspended: null };
  if (now < schedule.firedThrough) return standingStill(schedule, spans, now);
  const { stretches, open } = walk(schedule, spans, now);
  const planned = planStretches({ ...schedule, enabled: true }, now, active, stretches, { upSince, outage });
  if (!open) return { ...planned, suspended: null };
  return { ...planned, nextFireAt: open.until, suspended: asSuspended(open) };
}

/** Closes the suspension that it is in at `through`, whatever goes on: one range row, and the cursor behind it. */
export function closeSuspension(schedule: Schedule, suspended: Suspension, through: Instant): Plan {
  const { reason, cause } = suspended;
  return { ...planSuspended(schedule, through, reason, cause), suspended: null };
}

/** When a schedule in this suspension is to be looked at again. */
export function wakeOf(schedule: Schedule, span: Suspension | undefined): Instant | null {
  return span ? span.until : nextFireOf(schedule);
}

/** The clock is behind the cursor: nothing is owed, and what suspends it stays what it is (S6). */
function standingStill(schedule: Schedule, spans: readonly Suspension[], now: Instant): Plan {
  const { firedThrough, runsCounted, suspended } = schedule;
  const open = suspended ? spanOf(schedule, spans, now) : undefined;
  const nextFireAt = wakeOf(schedule, open);
  return { rows: [], firedThrough, nextFireAt, runsCounted, cancel: [], suspended };
}

/** The stretch of the suspension that its row says it is in; over now when nothing says it goes on. */
export function spanOf(
  schedule: Schedule,
  spans: readonly Suspension[],
  now: Instant,
): Suspension | undefined {
  const { suspended } = schedule;
  if (!suspended) return undefined;
  return spans.find(({ key }) => key === suspended.key) ?? { ...suspended, until: now };
}

/** The stretches from the cursor to now, up to the beginning of a suspension that goes on (`open`). */
function walk(
  schedule: Schedule,
  spans: readonly Suspension[],
  now: Instant,
): { stretches: Stretch[]; open?: Suspension } {
  const stretches: Stretch[] = [];
  let at = schedule.firedThrough;
  let span = spanOf(schedule, spans, now) ?? suspensionAt(spans, at, null);
  for (;;) {
    if (span) {
      if (span.until === null || span.until > now) return { stretches, open: span };
      // A pause until two lets the fire of two through.
      at = Math.max(at, span.until - 1);
      stretches.push({ through: at, suspended: span });
      span = suspensionAt(spans, at, null);
    } else {
      span = nextSpan(spans, at, now);
      at = span?.from ?? now;
      stretches.push({ through: at, suspended: null });
      if (!span) return { stretches };
    }
  }
}

/** The first suspension that begins after `at` and not after now. */
function nextSpan(spans: readonly Suspension[], at: Instant, now: Instant): Suspension | undefined {
  return spans
    .filter(({ from, until }) => from > at && from <= now && (until === null || until > from + 1))
    .sort((a, b) => a.from - b.from)[0];
}
