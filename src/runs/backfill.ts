// Runs for instants of the past: a schedule's calendar over a range, as one batch that can be listed and cancelled.
import type { Instant } from "../clock.ts";
import { conflict, invalid, notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Asked, type BackfillFields, MOST_RUNS, readBackfill } from "./backfill-input.ts";
import { calendarOf } from "../schedules/calendar.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { Notices } from "./notices.ts";
import { overridesOf } from "./run-now.ts";
import type { CancelRequest, NewRun } from "./store.ts";
import type { Actor, RunState } from "./task-run.ts";

/** What became of one instant of a schedule; skipped fires have become nothing. */
export interface PastFire {
  at: Instant;
  state: RunState;
}

export interface BatchSummary {
  batch: string;
  scheduleId: string;
  source: string;
  jobKey: string;
  /** The first and the last instant that it has a run for. */
  from: Instant;
  to: Instant;
  states: Partial<Record<RunState, number>>;
}

/** Where batches are kept; implemented in db/. */
export interface BatchStore {
  /** Runs of this schedule for instants in [from, to], by its fires and by earlier batches. */
  pastFires(scheduleId: string, from: Instant, to: Instant): Promise<PastFire[]>;
  summary(batch: string): Promise<BatchSummary | undefined>;
  /** Ends what waits and asks what runs to end, in one transaction; answers the ids of both. */
  cancel(batch: string, cancel: CancelRequest, now: Instant): Promise<{ ended: string[]; asked: string[] }>;
}

export interface BackfillDeps {
  batches: BatchStore;
  scheduleOf(id: string): Promise<Schedule | undefined>;
  insert(runs: readonly NewRun[], request?: CancelRequest["request"]): Promise<void>;
  /** Null when none ever loaded; undefined for an unknown job. */
  specOf(source: string, jobKey: string): JobSpec | null | undefined;
  isMissing(source: string, jobKey: string): boolean;
  expect(source: string): void;
  notices: Notices;
  now(): Instant;
}

export interface BackfillAnswer {
  /** Null of a dry run, and when there is nothing to run. */
  batch: string | null;
  runs: number;
  /** Instants of the range that are left out because they ran already. */
  leftOut: number;
  /** Those that run, the oldest first. */
  fires: Instant[];
}

/** After everything else that waits: what is due now goes first. */
const PRIORITY = -5;

export class Backfills {
  readonly #deps: BackfillDeps;

  constructor(deps: BackfillDeps) {
    this.#deps = deps;
  }

  /**
   * One queued run for each instant of the range that has not run, by the calendar of now and with the saved params;
   * committed when it answers (A1). 404 unknown schedule, 409 job missing or never loaded, 422 wrong fields or too many.
   */
  async start(
    id: string,
    fields: BackfillFields,
    actor: Actor,
    request?: CancelRequest["request"],
  ): Promise<BackfillAnswer> {
    const { now, insert, expect } = this.#deps;
    const schedule = await this.#deps.scheduleOf(id);
    if (!schedule) throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
    const asked = readBackfill(fields, now());
    const { fires, leftOut } = await this.#choose(schedule, asked);
    if (asked.dryRun) return { batch: null, runs: fires.length, leftOut, fires };
    if (fires.length > asked.max) throw tooMany(fires.length, asked.max);
    const spec = this.#specOf(schedule);
    if (fires.length === 0) return { batch: null, runs: 0, leftOut, fires };
    const at = now();
    const batch = newId("bat", at);
    const runs = backfillRuns(schedule, spec, fires, batch, actor, at);
    expect(schedule.source);
    await insert(runs, request);
    return { batch, runs: runs.length, leftOut, fires };
  }

  async summary(batch: string): Promise<BatchSummary> {
    const found = await this.#deps.batches.summary(batch);
    if (found) return found;
    throw notFound(`There is no batch "${batch.slice(0, 64)}".`);
  }

  /** What waits ends at once, what runs is asked to end (X9); what has ended stays. */
  async cancel(
    batch: string,
    cancel: Omit<CancelRequest, "reason" | "request">,
  ): Promise<{ cancelled: number; asked: number }> {
    const { batches, notices, now } = this.#deps;
    const { source, jobKey } = await this.summary(batch);
    const { ended, asked } = await batches.cancel(batch, { ...cancel, reason: "user" }, now());
    for (const runId of ended) notices.finished({ runId, source, jobKey, state: "cancelled" });
    for (const runId of asked) notices.cancelAsked(runId);
    return { cancelled: ended.length, asked: asked.length };
  }

  async #choose(
    schedule: Schedule,
    { from, to, only }: Asked,
  ): Promise<{ fires: Instant[]; leftOut: number }> {
    const fires = calendarOf(schedule.when).between(from - 1, to, MOST_RUNS + 1);
    if (fires.length > MOST_RUNS) throw tooLong();
    if (only === "all") return { fires, leftOut: 0 };
    const past = await this.#deps.batches.pastFires(schedule.id, from, to);
    const done = new Set(past.filter(({ state }) => isDone(state, only)).map(({ at }) => at));
    const left = fires.filter((fire) => !done.has(fire));
    return { fires: left, leftOut: fires.length - left.length };
  }

  #specOf({ source, jobKey }: Schedule): JobSpec {
    const spec = this.#deps.specOf(source, jobKey);
    if (!spec) throw conflict("not_loaded", `the job "${jobKey}" is not loaded, so there is nothing to run`);
    if (!this.#deps.isMissing(source, jobKey)) return spec;
    throw conflict("job_missing", `the folder of the job "${jobKey}" is gone; put it back to run it`);
  }
}

/** Whether an instant with a run in this state needs no other one. What still waits or runs is as good as done. */
function isDone(state: RunState, only: Asked["only"]): boolean {
  if (state === "skipped") return false;
  return only === "not_run" ? state !== "cancelled" : state !== "failed" && state !== "cancelled";
}

function backfillRuns(
  schedule: Schedule,
  spec: JobSpec,
  fires: readonly Instant[],
  batch: string,
  actor: Actor,
  now: Instant,
): NewRun[] {
  const { retries } = schedule;
  const ids = fires.map(() => newId("run", now)).sort();
  return fires.map((at, i) => ({
    id: ids[i]!,
    source: schedule.source,
    jobKey: schedule.jobKey,
    jobName: spec.name,
    scheduleId: schedule.id,
    scheduleRevision: schedule.revision,
    trigger: "backfill",
    state: "queued",
    reason: null,
    cause: null,
    fireAt: null,
    fireThrough: null,
    fireCount: null,
    priority: PRIORITY,
    queuedAt: now,
    availableAt: now,
    maxAttempts: retries?.attempts ?? spec.retries.attempts,
    versionWanted: null,
    // Never beside another run of its schedule, unless that may run beside itself.
    exclusive: schedule.overlap !== "allow_all",
    params: schedule.params,
    overrides: { ...overridesOf(schedule), fireAt: at },
    actor,
    retryOf: null,
    batch,
    forAt: at,
  }));
}

function tooMany(runs: number, max: number) {
  const message = `the range has ${runs} instants to run, and max is ${max}: raise max (up to ${MOST_RUNS}), or narrow from and to`;
  return invalid([{ pointer: "/max", code: "max", message }]);
}

function tooLong() {
  const message = `the range has more than ${MOST_RUNS} instants of the schedule: narrow from and to, one part after the other`;
  return invalid([{ pointer: "/to", code: "max", message }]);
}
