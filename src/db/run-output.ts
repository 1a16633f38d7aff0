// What attempts tell: counts while they run, log lines in chunks, refused records. All of it can be told again (A1).
import type { FailedRecord, Telling } from "../runs/store.ts";
import type { LogLine } from "../runs/task-run.ts";
import { CHUNK_BYTES } from "./columns.ts";
import type { Batch } from "./gate.ts";
import { isDuplicate, type Sql, type SqlValue } from "./sql.ts";

/**
 * Rows and characters of one statement. A server takes no longer one than its `max_allowed_packet`: 16 MiB mostly, but it may
 * be 1 MiB. A character brings four bytes at most: as one of an emoji, or as a quote that is escaped twice.
 */
const SLICE_ROWS = 1_000;
const SLICE_LENGTH = 128 * 1024;

/** So many characters fit into a chunk, whatever they are: an escaped one has six bytes. */
const SURE_TEXT = 9_000;

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

/** Lines as chunks of at most CHUNK_BYTES; the same lines always fall into the same chunks. */
export async function writeLines(sql: Sql, owners: readonly WithLines[]): Promise<void> {
  const rows: SqlValue[][] = [];
  for (const { runId, attempt, lines } of owners) {
    for (const chunk of chunksOf(lines)) {
      rows.push([runId, chunk.first.seq, attempt, chunk.count, chunk.first.time, chunk.text]);
    }
  }
  const columns = ["run_id", "first_seq", "attempt", "line_count", "written_at", "line_texts"];
  for (const some of inSlices(rows)) await put(sql, "run_logs", columns, 2, some);
}

function* chunksOf(lines: readonly LogLine[]): Generator<{ first: LogLine; count: number; text: string }> {
  let texts: string[] = [];
  let bytes = 0;
  let first: LogLine | undefined;
  for (const line of lines) {
    const text = textOf(line);
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

/** A line as JSON that fits into a chunk: escapes and fields can make a short text long. */
function textOf(line: LogLine): string {
  const whole = JSON.stringify(line);
  const bytes = Buffer.byteLength(whole);
  if (bytes < CHUNK_BYTES) return whole;
  const fields = { jobmount: `a line of ${bytes} bytes was cut: its fields were left out` };
  const bare = JSON.stringify({ ...line, fields });
  if (Buffer.byteLength(bare) < CHUNK_BYTES) return bare;
  return JSON.stringify({ ...line, text: `${line.text.slice(0, SURE_TEXT)}… (cut)`, fields });
}

function* inSlices(rows: readonly SqlValue[][]): Generator<SqlValue[][]> {
  let slice: SqlValue[][] = [];
  let length = 0;
  for (const row of rows) {
    const own = row.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
    if (slice.length > 0 && (slice.length >= SLICE_ROWS || length + own > SLICE_LENGTH)) {
      yield slice;
      [slice, length] = [[], 0];
    }
    slice.push(row);
    length += own;
  }
  if (slice.length > 0) yield slice;
}

interface WithRecords {
  runId: string;
  attempt: number;
  failedRecords: readonly FailedRecord[];
}

/** Refused records, each with the number that its attempt gave it. */
export async function writeFailedRecords(sql: Sql, owners: readonly WithRecords[]): Promise<void> {
  const rows = owners.flatMap(({ runId, attempt, failedRecords }) =>
    failedRecords.map((record): SqlValue[] => [runId, attempt, record.seq, record.key, record.reason]),
  );
  const columns = ["run_id", "attempt", "seq", "record_key", "reason"];
  for (const some of inSlices(rows)) await put(sql, "failed_records", columns, 3, some);
}

/** Takes away what an end brings once more, so that it need not be found out row by row. */
export async function removeRetold(
  sql: Sql,
  { runId, attempt, lines, failedRecords }: WithLines & WithRecords,
): Promise<void> {
  const [line] = lines;
  const [record] = failedRecords;
  if (line) await sql.run("DELETE FROM run_logs WHERE run_id = ? AND first_seq >= ?", [runId, line.seq]);
  if (record)
    await sql.run("DELETE FROM failed_records WHERE run_id = ? AND attempt = ? AND seq >= ?", [
      runId,
      attempt,
      record.seq,
    ]);
}

/**
 * Inserts rows whose key is their first `keys` columns. Those of a commit whose end was unknown are told again with the
 * same keys, and perhaps more behind them: then what lies there gives way.
 */
async function put(
  sql: Sql,
  table: string,
  columns: readonly string[],
  keys: number,
  rows: readonly SqlValue[][],
): Promise<void> {
  try {
    await sql.insert(table, columns, rows);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const key = columns.slice(0, keys).map((column) => `${column} = ?`);
    for (const row of rows) {
      await sql.run(`DELETE FROM ${table} WHERE ${key.join(" AND ")}`, row.slice(0, keys));
      await sql.insert(table, columns, [row]);
    }
  }
}
