// What a request may say of a backfill, checked.
import type { Instant } from "../clock.ts";
import { invalid } from "../errors.ts";
import { readAskedTime, wrongTime } from "../schedules/asked-time.ts";
import { Problems } from "../schedules/input-values.ts";

/** Nothing is believed before it is checked. */
export interface BackfillFields {
  /** The first instant that belongs to it: RFC 3339, or a time of the schedule's zone as `explain` reads it. */
  from?: unknown;
  /** The last one; now unless given. */
  to?: unknown;
  max?: unknown;
  only?: unknown;
  dryRun?: unknown;
}

/**
 * Which instants of the range get a run: those without one (skipped fires too), those without one that succeeded, or
 * all of them.
 */
export const BACKFILL_ONLY = ["not_run", "not_succeeded", "all"] as const;

export interface Asked {
  from: Instant;
  to: Instant;
  max: number;
  only: (typeof BACKFILL_ONLY)[number];
  dryRun: boolean;
}

/** Runs of one batch at most. */
export const MOST_RUNS = 1000;
/** Unless asked: a slip of the hand in a date must not fill the queue. */
const RUNS = 100;

/** Throws ExpectedError 422 with a pointer for every wrong field. */
export function readBackfill(fields: BackfillFields, now: Instant, timeZone: string): Asked {
  const problems = new Problems();
  const read = (value: unknown, pointer: "/from" | "/to") => {
    const time = typeof value === "string" ? readAskedTime(value, now, timeZone) : undefined;
    if (!time) return problems.add(pointer, "instant", wrongTime(value, now, timeZone));
    if (time.kind === "lost") return time.change.at;
    return time.kind === "twice" && pointer === "/to" ? time.again : time.at;
  };
  const from = given(fields.from)
    ? read(fields.from, "/from")
    : problems.add("/from", "required", "is required: an instant of the past");
  const to = given(fields.to) ? read(fields.to, "/to") : now;
  const max = given(fields.max)
    ? problems.number(fields.max, "/max", { min: 1, max: MOST_RUNS, whole: true })
    : RUNS;
  const only = given(fields.only) ? problems.oneOf(fields.only, "/only", BACKFILL_ONLY) : "not_run";
  const dryRun = given(fields.dryRun) ? problems.boolean(fields.dryRun, "/dryRun") : false;
  const future = "must not lie in the future: what is still to come fires by itself";
  if (from !== undefined && from > now) problems.add("/from", "future", future);
  else if (from !== undefined && to !== undefined && to < from)
    problems.add("/to", "order", "must not lie before from");
  if (to !== undefined && to > now) problems.add("/to", "future", future);
  if (problems.errors.length > 0) throw invalid(problems.errors);
  return { from: from!, to: to!, max: max!, only: only!, dryRun: dryRun! };
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}
