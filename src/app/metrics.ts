// What Prometheus reads. Label `task`, not `job`, which is Prometheus' own; never an id of a run.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Instant } from "../clock.ts";
import type { ClaimedRun, Finish } from "../runs/store.ts";
import type { TaskRun } from "../runs/task-run.ts";
import { isFinal } from "../runs/state.ts";
import { TRIGGERS } from "../runs/task-run.ts";
import { SKIPPED_REASONS } from "../schedules/schedule.ts";
import type { TaskTimes } from "./task-times.ts";

/** What is asked for when somebody reads. */
export interface Readings {
  /** Attempts in this process. */
  running(): number;
  /** Runs that wait and could start now, of all processes. */
  queued(): Promise<number>;
  /** `staleMs`: for so long an older version has been serving; null when none does. */
  loadErrors(): readonly { source: string; key: string; staleMs?: number | null }[];
  /** Milliseconds since the schedules were last settled; undefined when none fire in this process. */
  beatAgeMs(): number | null | undefined;
  /** Skipped fires by reason since this process started, of all processes. */
  skipped(): Promise<ReadonlyMap<string, number>>;
  /** Every task that there is, and when it last succeeded and was to, of all processes. */
  tasks(): Promise<readonly TaskTimes[]>;
}

const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400];
const DELAY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const HTTP_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

export class Metrics {
  readonly #registry = new Registry();
  readonly #readings: Readings;
  readonly #runs: Counter<"task" | "source" | "state" | "trigger">;
  readonly #duration: Histogram<"task" | "source">;
  readonly #delay: Histogram<"task" | "source">;
  readonly #records: Counter<"task" | "source" | "outcome">;
  readonly #lastSuccess: Gauge<"task" | "source">;
  readonly #lastSuccessAt = new Map<string, number>();
  readonly #successDue: Gauge<"task" | "source">;
  readonly #known = new Set<string>();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #skipped: Gauge<"reason">;
  readonly #loadErrors: Gauge<"source">;
  readonly #stale: Gauge<"task" | "source">;
  readonly #gauges: { running: Gauge; queued: Gauge; beat: Gauge };

  constructor(readings: Readings) {
    this.#readings = readings;
    const registers = [this.#registry];
    // A sample each 10 ms, as it would be otherwise, is a third of all that a service at rest does.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 100 });
    this.#runs = new Counter({
      name: "jobmount_runs_total",
      help: "Runs that ended in this process, by their state",
      labelNames: ["task", "source", "state", "trigger"],
      registers,
    });
    this.#duration = new Histogram({
      name: "jobmount_run_duration_seconds",
      help: "How long attempts took",
      labelNames: ["task", "source"],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#delay = new Histogram({
      name: "jobmount_run_start_delay_seconds",
      help: "From when an attempt could have started to when it did",
      labelNames: ["task", "source"],
      buckets: DELAY_BUCKETS,
      registers,
    });
    this.#records = new Counter({
      name: "jobmount_records_total",
      help: "Records of runs that ended in this process, by their outcome",
      labelNames: ["task", "source", "outcome"],
      registers,
    });
    this.#lastSuccess = new Gauge({
      name: "jobmount_task_last_success_timestamp_seconds",
      help: "When a run of the task last succeeded, in any process and before any restart",
      labelNames: ["task", "source"],
      registers,
    });
    this.#successDue = new Gauge({
      name: "jobmount_task_success_due_timestamp_seconds",
      help: "When the first fire after the task's last success, or after the last change of its schedule, is to have succeeded: its instant and the time-out",
      labelNames: ["task", "source"],
      registers,
    });
    this.#requests = new Histogram({
      name: "jobmount_http_request_duration_seconds",
      help: "How long requests took, by the pattern of their path",
      labelNames: ["method", "route", "status"],
      buckets: HTTP_BUCKETS,
      registers,
    });
    this.#skipped = new Gauge({
      name: "jobmount_fires_skipped_total",
      help: "Fires that became skipped rows since this process started, of all processes",
      labelNames: ["reason"],
      registers,
    });
    this.#loadErrors = new Gauge({
      name: "jobmount_task_load_errors",
      help: "Tasks whose newest state does not load",
      labelNames: ["source"],
      registers,
    });
    // A series that is born with its first value has no increase: every one that a rule asks for begins with 0.
    for (const reason of SKIPPED_REASONS) this.#skipped.set({ reason }, 0);
    this.#stale = new Gauge({
      name: "jobmount_task_stale_seconds",
      help: "Since when the folder of the task has not loaded, and its last good version runs instead",
      labelNames: ["task", "source"],
      registers,
    });
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    this.#gauges = {
      running: gauge("jobmount_runs_in_progress", "Attempts that run in this process"),
      queued: gauge("jobmount_queue_runs", "Runs that wait and could start now, of all processes"),
      beat: gauge("jobmount_beat_lag_seconds", "Since the due schedules were last settled by this process"),
    };
  }

  /** The end of an attempt as it was written. */
  finished(finish: Finish, run: ClaimedRun): void {
    const labels = { task: run.jobKey, source: run.source };
    this.#duration.observe(labels, Math.max(0, finish.finishedAt - finish.startedAt) / 1000);
    this.#delay.observe(labels, Math.max(0, run.startedAt - run.availableAt) / 1000);
    if (!isFinal(finish.to)) return;
    const { source, jobKey, trigger } = run;
    this.ended({
      source,
      jobKey,
      trigger,
      state: finish.to,
      records: finish.records,
      finishedAt: finish.finishedAt,
    });
  }

  /** A run in its final state. */
  ended(run: Pick<TaskRun, "source" | "jobKey" | "trigger" | "state" | "records" | "finishedAt">): void {
    const labels = { task: run.jobKey, source: run.source };
    this.#runs.inc({ ...labels, state: run.state, trigger: run.trigger });
    for (const outcome of ["success", "failed", "skipped"] as const)
      if (run.records[outcome] > 0) this.#records.inc({ ...labels, outcome }, run.records[outcome]);
    if (run.state === "succeeded") this.#succeeded(labels, run.finishedAt ?? 0);
  }

  #succeeded(labels: { task: string; source: string }, at: Instant): void {
    const name = `${labels.source}:${labels.task}`;
    const last = Math.max(this.#lastSuccessAt.get(name) ?? 0, at);
    this.#lastSuccessAt.set(name, last);
    this.#lastSuccess.set(labels, last / 1000);
  }

  #told(tasks: readonly TaskTimes[]): void {
    this.#successDue.reset();
    for (const { source, jobKey, lastSuccessAt, dueAt } of tasks) {
      const labels = { task: jobKey, source };
      if (lastSuccessAt !== null) this.#succeeded(labels, lastSuccessAt);
      if (dueAt !== null) this.#successDue.set(labels, dueAt / 1000);
      const name = `${source}:${jobKey}`;
      if (this.#known.has(name)) continue;
      this.#known.add(name);
      for (const trigger of TRIGGERS)
        for (const state of ["succeeded", "failed"]) this.#runs.inc({ ...labels, state, trigger }, 0);
    }
  }

  /** `route`: the pattern of the path, never the path itself. */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  readonly contentType = this.#registry.contentType;

  async text(): Promise<string> {
    const { running, queued, loadErrors, beatAgeMs, skipped, tasks } = this.#readings;
    this.#gauges.running.set(running());
    const beat = beatAgeMs();
    // Never settled yet is as bad as long ago; no schedules here is nothing to complain of.
    if (beat !== undefined) this.#gauges.beat.set(beat === null ? Infinity : beat / 1000);
    this.#loadErrors.reset();
    this.#stale.reset();
    for (const { source, key: task, staleMs } of loadErrors()) {
      this.#loadErrors.inc({ source });
      if (typeof staleMs === "number") this.#stale.set({ task, source }, staleMs / 1000);
    }
    // A database that is away must not hide the rest.
    await Promise.all([
      queued().then(
        (count) => this.#gauges.queued.set(count),
        () => this.#gauges.queued.set(NaN),
      ),
      skipped().then(
        (counts) => counts.forEach((count, reason) => this.#skipped.set({ reason }, count)),
        () => undefined,
      ),
      tasks().then(
        (all) => this.#told(all),
        () => undefined,
      ),
    ]);
    return this.#registry.metrics();
  }
}
