// What a run has before its first attempt.
import type { TaskRun } from "./task-run.ts";

/** The fields that only attempts and cancels write, as they are in a new row. */
export function notBegun() {
  return {
    startedAt: null,
    finishedAt: null,
    attempt: 0,
    triesUsed: 0,
    version: null,
    versionDeclared: null,
    owner: null,
    scheduleSlot: null,
    jobSlot: null,
    cancel: null,
    progressPercent: null,
    progressMessage: null,
    records: { processed: 0, success: 0, failed: 0, skipped: 0 },
    result: null,
    error: null,
    log: { lines: 0, bytes: 0, droppedBytes: 0 },
  } satisfies Partial<TaskRun>;
}
