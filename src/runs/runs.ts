// Runs as people ask for them: trigger one, cancel it, do it again, wait for its end.
import type { Instant } from "../clock.ts";
import { conflict, notFound } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { checkEnded, type KeptRecords, onlyRecordsOf, paramsOf, type RetryInput, runAgain } from "./again.ts";
import type { Notices } from "./notices.ts";
import { notBegun } from "./not-begun.ts";
import { checkRunnable, runOfSchedule } from "./run-now.ts";
import { checkEnabled, checkStanding, type JobStanding } from "./standing.ts";
import { isFinal } from "./state.ts";
import type { CancelRequest, NewRun } from "./store.ts";
import type { Actor, RunState, TaskRun, Trigger } from "./task-run.ts";

export interface TriggerInput {
  source: string;
  jobKey: string;
  params: Record<string, unknown>;
  /** -10 to 10; higher goes first. */
  priority?: number;
  delayMs?: number;
  /** `refuse`: 409 when the job has no free slot now. */
  onBusy?: "queue" | "refuse";
  trigger: Trigger;
  actor: Actor;
  /** The request under whose key the effect is recorded, in the same transaction (A1). */
  idempotency?: { actor: string; key: string; digest: string };
}

export type RunNowInput = Pick<TriggerInput, "actor" | "idempotency">;

export interface RunsDeps {
  /** A run and the key of its request are one transaction. */
  insert(runs: readonly NewRun[], idempotency?: TriggerInput["idempotency"]): Promise<void>;
  byId(id: string): Promise<TaskRun | undefined>;
  /** How many attempts of the job run now, over all replicas. */
  runningOf(source: string, jobKey: string): Promise<number>;
  /** The spec of the version that a new run would use; null when none ever loaded; undefined for an unknown job. */
  specOf(source: string, jobKey: string): JobSpec | null | undefined;
  /** `missing`: its folder is gone; the last good version is kept, and waits for it. */
  standingOf(source: string, jobKey: string): JobStanding;
  /** Checks params and seals the secret ones; throws ExpectedError 422 with pointers below /params. With `saved`, secrets that are sealed already or shown as `{ secret: true }` stay as they are. */
  saveParams(
    spec: JobSpec,
    params: Record<string, unknown>,
    saved?: Record<string, unknown>,
  ): Record<string, unknown>;
  /** The spec of one version, whatever serves now; rejects when it is unknown or its packages are missing here. */
  specOfVersion(hash: string): Promise<JobSpec>;
  requestCancel(id: string, cancel: CancelRequest, now: Instant): Promise<RunState | undefined>;
  failedRecordsOf(id: string): Promise<KeptRecords>;
  /** Removes a run that has ended, with everything that belongs to it; false when there was none such. */
  remove(id: string): Promise<boolean>;
  /** Told before the insert: whoever claims may look in the same commit. */
  expect(source: string): void;
  wakeAt(source: string, at: Instant): void;
  notices: Notices;
  now(): Instant;
}

/** Runs of other replicas are not noticed here, so their rows are read this often. */
const POLL_MS = 250;

export class Runs {
  readonly #deps: RunsDeps;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  /** Makes a queued run; committed when it answers (A1). 404 unknown job, 409 no version, switched off or busy, 422 params. */
  async trigger(input: TriggerInput): Promise<TaskRun> {
    const { source, jobKey } = input;
    const spec = this.#currentSpec(source, jobKey);
    const params = this.#deps.saveParams(spec, input.params);
    if (input.onBusy === "refuse" && spec.concurrency !== null) {
      const running = await this.#deps.runningOf(source, jobKey);
      if (running >= spec.concurrency) {
        throw conflict(
          "busy",
          `the job "${jobKey}" runs ${running} times already, and ${spec.concurrency} at a time are allowed`,
        );
      }
    }
    const run = this.#newRun(input, spec, params);
    if (input.delayMs) {
      await this.#deps.insert([run], input.idempotency);
      this.#deps.wakeAt(source, run.availableAt);
    } else {
      this.#deps.expect(source);
      await this.#deps.insert([run], input.idempotency);
    }
    // As it was written, without reading it back.
    return run;
  }

  /**
   * Cancels a run at whatever it is: one that waits ends at once, one that runs is asked to end and is killed if it does
   * not (X9). Committed when it answers, and the same again when it is asked again. 404 unknown, 409 when it has ended.
   */
  async cancel(id: string, cancel: Omit<CancelRequest, "reason">): Promise<TaskRun> {
    const state = await this.#deps.requestCancel(id, { ...cancel, reason: "user" }, this.#deps.now());
    const run = await this.#deps.byId(id);
    if (!run) throw notFound(`there is no run "${id}"`);
    if (state === undefined) {
      throw conflict(
        "finished",
        `the run ${id} has ended already (${run.state}); there is nothing to cancel`,
      );
    }
    if (state === "running") this.#deps.notices.cancelAsked(id);
    else this.#deps.notices.finished({ runId: id, source: run.source, jobKey: run.jobKey, state });
    return run;
  }

  /** A new run with `retryOf`, queued and committed. 409 for a run that has not ended, or whose version is unknown. */
  async retry(of: TaskRun, input: RetryInput): Promise<TaskRun> {
    checkEnded(of);
    const spec = await this.#specAgain(of, input);
    const params = this.#deps.saveParams(spec, paramsOf(of, input.params), of.params);
    const only = input.onlyFailedRecords
      ? onlyRecordsOf(of, await this.#deps.failedRecordsOf(of.id))
      : undefined;
    const run = runAgain(of, spec, params, input, only, this.#deps.now());
    this.#deps.expect(of.source);
    await this.#deps.insert([run], input.idempotency);
    return run;
  }

  /** A run of the schedule now, by hand; committed. 409 for a job that is not loaded, or params that do not fit it. */
  async runNow(schedule: Schedule, { actor, idempotency }: RunNowInput): Promise<TaskRun> {
    checkRunnable(schedule);
    const { source, jobKey, params } = schedule;
    const spec = this.#currentSpec(source, jobKey);
    const saved = this.#deps.saveParams(spec, { ...params }, { ...params });
    const run = runOfSchedule(schedule, spec, saved, actor, this.#deps.now());
    this.#deps.expect(source);
    await this.#deps.insert([run], idempotency);
    return run;
  }

  /**
   * Removes a run with its log, attempts and refused records. 409 while it has not ended, and for a skipped one: it is
   * the only record of why nothing ran then.
   */
  async remove(run: TaskRun): Promise<void> {
    if (!isFinal(run.state))
      throw conflict("not_finished", `the run ${run.id} is ${run.state}; cancel it first`);
    if (run.state === "skipped") {
      const message = `the run ${run.id} was skipped: it says why nothing ran then, and goes with its age alone`;
      throw conflict("skipped", message);
    }
    if (!(await this.#deps.remove(run.id))) throw notFound(`there is no run "${run.id}"`);
  }

  async #specAgain(of: TaskRun, { version }: RetryInput): Promise<JobSpec> {
    if (version !== "same") return this.#currentSpec(of.source, of.jobKey);
    checkEnabled(of.jobKey, this.#deps.standingOf(of.source, of.jobKey));
    if (of.version !== null) return this.#deps.specOfVersion(of.version);
    throw conflict(
      "no_version",
      `the run ${of.id} never ran any version; leave out "version" to use the current one`,
    );
  }

  /** The run once it is final, or as it is after `ms` or when `signal` aborts. 404 for an unknown id. */
  async waitForEnd(id: string, ms: number, signal?: AbortSignal): Promise<TaskRun> {
    const until = performance.now() + ms;
    for (;;) {
      const left = until - performance.now();
      const noticed = this.#deps.notices.next(id, Math.max(0, Math.min(left, POLL_MS)), signal);
      const run = await this.#deps.byId(id);
      if (!run) throw notFound(`there is no run "${id}"`);
      if (isFinal(run.state) || left <= 0 || signal?.aborted) return run;
      await noticed;
    }
  }

  #currentSpec(source: string, jobKey: string): JobSpec {
    const spec = this.#deps.specOf(source, jobKey);
    if (spec === undefined) throw notFound(`there is no job "${jobKey}" in the source "${source}"`);
    if (spec === null) {
      throw conflict(
        "not_loaded",
        `the job "${jobKey}" has never loaded, so there is nothing to run; GET /load-errors says why`,
      );
    }
    checkStanding(jobKey, this.#deps.standingOf(source, jobKey));
    return spec;
  }

  #newRun(input: TriggerInput, spec: JobSpec, params: Record<string, unknown>): NewRun & TaskRun {
    const now = this.#deps.now();
    return {
      id: newId("run", now),
      source: input.source,
      jobKey: input.jobKey,
      jobName: spec.name,
      scheduleId: null,
      scheduleRevision: null,
      trigger: input.trigger,
      state: "queued",
      reason: null,
      cause: null,
      fireAt: null,
      fireThrough: null,
      fireCount: null,
      priority: input.priority ?? 0,
      queuedAt: now,
      availableAt: now + (input.delayMs ?? 0),
      maxAttempts: spec.retries.attempts,
      versionWanted: null,
      exclusive: false,
      params,
      overrides: {},
      actor: input.actor,
      retryOf: null,
      ...notBegun(),
    };
  }
}
