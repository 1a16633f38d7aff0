// Finishing: the guarded move out of running, with everything that belongs to the attempt, for many runs at once.
import type { FailedRecord, Finish, FinishAnswer, Telling } from "../runs/store.ts";
import type { LogLine } from "../runs/task-run.ts";
import type { Batch } from "./gate.ts";
import type { Dialect } from "./dialect.ts";
import { CHUNK_BYTES } from "./columns.ts";
import { type Sql, type SqlValue, toJson } from "./sql.ts";

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
  "late",
];

/** One finish a run; the answers say which were ours to write. */
export function finishBatch(dialect: Dialect): Batch<Finish, FinishAnswer> {
  return { name: "finish", run: (sql, finishes) => finishAll(sql, dialect, finishes) };
}

async function finishAll(sql: Sql, dialect: Dialect, finishes: readonly Finish[]): Promise<FinishAnswer[]> {
  const normal = finishes.filter((finish) => finish.to !== "cancelled");
  const matched = normal.length > 0 ? await move(sql, normal) : 0;
  const answers = new Map<Finish, FinishAnswer>();
  if (matched === normal.length) for (const finish of normal) answers.set(finish, "done");
  else for (const finish of normal) answers.set(finish, await resolve(sql, finish));
  for (const finish of finishes) {
    if (finish.to === "cancelled")
      answers.set(finish, (await move(sql, [finish])) === 1 ? "done" : await resolve(sql, finish));
  }
  const written = finishes.filter((finish) => answers.get(finish) !== "late");
  const late = finishes.filter((finish) => answers.get(finish) === "late");
  await sql.insert(
    "run_attempts",
    ATTEMPT_COLUMNS,
    written.map((finish) => attemptValues(finish, false)),
  );
  for (const finish of late) await keepLate(sql, finish);
  await writeLines(sql, written);
  await writeFailedRecords(sql, written);
  for (const finish of written) await writeState(sql, dialect, finish);
  return finishes.map((finish) => answers.get(finish)!);
}

function move(sql: Sql, finishes: readonly Finish[]): Promise<number> {
  // An accepted cancel makes any end `cancelled`: such a row matches only a finish that says so (X9).
  const guard =
    finishes[0]!.to === "cancelled"
      ? "state = 'running'"
      : "state = 'running' AND cancel_requested_at IS NULL";
  return sql.update("task_runs", FINISH_COLUMNS, ["id", "attempt"], guard, finishes.map(finishValues));
}

/** Why the guarded update did not match: done before (the same finish again), cancelled meanwhile, or no longer ours. */
async function resolve(sql: Sql, finish: Finish): Promise<FinishAnswer> {
  if ((await move(sql, [finish])) === 1) return "done";
  const [row] = await sql.all(
    "SELECT r.state, r.attempt, r.cancel_requested_at, a.run_id AS ended FROM task_runs r " +
      "LEFT JOIN run_attempts a ON a.run_id = r.id AND a.attempt = ? AND a.late = 0 WHERE r.id = ?",
    [finish.attempt, finish.runId],
  );
  const mine = row !== undefined && Number(row["attempt"]) === finish.attempt;
  if (!mine || row["state"] !== "running" || row["cancel_requested_at"] === null) return "late";
  const cancelled: Finish = { ...finish, to: "cancelled", reason: "user", cause: "cancelled on request" };
  return (await move(sql, [cancelled])) === 1 ? "cancelled" : "late";
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
    late ? 1 : 0,
  ];
}

/** Kept for the record; a repeated finish finds its own row and changes nothing. */
async function keepLate(sql: Sql, finish: Finish): Promise<void> {
  const [known] = await sql.all("SELECT 1 AS known FROM run_attempts WHERE run_id = ? AND attempt = ?", [
    finish.runId,
    finish.attempt,
  ]);
  if (!known) await sql.insert("run_attempts", ATTEMPT_COLUMNS, [attemptValues(finish, true)]);
}

/** What running attempts tell meanwhile; an attempt that is no longer the run's tells nothing. */
export const tellBatch: Batch<Telling, null> = {
  name: "tell",
  async run(sql, tellings) {
    const mine: Telling[] = [];
    for (const telling of tellings) {
      const matched = await sql.update(
        "task_runs",
        [
          "records_processed",
          "records_success",
          "records_failed",
          "records_skipped",
          "progress_percent",
          "progress_message",
          "log_lines",
          "log_bytes",
          "log_dropped_bytes",
        ],
        ["id", "attempt"],
        "state = 'running'",
        [tellingValues(telling)],
      );
      if (matched === 1) mine.push(telling);
    }
    await writeLines(sql, mine);
    await writeFailedRecords(sql, mine);
    return tellings.map(() => null);
  },
};

function tellingValues({ records, progress, log, runId, attempt }: Telling): SqlValue[] {
  return [
    records.processed,
    records.success,
    records.failed,
    records.skipped,
    progress?.percent ?? null,
    progress?.message ?? null,
    log.lines,
    log.bytes,
    log.droppedBytes,
    runId,
    attempt,
  ];
}

interface WithLines {
  runId: string;
  attempt: number;
  lines: readonly LogLine[];
}

async function writeLines(sql: Sql, owners: readonly WithLines[]): Promise<void> {
  const rows: SqlValue[][] = [];
  for (const { runId, attempt, lines } of owners) {
    for (const chunk of chunksOf(lines)) {
      rows.push([runId, chunk.first.seq, attempt, chunk.count, chunk.first.time, chunk.text]);
    }
  }
  const columns = ["run_id", "first_seq", "attempt", "line_count", "written_at", "line_texts"];
  if (rows.length > 0) await sql.insert("run_logs", columns, rows);
}

function* chunksOf(lines: readonly LogLine[]): Generator<{ first: LogLine; count: number; text: string }> {
  let texts: string[] = [];
  let bytes = 0;
  let first: LogLine | undefined;
  for (const line of lines) {
    const text = JSON.stringify(line);
    const size = Buffer.byteLength(text) + 1;
    if (first && bytes + size > CHUNK_BYTES) {
      yield { first, count: texts.length, text: texts.join("\n") };
      [texts, bytes, first] = [[], 0, undefined];
    }
    first ??= line;
    texts.push(text);
    bytes += size;
  }
  if (first) yield { first, count: texts.length, text: texts.join("\n") };
}

interface WithRecords {
  runId: string;
  attempt: number;
  failedRecords: readonly FailedRecord[];
}

async function writeFailedRecords(sql: Sql, owners: readonly WithRecords[]): Promise<void> {
  const rows = owners.flatMap(({ runId, attempt, failedRecords }) =>
    failedRecords.map((record): SqlValue[] => [runId, attempt, record.seq, record.key, record.reason]),
  );
  for (let i = 0; i < rows.length; i += 1_000) {
    await sql.insert(
      "failed_records",
      ["run_id", "attempt", "seq", "record_key", "reason"],
      rows.slice(i, i + 1_000),
    );
  }
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
        [source, jobKey, scope, key, JSON.stringify(value), finish.finishedAt],
      );
    }
  }
}
