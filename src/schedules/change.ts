// Settle, then change (S7): what a schedule owed under what it was, and what it is from this instant on.
import { isDeepStrictEqual } from "node:util";
import { isFire } from "./neighbours.ts";
import type { AskedSkip, Change, RevisionAction, Schedule } from "./schedule.ts";
import { closeSuspension, settle, type Settling, spanOf, wakeOf } from "./settle.ts";
import { asSuspended, type Suspension, suspensionAt } from "./suspension.ts";

export interface ChangeRequest extends Settling {
  /** What the schedule becomes, given its settled self; undefined: nothing changes. */
  edit(settled: Schedule): Partial<Schedule> | undefined;
  /** What suspends the schedule once it is changed. */
  spansOf(changed: Schedule): readonly Suspension[];
  action: RevisionAction;
  reason?: string | null;
}

/**
 * The rows that it owes up to now and its next revision, in one go: nothing is lost and nothing fires twice. A change
 * after which everything is as it was makes no revision and no row.
 */
export function settleThenChange(schedule: Schedule, request: ChangeRequest): Change {
  const { now, action, reason } = request;
  const settled = settle(schedule, request);
  const { firedThrough, runsCounted } = settled;
  const base: Schedule = { ...schedule, firedThrough, runsCounted, suspended: settled.suspended ?? null };
  const edit = request.edit(base);
  if (!edit || !changes(schedule, edit)) return { rows: [], cancel: [], schedule };
  const next: Schedule = { ...base, ...edit, revision: schedule.revision + 1, updatedAt: now };
  const rows = [...settled.rows, ...suspend(schedule, next, request)];
  // What lies behind the cursor has its rows; a pause that has passed says nothing any more.
  const skips = next.skips.filter(({ at }) => at > next.firedThrough);
  next.skips = sameCalendar(schedule, next) ? skips : skips.filter(({ at }) => isFire(next, at));
  const droppedSkips = skips.filter((skip) => !next.skips.includes(skip));
  if (next.paused && next.paused.until !== null && next.paused.until <= now) next.paused = null;
  const said = reason ?? droppedReason(droppedSkips);
  return { rows, cancel: settled.cancel, schedule: next, action, reason: said, droppedSkips };
}

/** Kept beside the revision that dropped them; null when none were. */
function droppedReason([first, ...others]: readonly AskedSkip[]): string | null {
  if (!first) return null;
  const more = others.length === 0 ? "" : `, and ${others.length} more,`;
  const was = others.length === 0 ? "was" : "were";
  const at = new Date(first.at).toISOString();
  return `the skip of ${at} that ${first.by} asked for${more} ${was} dropped: there is no fire then any more`;
}

/** The rows that it owes up to now, and no more schedule. */
export function settleThenDelete(schedule: Schedule, settling: Settling): Change {
  const settled = settle(schedule, settling);
  const rows = [...settled.rows];
  const at = { ...schedule, firedThrough: settled.firedThrough, suspended: settled.suspended ?? null };
  const open = spanOf(at, settling.spans, settling.now);
  if (open) rows.push(...closeSuspension(at, open, settling.now).rows);
  return { rows, cancel: [], schedule: null, action: "deleted", at: settling.now };
}

/**
 * Sets the suspension and the next look of `next` (settled up to now, but for a suspension that goes on). The range of
 * what goes on is closed when the change ends it, or when it changes the calendar: a row has the fires of one revision (S2).
 */
function suspend(before: Schedule, next: Schedule, request: ChangeRequest) {
  const { now, spans, spansOf } = request;
  const rows = [];
  const after = spansOf(next);
  let span = spanOf(next, after, now);
  if (next.suspended && (span?.until === now || !sameCalendar(before, next))) {
    const open = spanOf(next, spans, now)!;
    const settled = { ...before, firedThrough: next.firedThrough };
    const closed = closeSuspension(settled, open, now);
    rows.push(...closed.rows);
    next.firedThrough = Math.max(now, next.firedThrough);
    if (span?.until === now) next.suspended = null;
  }
  if (next.suspended === null) {
    span = suspensionAt(after, Math.max(now, next.firedThrough), null);
  }
  // Of one that goes on the words may have changed: another reason, another end.
  if (span) next.suspended = asSuspended(span);
  next.nextFireAt = wakeOf(next, span);
  return rows;
}

function sameCalendar(a: Schedule, b: Schedule): boolean {
  return a.startAt === b.startAt && a.endAt === b.endAt && isDeepStrictEqual(a.when, b.when);
}

function changes(schedule: Schedule, edit: Partial<Schedule>): boolean {
  return (Object.keys(edit) as (keyof Schedule)[]).some(
    (name) => !isDeepStrictEqual(edit[name], schedule[name]),
  );
}
