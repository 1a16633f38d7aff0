// A table of very many ended runs, written past the service: through it they would take an hour.
import type { Database } from "../../src/db/database.ts";
import type { SqlValue } from "../../src/db/sql.ts";
import { newId } from "../../src/ids.ts";

export const JOBS = 50;
const DAYS = 30;
const BATCH = 2_000;
const COLUMNS = [
  "id",
  "source",
  "job_key",
  "job_name",
  "triggered_by",
  "state",
  "reason",
  "cause",
  "queued_at",
  "available_at",
  "started_at",
  "finished_at",
  "attempt",
  "tries_used",
  "params",
  "records_processed",
  "records_success",
  "records_failed",
  "actor_type",
  "actor_name",
];

/** Of 100: 90 succeeded, 6 failed, 3 skipped, 1 cancelled; over 30 days and 50 jobs of two sources. */
export async function seedRuns(database: Database, count: number): Promise<void> {
  const now = database.now();
  const step = (DAYS * 86_400_000) / count;
  for (let from = 0; from < count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) =>
      rowOf(from + i, now, count, step),
    );
    await database.write((sql) => sql.insert("task_runs", COLUMNS, rows));
  }
}

function rowOf(n: number, now: number, count: number, step: number): SqlValue[] {
  const at = Math.floor(now - (count - n) * step);
  const kind = (n * 37) % 100;
  const state = kind < 90 ? "succeeded" : kind < 96 ? "failed" : kind < 99 ? "skipped" : "cancelled";
  const reason = { succeeded: null, failed: "error", skipped: "overlap", cancelled: "user" }[state];
  const job = (n * 7) % JOBS;
  const ran = state !== "skipped";
  return [
    newId("run", at),
    job < JOBS / 2 ? "default" : "acme",
    `group/job-${job}`,
    `Job ${job}`,
    n % 10 === 0 ? "api" : "schedule",
    state,
    reason,
    state === "failed" ? `could not reach the shop ${n % 1000}` : null,
    at,
    at,
    ran ? at + 5 : null,
    at + 505,
    ran ? 1 : 0,
    ran ? 1 : 0,
    '{"batchSize":100}',
    100,
    state === "failed" ? 90 : 100,
    state === "failed" ? 10 : 0,
    "token",
    "bench",
  ];
}
