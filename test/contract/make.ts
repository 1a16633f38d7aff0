// Rows for the contract tests, with everything that a test does not care about filled in.
import type { Schedule } from "../../src/schedules/schedule.ts";
import type { CancelRequest, ClaimRequest, Finish, NewRun } from "../../src/runs/store.ts";
import { newId } from "../../src/ids.ts";

/** A full hour, so that texts of times in failures are easy to read. */
export const T0 = Date.UTC(2027, 0, 1, 12);

export function newRun(more: Partial<NewRun> = {}): NewRun {
  const queuedAt = more.queuedAt ?? T0;
  return {
    id: newId("run", queuedAt),
    source: "default",
    jobKey: "job",
    jobName: "The job",
    scheduleId: null,
    scheduleRevision: null,
    trigger: "api",
    state: "queued",
    reason: null,
    cause: null,
    fireAt: null,
    fireThrough: null,
    fireCount: null,
    priority: 0,
    queuedAt,
    availableAt: queuedAt,
    maxAttempts: 1,
    versionWanted: null,
    exclusive: false,
    params: {},
    overrides: {},
    actor: { type: "token", name: "ci" },
    retryOf: null,
    ...more,
  };
}

export function claimOf(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    owner: "worker-1",
    slots: 10,
    sources: [{ name: "default", slots: 10 }],
    now: T0,
    warm: new Set(),
    lookAhead: 16,
    ...more,
  };
}

export function finishOf(run: { id: string; attempt: number }, more: Partial<Finish> = {}): Finish {
  return {
    runId: run.id,
    attempt: run.attempt,
    owner: "worker-1",
    to: "succeeded",
    reason: null,
    cause: null,
    startedAt: T0,
    finishedAt: T0 + 1_000,
    availableAt: T0,
    priority: 0,
    triesUsed: 1,
    version: null,
    versionDeclared: null,
    jobName: "The job",
    records: { processed: 0, success: 0, failed: 0, skipped: 0 },
    progress: null,
    result: null,
    error: null,
    exitCode: 0,
    signal: null,
    steps: [],
    groupEmptyAt: null,
    logFrom: 1,
    log: { lines: 0, bytes: 0, droppedBytes: 0 },
    lines: [],
    failedRecords: [],
    state: null,
    ...more,
  };
}

export function cancelOf(
  reason: CancelRequest["reason"] = "user",
  more: Partial<CancelRequest> = {},
): CancelRequest {
  return { reason, by: "ci", note: null, ...more };
}

export function scheduleOf(more: Partial<Schedule> = {}): Schedule {
  return {
    id: newId("sch", T0),
    source: "default",
    jobKey: "job",
    name: null,
    when: { kind: "every", everyMs: 60_000, anchorAt: T0 },
    timeZone: "UTC",
    params: {},
    enabled: true,
    disabled: null,
    paused: null,
    held: null,
    suspended: null,
    skips: [],
    overlap: "skip",
    catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
    jitterMs: 0,
    timeoutMs: null,
    retries: null,
    maxFailedShare: null,
    pauseAfterFailures: null,
    failuresSince: 0,
    startAt: null,
    endAt: null,
    maxRuns: null,
    runsCounted: 0,
    revision: 1,
    firedThrough: T0,
    nextFireAt: T0 + 60_000,
    origin: "api",
    suggested: null,
    createdAt: T0,
    updatedAt: T0,
    ...more,
  };
}
