// The filters of GET /runs: from the query string to a filter of the run queries, inside what the principal may see.
import type { RunFilter } from "../runs/queries.ts";
import { CANCELLED_REASONS, FAILED_REASONS, RUN_STATES, TRIGGERS } from "../runs/task-run.ts";
import { SKIPPED_REASONS } from "../schedules/schedule.ts";
import type { Call } from "./context.ts";
import { jobsAsked } from "./jobs-asked.ts";
import { PAGE_QUERY } from "./paging.ts";
import { choices, flag, instant, oneOf, type QueryOf, text } from "./query.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

const REASONS = [...FAILED_REASONS, ...SKIPPED_REASONS, ...CANCELLED_REASONS] as const;
/** Ids grow with the instant of queueing, so both run along the primary key, however many rows there are. */
const SORTS = ["-queuedAt", "queuedAt"] as const;
/** What a log request means by a level. */
export function levelsFrom(
  level: (typeof LOG_LEVELS)[number] | undefined,
): (typeof LOG_LEVELS)[number][] | undefined {
  return level === undefined ? undefined : LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
}

export const RUN_QUERY = {
  ...PAGE_QUERY,
  job: choices("Only runs of these jobs, by key or source:key"),
  schedule: text("Only runs of this schedule, by id"),
  batch: text("Only runs of this backfill, by the id of its batch"),
  state: choices("Only runs in these states", RUN_STATES),
  reason: choices("Only runs that ended for these reasons", REASONS),
  trigger: choices("Only runs started by these", TRIGGERS),
  source: choices("Only runs of these sources"),
  recordsFailed: flag("true: only runs with failed records; false: only runs without"),
  since: instant("Queued at or after: RFC 3339, or a duration back such as 24h"),
  until: instant("Queued before"),
  text: text("Occurs in the cause, the error, the job's name or key"),
  sort: oneOf("What the list is sorted by; - is newest first", SORTS, "-queuedAt"),
  count: flag("true: also count matches, up to 10000, and no longer than a page is looked for"),
} as const;

type Filter = Omit<RunFilter, "limit" | "after" | "order">;
type RunQuery = QueryOf<typeof RUN_QUERY>;

/** A token limited to sources gets a filter that holds no other, whatever it asks for. */
export function runFilterOf(call: Call<object, RunQuery>): Filter {
  const { query, principal } = call;
  const asked = some(query.source?.in);
  const own = principal.sources;
  const sources = own === null ? asked : (asked ?? own).filter((source) => own.includes(source));
  return {
    jobs: some(jobsAsked(call, query.job?.in)),
    notJobs: some(jobsAsked(call, query.job?.notIn)),
    scheduleId: query.schedule,
    batch: query.batch,
    states: some(query.state?.in),
    notStates: some(query.state?.notIn),
    reasons: some(query.reason?.in),
    notReasons: some(query.reason?.notIn),
    triggers: some(query.trigger?.in),
    notTriggers: some(query.trigger?.notIn),
    sources,
    notSources: some(query.source?.notIn),
    since: query.since,
    until: query.until,
    text: query.text,
    recordsFailed: query.recordsFailed,
  };
}

/** No list is no condition; an empty one would match nothing. */
function some<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values && values.length > 0 ? values : undefined;
}
