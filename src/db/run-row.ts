// Rows of task_runs as values of the domain, and back.
import type { NewRun } from "../runs/store.ts";
import type {
  Actor,
  Attempt,
  BriefRun,
  EndStep,
  Reason,
  RunError,
  RunOverrides,
  RunState,
  TaskRun,
  Trigger,
} from "../runs/task-run.ts";
import { fromJson, type SqlRow, type SqlValue, toJson, jsonText } from "./sql.ts";

export const NEW_RUN_COLUMNS = [
  "id",
  "source",
  "job_key",
  "job_name",
  "schedule_id",
  "schedule_revision",
  "triggered_by",
  "state",
  "reason",
  "cause",
  "fire_at",
  "fire_through",
  "fire_count",
  "priority",
  "queue_rank",
  "queued_at",
  "available_at",
  "finished_at",
  "max_attempts",
  "version_wanted",
  "exclusive",
  "params",
  "overrides",
  "actor_type",
  "actor_name",
  "retry_of",
  "batch",
  "for_at",
] as const;

export function newRunValues(run: NewRun): SqlValue[] {
  const waiting = run.state === "queued";
  return [
    run.id,
    run.source,
    run.jobKey,
    run.jobName,
    run.scheduleId,
    run.scheduleRevision,
    run.trigger,
    run.state,
    run.reason,
    run.cause,
    run.fireAt,
    run.fireThrough,
    run.fireCount,
    run.priority,
    waiting ? -run.priority : null,
    run.queuedAt,
    run.availableAt,
    waiting ? null : run.queuedAt,
    run.maxAttempts,
    run.versionWanted,
    run.exclusive ? 1 : 0,
    jsonText(run.params),
    Object.keys(run.overrides).length ? toJson(run.overrides) : null,
    run.actor.type,
    run.actor.name,
    run.retryOf,
    run.batch ?? null,
    run.forAt ?? null,
  ];
}

/** The same by the names of the columns. */
export function newRunColumns(run: NewRun): Record<string, SqlValue> {
  const values = newRunValues(run);
  return Object.fromEntries(NEW_RUN_COLUMNS.map((name, i) => [name, values[i]!]));
}

const number = (value: unknown): number => Number(value ?? 0);
const numberOrNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);
const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

export function toRun(row: SqlRow): TaskRun {
  return {
    ...toBriefRun(row),
    jobName: textOrNull(row["job_name"]),
    scheduleRevision: numberOrNull(row["schedule_revision"]),
    cause: textOrNull(row["cause"]),
    fireCount: numberOrNull(row["fire_count"]),
    priority: number(row["priority"]),
    availableAt: number(row["available_at"]),
    attempt: number(row["attempt"]),
    triesUsed: number(row["tries_used"]),
    maxAttempts: number(row["max_attempts"]),
    versionWanted: textOrNull(row["version_wanted"]),
    version: textOrNull(row["version"]),
    versionDeclared: textOrNull(row["version_declared"]),
    owner: textOrNull(row["owner"]),
    scheduleSlot: textOrNull(row["schedule_slot"]),
    jobSlot: textOrNull(row["job_slot"]),
    exclusive: Number(row["exclusive"]) === 1,
    cancel: cancelOf(row),
    params: fromJson(row["params"]) as Record<string, unknown>,
    overrides: (fromJson(row["overrides"]) ?? {}) as RunOverrides,
    progressPercent: numberOrNull(row["progress_percent"]),
    progressMessage: textOrNull(row["progress_message"]),
    records: {
      processed: number(row["records_processed"]),
      success: number(row["records_success"]),
      failed: number(row["records_failed"]),
      skipped: number(row["records_skipped"]),
    },
    result: fromJson(row["result"]),
    error: fromJson(row["error"]) as RunError | null,
    log: {
      lines: number(row["log_lines"]),
      bytes: number(row["log_bytes"]),
      droppedBytes: number(row["log_dropped_bytes"]),
      ...(numberOrNull(row["log_removed_at"]) === null ? {} : { removedAt: number(row["log_removed_at"]) }),
    },
    actor: { type: row["actor_type"] as Actor["type"], name: String(row["actor_name"]) },
    retryOf: textOrNull(row["retry_of"]),
    ...(textOrNull(row["batch"]) === null
      ? {}
      : { batch: String(row["batch"]), forAt: Number(row["for_at"]) }),
  };
}

/** The columns that `toBriefRun` reads. */
export const BRIEF_COLUMNS =
  "id, source, job_key, schedule_id, triggered_by, state, reason, fire_at, fire_through, queued_at, started_at, finished_at";

export function toBriefRun(row: SqlRow): BriefRun {
  return {
    id: String(row["id"]),
    source: String(row["source"]),
    jobKey: String(row["job_key"]),
    scheduleId: textOrNull(row["schedule_id"]),
    trigger: row["triggered_by"] as Trigger,
    state: row["state"] as RunState,
    reason: textOrNull(row["reason"]) as Reason | null,
    fireAt: numberOrNull(row["fire_at"]),
    fireThrough: numberOrNull(row["fire_through"]),
    queuedAt: number(row["queued_at"]),
    startedAt: numberOrNull(row["started_at"]),
    finishedAt: numberOrNull(row["finished_at"]),
  };
}

function cancelOf(row: SqlRow): TaskRun["cancel"] {
  if (row["cancel_requested_at"] === null) return null;
  return {
    requestedAt: number(row["cancel_requested_at"]),
    by: textOrNull(row["cancel_by"]),
    note: textOrNull(row["cancel_note"]),
  };
}

function logLinesOf(row: SqlRow): Attempt["logLines"] {
  const [from, to] = [numberOrNull(row["log_from"]), numberOrNull(row["log_to"])];
  return from === null || to === null || to < from ? null : { from, to };
}

export function toAttempt(row: SqlRow): Attempt {
  return {
    runId: String(row["run_id"]),
    attempt: number(row["attempt"]),
    state: row["state"] as RunState,
    reason: textOrNull(row["reason"]) as Reason | null,
    cause: textOrNull(row["cause"]),
    version: textOrNull(row["version"]),
    owner: textOrNull(row["owner"]),
    startedAt: number(row["started_at"]),
    finishedAt: number(row["finished_at"]),
    exitCode: numberOrNull(row["exit_code"]),
    signal: textOrNull(row["exit_signal"]),
    steps: (fromJson(row["steps"]) ?? []) as EndStep[],
    groupEmptyAt: numberOrNull(row["group_empty_at"]),
    logLines: logLinesOf(row),
    late: Number(row["late"]) === 1,
  };
}
