// Reading the log of a run: chunks of lines in the order of their numbers, filtered here, since they are stored as text.
import type { LogFilter } from "../runs/queries.ts";
import type { LogLine } from "../runs/task-run.ts";
import type { Sql, SqlRow } from "./sql.ts";

/** Chunks of at most 60 KB read in one statement. */
const CHUNKS_AT_ONCE = 8;

export async function logLinesOf(
  sql: Sql,
  runId: string,
  filter: LogFilter,
): Promise<{ lines: LogLine[]; hasMore: boolean }> {
  const lines: LogLine[] = [];
  const after = filter.after ?? 0;
  let from = await firstChunk(sql, runId, after + 1);
  for (;;) {
    const chunks = await sql.all(
      "SELECT first_seq, line_count, line_texts FROM run_logs WHERE run_id = ? AND first_seq >= ? ORDER BY first_seq LIMIT ?",
      [runId, from, CHUNKS_AT_ONCE],
    );
    for (const chunk of chunks) {
      for (const line of linesOf(chunk)) {
        if (line.seq <= after || !matches(line, filter)) continue;
        if (lines.length === filter.limit) return { lines, hasMore: true };
        lines.push(line);
      }
    }
    if (chunks.length < CHUNKS_AT_ONCE) return { lines, hasMore: false };
    from = Number(chunks.at(-1)!["first_seq"]) + 1;
    // A log of 10 MB takes a while to parse: others get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Number of the chunk that holds the line `seq`, or of the next one. */
async function firstChunk(sql: Sql, runId: string, seq: number): Promise<number> {
  const [row] = await sql.all(
    "SELECT first_seq FROM run_logs WHERE run_id = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
    [runId, seq],
  );
  return row ? Number(row["first_seq"]) : 0;
}

function linesOf(chunk: SqlRow): LogLine[] {
  return String(chunk["line_texts"])
    .split("\n")
    .map((line) => JSON.parse(line) as LogLine);
}

function matches(line: LogLine, { levels, attempt, q }: LogFilter): boolean {
  if (levels && !levels.includes(line.level)) return false;
  if (attempt !== undefined && line.attempt !== attempt) return false;
  return q === undefined || line.text.toLowerCase().includes(q.toLowerCase());
}
