// What a run is: the row, its states and the reasons why it ended.
import type { Instant } from "../clock.ts";
import type { SkippedReason } from "../schedules/schedule.ts";
import type { RecordCounts } from "../sdk/spec.ts";

export const RUN_STATES = [
  "queued",
  "running",
  "retrying",
  "succeeded",
  "failed",
  "cancelled",
  "skipped",
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** A run in one of these never moves again (save `failed(lost)`, once, by a spooled result: X2). */
export const FINAL_STATES = [
  "succeeded",
  "failed",
  "cancelled",
  "skipped",
] as const satisfies readonly RunState[];

export const FAILED_REASONS = [
  "error",
  "timeout",
  "crash",
  "out_of_memory",
  "too_many_processes",
  "no_result",
  "invalid_result",
  "protocol",
  "all_records_failed",
  "too_many_failed",
  "load",
  "params",
  "lost",
] as const;
export const CANCELLED_REASONS = ["user", "replaced", "shutdown", "schedule_deleted"] as const;

export type FailedReason = (typeof FAILED_REASONS)[number];
export type CancelledReason = (typeof CANCELLED_REASONS)[number];
export type Reason = FailedReason | SkippedReason | CancelledReason;

export const TRIGGERS = ["schedule", "manual", "api", "retry", "backfill", "cli"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Who asked for it. */
export interface Actor {
  type: "service" | "token" | "local";
  name: string;
}

/** An error that a job threw, as far as it can be told without its values. */
export interface RunError {
  message: string;
  stack: string | null;
  file: string | null;
  line: number | null;
  column: number | null;
}

/** One intended execution (table `task_runs`). Instants are epoch ms. */
export interface TaskRun {
  id: string;
  source: string;
  jobKey: string;
  jobName: string | null;
  scheduleId: string | null;
  scheduleRevision: number | null;
  trigger: Trigger;
  state: RunState;
  reason: Reason | null;
  /** Why it ended, in words. */
  cause: string | null;
  /** The due instant that this row accounts for; null for runs that no schedule owes. */
  fireAt: Instant | null;
  /** Set on a range row: it accounts for every fire from `fireAt` to `fireThrough`. */
  fireThrough: Instant | null;
  fireCount: number | null;
  /** Higher goes first; -10 to 10, 0 unless asked. */
  priority: number;
  queuedAt: Instant;
  /** Not claimed before this instant. */
  availableAt: Instant;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  /** The fence: grows by one at every claim and is never used again. */
  attempt: number;
  triesUsed: number;
  maxAttempts: number;
  versionWanted: string | null;
  version: string | null;
  versionDeclared: string | null;
  owner: string | null;
  scheduleSlot: string | null;
  jobSlot: string | null;
  /** Whether the run takes the one slot of its schedule (every overlap policy but allow_all). */
  exclusive: boolean;
  /** An accepted cancel; null when there was none. */
  cancel: { requestedAt: Instant; by: string | null; note: string | null } | null;
  /** As saved: secret values are sealed (`{ "$sealed": … }`). */
  params: Record<string, unknown>;
  /** What the schedule or the trigger set above the job's own declaration. */
  overrides: RunOverrides;
  progressPercent: number | null;
  progressMessage: string | null;
  records: RecordCounts;
  result: unknown;
  error: RunError | null;
  /** What it wrote; `removedAt`: retention has taken the lines away since. */
  log: { lines: number; bytes: number; droppedBytes: number; removedAt?: Instant };
  actor: Actor;
  retryOf: string | null;
  /** Set on the runs of a backfill. */
  batch?: string | null;
  /** The instant that a run of a backfill stands for. */
  forAt?: Instant | null;
}

/** The few facts that lists of other things show of a run: none of them is long, whatever the job was given or answered. */
export type BriefRun = Pick<
  TaskRun,
  | "id"
  | "source"
  | "jobKey"
  | "scheduleId"
  | "trigger"
  | "state"
  | "reason"
  | "fireAt"
  | "fireThrough"
  | "queuedAt"
  | "startedAt"
  | "finishedAt"
>;

export interface RunOverrides {
  timeoutMs?: number;
  retries?: { attempts: number; backoffMs: number; factor: number; maxMs: number };
  maxFailedShare?: number;
  /** Set for a run that merges missed fires: the range it stands for. */
  missed?: { from: Instant; to: Instant; count: number | null };
  /** The due instant of the run that this one repeats by hand. */
  fireAt?: Instant;
  /** Only the failed records of another run are to be done: how many of them, and how many are left out (not kept, or without a key). */
  onlyRecords?: { of: string; records: number; left: number };
}

export interface LogLine {
  seq: number;
  time: Instant;
  level: "debug" | "info" | "warn" | "error";
  stream: "log" | "stdout" | "stderr";
  attempt: number;
  text: string;
  fields?: Record<string, unknown>;
}

/** One thing that was sent to end an attempt: the abort signal of `this.signal`, or a signal of the system. */
export interface EndStep {
  signal: "abort" | "SIGTERM" | "SIGKILL";
  at: Instant;
}

/** One attempt: a row of `run_attempts` once it has ended, until then what the run's own row says of it. */
export interface Attempt {
  runId: string;
  attempt: number;
  /** The state that this attempt ended the run in, or moved it to. */
  state: RunState;
  reason: Reason | null;
  cause: string | null;
  version: string | null;
  owner: string | null;
  startedAt: Instant;
  /** Null while it runs. */
  finishedAt: Instant | null;
  exitCode: number | null;
  signal: string | null;
  steps: readonly EndStep[];
  /** When nothing was left of its processes; null when its process lived on, clean, or nobody saw it. */
  groupEmptyAt: Instant | null;
  /** Numbers of its log lines, both included; null when it wrote none. */
  logLines: { from: number; to: number } | null;
  /** True when the row was no longer this attempt's when it ended; kept for the record only. */
  late: boolean;
}
