// From a filter of runs to conditions: what an index answers (branches), and what each row has to be asked (rest).
import { firstId } from "../ids.ts";
import type { RunFilter } from "../runs/queries.ts";
import { CANCELLED_REASONS, FAILED_REASONS, type RunState } from "../runs/task-run.ts";
import { isFinal } from "../runs/state.ts";
import { SKIPPED_REASONS } from "../schedules/schedule.ts";
import { markValues, marks, type Sql, type SqlValue } from "./sql.ts";

export interface Condition {
  text: string;
  values: SqlValue[];
}

/** The beginning of an index that goes on with the id, so that rows come out of it in the order of a list. */
export interface Branch extends Condition {
  /** Null: the primary key, for all rows. */
  index: string | null;
}

/** Rows that match any branch, and `rest` if there is one, and lie in `range` (of ids). Branches share no row. */
export interface Conditions {
  branches: Branch[];
  rest: Condition | null;
  range: Condition;
}

/** More equal values than this are not worth a walk each: the list is walked by id, and each row is asked. */
const MOST_BRANCHES = 16;
/** Ids carry the instant at which the run was queued; bounds leave room for one that was made a moment before. */
const ID_SLACK_MS = 60_000;

const ALL: Branch = { text: "1 = 1", values: [], index: null };

/** Null when nothing can match: an empty list of allowed values. */
export async function conditionsOf(sql: Sql, filter: RunFilter): Promise<Conditions | null> {
  const { jobs, states, sources } = filter;
  if ([jobs, states, sources, filter.reasons, filter.triggers].some((list) => list?.length === 0))
    return null;
  const range = rangeOf(filter);
  const lead = await leadOf(sql, filter);
  if (!lead) return { branches: [ALL], rest: restOf(filter), range };
  return lead.branches.length === 0
    ? null
    : { branches: lead.branches, rest: restOf({ ...filter, ...lead.answered }), range };
}

interface Lead {
  branches: Branch[];
  /** The parts of the filter that the branches answer already. */
  answered: Partial<RunFilter>;
}

async function leadOf(sql: Sql, filter: RunFilter): Promise<Lead | undefined> {
  const { scheduleId, batch, jobs, sources } = filter;
  if (batch !== undefined) {
    // Not in the order of ids, but never more than a thousand.
    const branch = { text: "batch = ?", values: [batch], index: "uq_task_runs_batch" };
    return { branches: [branch], answered: { batch: undefined } };
  }
  if (scheduleId !== undefined) {
    const branch = { text: "schedule_id = ?", values: [scheduleId], index: "ix_task_runs_schedule" };
    return { branches: [branch], answered: { scheduleId: undefined } };
  }
  const states = statesOf(filter);
  // Few runs have not ended, and a job has many: its index is the longer way to them.
  const active = states?.every((state) => !isFinal(state)) === true;
  if (jobs && jobs.length <= MOST_BRANCHES && !active) return jobLead(filter, jobs);
  if (states) {
    const branches = states.map((state) => ({
      text: "state = ?",
      values: [state],
      index: "ix_task_runs_state",
    }));
    return { branches, answered: { states: undefined } };
  }
  if (sources && !jobs) {
    const own = await jobsOfSources(sql, sources);
    return own && jobLead(filter, own);
  }
  return undefined;
}

/** The states that are asked for, or those that the reasons asked for can be found in. */
function statesOf({ states, reasons }: RunFilter): RunState[] | undefined {
  if (!reasons) return states && [...new Set(states)];
  const has = (list: readonly string[]) => reasons.some((reason) => list.includes(reason));
  // A run that is tried again keeps the reason of its last attempt.
  const possible: RunState[] = ["queued", "running", "retrying"];
  if (has(FAILED_REASONS)) possible.push("failed");
  if (has(CANCELLED_REASONS)) possible.push("cancelled");
  if (has(SKIPPED_REASONS)) possible.push("skipped");
  return states ? possible.filter((state) => states.includes(state)) : possible;
}

function jobLead(filter: RunFilter, jobs: readonly { source: string; key: string }[]): Lead {
  const { sources, notSources } = filter;
  const seen = new Set<string>();
  const kept = jobs.filter(({ source, key }) => {
    const address = `${source}:${key}`;
    if (seen.has(address) || notSources?.includes(source) || sources?.includes(source) === false)
      return false;
    seen.add(address);
    return true;
  });
  return {
    branches: kept.map(({ source, key }) => ({
      text: "source = ? AND job_key = ?",
      values: [source, key],
      index: "ix_task_runs_job",
    })),
    answered: { jobs: undefined, sources: undefined, notSources: undefined },
  };
}

/**
 * The jobs that have runs in these sources, found by hopping through the index of (source, job, id), which saves an
 * index of (source, id) on the hot path; undefined when they are many: then most rows are theirs anyway.
 */
async function jobsOfSources(
  sql: Sql,
  sources: readonly string[],
): Promise<{ source: string; key: string }[] | undefined> {
  const jobs: { source: string; key: string }[] = [];
  for (const source of new Set(sources)) {
    for (let key = ""; ;) {
      const [row] = await sql.all(
        "SELECT job_key FROM task_runs WHERE source = ? AND job_key > ? ORDER BY job_key LIMIT 1",
        [source, key],
      );
      if (!row) break;
      key = String(row["job_key"]);
      jobs.push({ source, key });
      if (jobs.length > MOST_BRANCHES) return undefined;
    }
  }
  return jobs;
}

function rangeOf({ since, until, after, order }: RunFilter): Condition {
  const range: Condition = { text: "1 = 1", values: [] };
  const add = (text: string, ...values: SqlValue[]) => {
    range.text += ` AND ${text}`;
    range.values.push(...values);
  };
  if (after !== undefined) add(order === "oldest" ? "id > ?" : "id < ?", after);
  if (since !== undefined)
    add("id >= ? AND queued_at >= ?", firstId("run", Math.max(0, since - ID_SLACK_MS)), since);
  if (until !== undefined)
    add("id < ? AND queued_at < ?", firstId("run", Math.max(0, until + ID_SLACK_MS)), until);
  return range;
}

/**
 * What no index answers, text apart; null when nothing is left. The plus before a column says to SQLite that it is not to
 * look for an index after all: it would sort a million rows instead of walking to the first fifty (measured).
 */
function restOf(filter: RunFilter): Condition | null {
  const texts: string[] = [];
  const values: SqlValue[] = [];
  const add = (text: string, list: readonly SqlValue[]) => {
    texts.push(text);
    values.push(...list);
  };
  const within = (column: string, list: readonly string[] | undefined) => {
    if (list) add(`${column} IN (${marks(list.length)})`, markValues(list));
  };
  const without = (column: string, list: readonly string[] | undefined) => {
    if (list?.length)
      add(`(${column} IS NULL OR ${column} NOT IN (${marks(list.length)}))`, markValues(list));
  };
  if (filter.scheduleId !== undefined) add("+schedule_id = ?", [filter.scheduleId]);
  if (filter.jobs) add(anyJob(filter.jobs.length), jobValues(filter.jobs));
  if (filter.notJobs?.length) add(`NOT ${anyJob(filter.notJobs.length)}`, jobValues(filter.notJobs));
  within("state", filter.states);
  without("state", filter.notStates);
  within("reason", filter.reasons);
  without("reason", filter.notReasons);
  within("triggered_by", filter.triggers);
  without("triggered_by", filter.notTriggers);
  within("+source", filter.sources);
  without("+source", filter.notSources);
  if (filter.recordsFailed !== undefined)
    add(filter.recordsFailed ? "records_failed > 0" : "records_failed = 0", []);
  return texts.length > 0 ? { text: texts.join(" AND "), values } : null;
}

function anyJob(n: number): string {
  return `(${markValues(Array<number>(n).fill(0))
    .map(() => "(+source = ? AND +job_key = ?)")
    .join(" OR ")})`;
}

function jobValues(jobs: readonly { source: string; key: string }[]): string[] {
  return markValues(jobs).flatMap(({ source, key }) => [source, key]);
}
