// Finishing: the guarded move out of running, with everything that belongs to the attempt, for many runs at once.
import type { Finish, FinishAnswer } from "../runs/store.ts";
import { mayMove } from "../runs/state.ts";
import type { Reason, RunState } from "../runs/task-run.ts";
import type { Batch } from "./gate.ts";
import type { Dialect } from "./dialect.ts";
import { removeRetold, writeFailedRecords, writeLines } from "./run-output.ts";
import { type Sql, type SqlRow, type SqlValue, toJson, jsonText } from "./sql.ts";

const FINISH_COLUMNS = [
  "state",
  "reason",
  "cause",
  "finished_at",
  "available_at",
  "queue_rank",
  "tries_used",
  "version_declared",
  "job_name",
  "records_processed",
  "records_success",
  "records_failed",
  "records_skipped",
  "progress_percent",
  "progress_message",
  "result",
  "error",
  "exit_code",
  "exit_signal",
  "log_lines",
  "log_bytes",
  "log_dropped_bytes",
  "beat",
  "schedule_slot",
  "job_slot",
];
const ATTEMPT_COLUMNS = [
  "run_id",
  "attempt",
  "state",
  "reason",
  "cause",
  "version",
  "owner",
  "started_at",
  "finished_at",
  "exit_code",
  "exit_signal",
  "steps",
  "group_empty_at",
  "log_from",
  "log_to",
  "late",
];

/** How a cancelled run says why, when the attempt itself ended otherwise after the cancel was accepted. */
const CANCEL_CAUSES: Record<string, string> = {
  replaced: "cancelled: a later fire of its schedule took its place",
  schedule_deleted: "cancelled: its schedule was deleted",
  shutdown: "cancelled: the service stopped",
};

/** Reasons that tell what the job's own code came to. */
const OF_JOB: ReadonlySet<Reason> = new Set([
  "error",
  "invalid_result",
  "all_records_failed",
  "too_many_failed",
]);

/** What one finish came to, and as what it is to be written; null: nothing is left to write. */
interface Resolved {
  answer: FinishAnswer;
  write: Finish | null;
}

/** One finish a run; the answers say which were ours to write. */
export function finishBatch(dialect: Dialect): Batch<Finish, FinishAnswer> {
  return { name: "finish", run: (sql, finishes) => finishAll(sql, dialect, finishes) };
}

async function finishAll(sql: Sql, dialect: Dialect, finishes: readonly Finish[]): Promise<FinishAnswer[]> {
  const normal = finishes.filter((finish) => finish.to !== "cancelled");
  const allMoved = normal.length === 0 || (await move(sql, normal)) === normal.length;
  const resolved: Resolved[] = [];
  for (const finish of finishes) {
    if (allMoved && finish.to !== "cancelled") resolved.push({ answer: "done", write: finish });
    else resolved.push(await resolve(sql, dialect, finish));
  }
  const written = resolved.flatMap(({ answer, write }) => (write && answer !== "late" ? [write] : []));
  await sql.insert(
    "run_attempts",
    ATTEMPT_COLUMNS,
    written.map((finish) => attemptValues(finish, false)),
  );
  for (const { answer, write } of resolved) if (write && answer === "late") await keepLate(sql, write);
  for (const finish of written) if (finish.retold) await removeRetold(sql, finish);
  await writeLines(sql, written);
  await writeFailedRecords(sql, written);
  for (const finish of written) await writeState(sql, dialect, finish);
  return resolved.map(({ answer }) => answer);
}

function move(
  sql: Sql,
  finishes: readonly Finish[],
  // An accepted cancel makes any end `cancelled`: such a row matches only a finish that says so (X9).
  guard = finishes[0]!.to === "cancelled"
    ? "state = 'running'"
    : "state = 'running' AND cancel_requested_at IS NULL",
): Promise<number> {
  return sql.update("task_runs", FINISH_COLUMNS, ["id", "attempt"], guard, finishes.map(finishValues));
}

/** Looks at the row of one finish, under its lock: the statement for all of them did not match all of them. */
async function resolve(sql: Sql, dialect: Dialect, finish: Finish): Promise<Resolved> {
  const { runId, attempt } = finish;
  const [row] = await sql.all(
    `SELECT state, attempt, cancel_requested_at, cancel_reason FROM task_runs WHERE id = ?${dialect.forUpdate}`,
    [runId],
  );
  if (!row) return { answer: "late", write: null };
  const [ended] = await sql.all(
    "SELECT reason FROM run_attempts WHERE run_id = ? AND attempt = ? AND late = 0",
    [runId, attempt],
  );
  // Told before, and the answer did not arrive (A1), unless it was the sweeper that ended this attempt.
  if (ended && ended["reason"] !== "lost") return { answer: "done", write: null };
  if (ended) return resolveLost(sql, row, finish);
  if (Number(row["attempt"]) !== attempt) return { answer: "late", write: finish };
  // Whoever ends an attempt writes its row in the same transaction, so this is the statement before us.
  if (row["state"] === finish.to) return { answer: "done", write: finish };
  if (row["state"] !== "running") return { answer: "late", write: finish };
  const asked = row["cancel_requested_at"] !== null;
  const write =
    asked && finish.to !== "cancelled" ? asCancelled(finish, String(row["cancel_reason"])) : finish;
  if ((await move(sql, [write])) !== 1)
    throw new Error(`the locked run ${runId} did not move to ${write.to}`);
  return { answer: write === finish ? "done" : "cancelled", write };
}

/** X2: it counted as lost and had ended. What was made of that stands once a later attempt has begun. */
async function resolveLost(sql: Sql, row: SqlRow, finish: Finish): Promise<Resolved> {
  if (finish.reason === "lost") return { answer: "late", write: null };
  // A service that stood still has its attempts killed by its own guard: that they crashed then is not what happened.
  if (!isOfJob(finish)) return { answer: "late", write: finish };
  const latest =
    Number(row["attempt"]) === finish.attempt && mayMove(row["state"] as RunState, finish.to, "spool");
  if (!latest || (await move(sql, [finish], "reason = 'lost'")) !== 1)
    return { answer: "late", write: finish };
  const { runId, attempt } = finish;
  await sql.run("DELETE FROM run_attempts WHERE run_id = ? AND attempt = ? AND late = 0", [runId, attempt]);
  return { answer: "done", write: finish };
}

/** What `execute` came to by itself, or what was asked for; any other failure was done to it. */
function isOfJob({ to, reason }: Finish): boolean {
  return (to !== "failed" && to !== "retrying") || (reason !== null && OF_JOB.has(reason));
}

function asCancelled(finish: Finish, reason: string): Finish {
  const cause = CANCEL_CAUSES[reason] ?? "cancelled on request";
  return { ...finish, to: "cancelled", reason: reason as Reason, cause };
}

function finishValues(finish: Finish): SqlValue[] {
  const final = finish.to === "succeeded" || finish.to === "failed" || finish.to === "cancelled";
  return [
    finish.to,
    finish.reason,
    finish.cause,
    final ? finish.finishedAt : null,
    finish.availableAt,
    final ? null : -finish.priority,
    finish.triesUsed,
    finish.versionDeclared,
    finish.jobName,
    finish.records.processed,
    finish.records.success,
    finish.records.failed,
    finish.records.skipped,
    finish.progress?.percent ?? null,
    finish.progress?.message ?? null,
    toJson(finish.result),
    toJson(finish.error),
    finish.exitCode,
    finish.signal,
    finish.log.lines,
    finish.log.bytes,
    finish.log.droppedBytes,
    null,
    null,
    null,
    finish.runId,
    finish.attempt,
  ];
}

function attemptValues(finish: Finish, late: boolean): SqlValue[] {
  return [
    finish.runId,
    finish.attempt,
    finish.to,
    finish.reason,
    finish.cause,
    finish.version,
    finish.owner,
    finish.startedAt,
    finish.finishedAt,
    finish.exitCode,
    finish.signal,
    finish.steps.length > 0 ? jsonText(finish.steps) : null,
    finish.groupEmptyAt,
    finish.logFrom,
    finish.log.lines,
    late ? 1 : 0,
  ];
}

/** Kept for the record, beside the row of the attempt that was lost; a repeated finish finds its own and changes nothing. */
async function keepLate(sql: Sql, finish: Finish): Promise<void> {
  const [known] = await sql.all(
    "SELECT 1 AS known FROM run_attempts WHERE run_id = ? AND attempt = ? AND late = 1",
    [finish.runId, finish.attempt],
  );
  if (!known) await sql.insert("run_attempts", ATTEMPT_COLUMNS, [attemptValues(finish, true)]);
}

async function writeState(sql: Sql, dialect: Dialect, finish: Finish): Promise<void> {
  if (!finish.state) return;
  const { source, jobKey, scope, values } = finish.state;
  const keys = ["source", "job_key", "scope", "state_key"];
  for (const [key, value] of values) {
    if (value === undefined) {
      await sql.run(`DELETE FROM job_state WHERE ${keys.map((k) => `${k} = ?`).join(" AND ")}`, [
        source,
        jobKey,
        scope,
        key,
      ]);
    } else {
      await sql.run(
        `INSERT INTO job_state (${keys.join(", ")}, value, updated_at) VALUES (?, ?, ?, ?, ?, ?)` +
          dialect.overwrite(keys, ["value", "updated_at"]),
        [source, jobKey, scope, key, jsonText(value), finish.finishedAt],
      );
    }
  }
}
