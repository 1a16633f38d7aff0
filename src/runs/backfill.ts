// Runs for instants of the past: a schedule's calendar over a range, as one batch that can be listed and cancelled.
import type { Instant } from "../clock.ts";
import { conflict, invalid, notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Asked, type BackfillFields, MOST_RUNS, readBackfill } from "./backfill-input.ts";
import { checkStanding, type JobStanding } from "./standing.ts";
import { calendarOf } from "../schedules/calendar.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { Notices } from "./notices.ts";
import { overridesOf } from "./run-now.ts";
import type { CancelRequest, NewRun } from "./store.ts";
import type { Actor, Reason, RunState } from "./task-run.ts";

/** What became of one instant of a schedule, or of those of a range; skipped fires have become nothing. */
export interface PastFire {
  at: Instant;
  /** The last instant of a range. */
  through: Instant | null;
  state: RunState;
  reason: Reason | null;
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
  /** Rows of this schedule for instants in [from, to], by its fires and by earlier batches; ranges that reach into it too. */
  pastFires(scheduleId: string, from: Instant, to: Instant): Promise<PastFire[]>;
  summary(batch: string): Promise<BatchSummary | undefined>;
  /** Ends what waits and asks what runs to end, in one transaction; answers the ids of both. */
  cancel(batch: string, cancel: CancelRequest, now: Instant): Promise<{ ended: string[]; asked: string[] }>;
}

export interface BackfillDeps {
  batches: BatchStore;
  /** Does it when nobody else does what bears this name, in any process. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
  scheduleOf(id: string): Promise<Schedule | undefined>;
  insert(runs: readonly NewRun[], request?: CancelRequest["request"]): Promise<void>;
  /** Null when none ever loaded; undefined for an unknown job. */
  specOf(source: string, jobKey: string): JobSpec | null | undefined;
  standingOf(source: string, jobKey: string): JobStanding;
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
    const { now } = this.#deps;
    const schedule = await this.#deps.scheduleOf(id);
    if (!schedule) throw notFound(`There is no schedule "${id.slice(0, 64)}".`);
    const asked = readBackfill(fields, now(), schedule.timeZone);
    if (asked.dryRun) {
      const { fires, leftOut } = await this.#choose(schedule, asked);
      return { batch: null, runs: fires.length, leftOut, fires };
    }
    // Two that ask for one range at once would both find that nothing of it has run.
    return this.#deps.alone(`backfill ${id}`, () => this.#make(schedule, asked, actor, request));
  }

  async #make(
    schedule: Schedule,
    asked: Asked,
    actor: Actor,
    request?: CancelRequest["request"],
  ): Promise<BackfillAnswer> {
    const { now, insert, expect } = this.#deps;
    const { fires, leftOut } = await this.#choose(schedule, asked);
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
    const done = past.filter((one) => isDone(one, only));
    const [ranges, single] = [
      done.filter(({ through }) => through !== null),
      new Set(done.map(({ at }) => at)),
    ];
    const isIn = (fire: Instant) => ranges.some(({ at, through }) => fire >= at && fire <= through!);
    const left = fires.filter((fire) => !single.has(fire) && !isIn(fire));
    return { fires: left, leftOut: fires.length - left.length };
  }

  #specOf({ source, jobKey }: Schedule): JobSpec {
    const spec = this.#deps.specOf(source, jobKey);
    if (!spec) throw conflict("not_loaded", `the job "${jobKey}" is not loaded, so there is nothing to run`);
    checkStanding(jobKey, this.#deps.standingOf(source, jobKey));
    return spec;
  }
}

/**
 * Whether an instant with a row in this state needs no other one. What still waits or runs is as good as done, and what
 * was merged is done by the run that stands for it.
 */
function isDone({ state, reason }: PastFire, only: Asked["only"]): boolean {
  if (state === "skipped") return reason === "merged";
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
