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
  "schedule_id",
  "fire_at",
  "batch",
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
const ATTEMPT_COLUMNS = ["run_id", "attempt", "state", "reason", "cause", "started_at", "finished_at"];
/** Every so many-th run was started by hand, in batches of so many. */
const BY_HAND = 10;
export const BATCH_OF = 100;

export const scheduleOf = (job: number) => `sch_bench${job}`;
const batchOf = (n: number) => `bat_bench${Math.floor(n / BY_HAND / BATCH_OF)}`;
/** The batch in the middle of so many runs. */
export const middleBatch = (count: number) => batchOf(Math.floor(count / 2));

/** Of 100: 90 succeeded, 6 failed, 3 skipped, 1 cancelled; over 30 days and 50 jobs of two sources. */
export async function seedRuns(database: Database, count: number): Promise<void> {
  const now = database.now();
  const step = (DAYS * 86_400_000) / count;
  for (let from = 0; from < count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) =>
      rowOf(from + i, now, count, step),
    );
    await database.write(async (sql) => {
      await sql.insert("task_runs", COLUMNS, rows);
      await sql.insert("run_attempts", ATTEMPT_COLUMNS, rows.flatMap(attemptsOf));
    });
  }
}

function rowOf(n: number, now: number, count: number, step: number): SqlValue[] {
  const at = Math.floor(now - (count - n) * step);
  const kind = (n * 37) % 100;
  const state = kind < 90 ? "succeeded" : kind < 96 ? "failed" : kind < 99 ? "skipped" : "cancelled";
  const reason = { succeeded: null, failed: "error", skipped: "overlap", cancelled: "user" }[state];
  const job = (n * 7) % JOBS;
  const ran = state !== "skipped";
  const byHand = n % BY_HAND === 0;
  return [
    newId("run", at),
    job < JOBS / 2 ? "default" : "acme",
    `group/job-${job}`,
    `Job ${job}`,
    byHand ? null : scheduleOf(job),
    byHand ? null : at,
    byHand ? batchOf(n) : null,
    byHand ? "api" : "schedule",
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

/** Those that ran have one or three of them. */
function attemptsOf(row: SqlValue[]): SqlValue[][] {
  const of = (name: string) => row[COLUMNS.indexOf(name)]!;
  if (of("attempt") === 0) return [];
  const tries = of("state") === "failed" ? 3 : 1;
  return Array.from({ length: tries }, (_, i) => [
    ...[of("id"), i + 1, of("state"), of("reason"), of("cause"), of("started_at"), of("finished_at")],
  ]);
}
