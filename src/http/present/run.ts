// A run as the API shows it (shape `run`).
import type { Attempt, BriefRun, TaskRun } from "../../runs/task-run.ts";
import { shownKey } from "../address.ts";
import type { JobSpec } from "../ports.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import type { ATTEMPT, RUN, RUN_BRIEF, RUN_MARK } from "../shapes/run.ts";
import type { Of } from "../shapes/shape.ts";
import { maskParams } from "./secrets.ts";

/** `spec`: the job's current one, if it has any; says which params are secret. */
export function presentRun(
  run: TaskRun,
  spec: JobSpec | null,
  attempts?: readonly Attempt[],
): Of<typeof RUN> {
  return {
    id: run.id,
    job: shownKey(run.jobKey),
    source: run.source,
    jobName: run.jobName,
    version: run.version,
    versionDeclared: run.versionDeclared,
    state: run.state,
    reason: run.reason,
    cause: causeOf(run),
    trigger: run.trigger,
    schedule: run.scheduleId,
    scheduleRevision: run.scheduleRevision,
    fireAt: isoTimeOrNull(run.fireAt),
    fireThrough: isoTimeOrNull(run.fireThrough),
    fireCount: run.fireCount,
    queuedAt: isoTime(run.queuedAt),
    availableAt: isoTime(run.availableAt),
    startedAt: isoTimeOrNull(run.startedAt),
    finishedAt: isoTimeOrNull(run.finishedAt),
    startDelayMs: startDelayOf(run),
    durationMs: durationOf(run),
    attempt: run.attempt,
    triesUsed: run.triesUsed,
    maxAttempts: run.maxAttempts,
    priority: run.priority,
    retryOf: run.retryOf,
    batch: run.batch ?? null,
    forAt: isoTimeOrNull(run.forAt ?? null),
    onlyRecords: run.overrides.onlyRecords ?? null,
    cancel: presentCancel(run, attempts),
    actor: run.actor,
    worker: run.owner,
    params: maskParams(run.params, spec),
    progress:
      run.progressPercent === null ? null : { percent: run.progressPercent, message: run.progressMessage },
    records: run.records,
    result: run.result ?? null,
    error: run.error,
    log: { ...run.log, removedAt: isoTimeOrNull(run.log.removedAt ?? null) },
    ...(attempts ? { attempts: attempts.map(presentAttempt) } : {}),
  };
}

/** The few facts that lists of other things show of a run. */
export function presentRunBriefly(run: BriefRun): Of<typeof RUN_BRIEF> {
  return {
    id: run.id,
    state: run.state,
    reason: run.reason,
    fireAt: isoTimeOrNull(run.fireAt),
    startedAt: isoTimeOrNull(run.startedAt),
    finishedAt: isoTimeOrNull(run.finishedAt),
    durationMs: durationOf(run),
  };
}

export function presentRunMark(run: BriefRun): Of<typeof RUN_MARK> {
  const durationMs = durationOf(run);
  return {
    id: run.id,
    state: run.state,
    ...(run.reason === null ? {} : { reason: run.reason }),
    ...(durationMs === null ? {} : { durationMs }),
  };
}

export const RUN_COLUMNS = [
  "id",
  "job",
  "source",
  "state",
  "reason",
  "cause",
  "trigger",
  "schedule",
  "fireAt",
  "queuedAt",
  "startedAt",
  "finishedAt",
  "durationMs",
  "attempt",
  "processed",
  "success",
  "failed",
  "skipped",
  "version",
  "actor",
] as const;

/** One line of the CSV, in the order of RUN_COLUMNS. */
export function runCells(run: TaskRun): unknown[] {
  const { processed, success, failed, skipped } = run.records;
  return [
    run.id,
    shownKey(run.jobKey),
    run.source,
    run.state,
    run.reason,
    causeOf(run),
    run.trigger,
    run.scheduleId,
    isoTimeOrNull(run.fireAt),
    isoTime(run.queuedAt),
    isoTimeOrNull(run.startedAt),
    isoTimeOrNull(run.finishedAt),
    durationOf(run),
    run.attempt,
    processed,
    success,
    failed,
    skipped,
    run.version,
    run.actor.name,
  ];
}

function presentAttempt(attempt: Attempt): Of<typeof ATTEMPT> {
  return {
    attempt: attempt.attempt,
    state: attempt.state,
    reason: attempt.reason,
    cause: attempt.cause,
    version: attempt.version,
    worker: attempt.owner,
    startedAt: isoTime(attempt.startedAt),
    finishedAt: isoTimeOrNull(attempt.finishedAt),
    durationMs: attempt.finishedAt === null ? null : Math.max(0, attempt.finishedAt - attempt.startedAt),
    exitCode: attempt.exitCode,
    signal: attempt.signal,
    ...presentEnding(attempt),
    logLines: attempt.logLines,
    late: attempt.late,
  };
}

/** What was sent to end an attempt, and when nothing was left of it. */
function presentEnding({ steps, groupEmptyAt }: Pick<Attempt, "steps" | "groupEmptyAt">) {
  return {
    steps: steps.map(({ signal, at }) => ({ signal, at: isoTime(at) })),
    groupEmptyAt: isoTimeOrNull(groupEmptyAt),
  };
}

/** Lists do not read attempts, so there it is told without what was sent. */
function presentCancel(run: TaskRun, attempts?: readonly Attempt[]): Of<typeof RUN>["cancel"] {
  if (run.cancel === null) return null;
  const { requestedAt, by, note } = run.cancel;
  const asked = { requestedAt: isoTime(requestedAt), by, reason: note };
  if (!attempts) return asked;
  // What an attempt before was sent (when its time was out, for one) is no part of the cancel.
  const last = attempts.find(
    ({ attempt, late, finishedAt, state }) =>
      attempt === run.attempt &&
      !late &&
      (finishedAt === null || finishedAt > requestedAt || state === "cancelled"),
  );
  const waited = last === undefined && run.state === "cancelled";
  return { ...asked, waited, ...presentEnding(last ?? { steps: [], groupEmptyAt: null }) };
}

/** A run that succeeded with failed records says so everywhere (X6). */
function causeOf(run: TaskRun): string | null {
  if (run.cause !== null || run.state !== "succeeded" || run.records.failed === 0) return run.cause;
  return `succeeded, ${run.records.failed} ${run.records.failed === 1 ? "record" : "records"} failed`;
}

/** From when it could have started to when it did. A retry moves `availableAt`, so there the due instant counts. */
function startDelayOf(run: TaskRun): number | null {
  if (run.startedAt === null) return null;
  const due = run.attempt <= 1 ? run.availableAt : Math.max(run.queuedAt, run.fireAt ?? 0);
  return Math.max(0, run.startedAt - due);
}

function durationOf(run: Pick<TaskRun, "startedAt" | "finishedAt">): number | null {
  return run.startedAt === null || run.finishedAt === null
    ? null
    : Math.max(0, run.finishedAt - run.startedAt);
}
