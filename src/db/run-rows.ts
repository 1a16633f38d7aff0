// Everything that is stored of one run, as text: for whoever has to know that something is not in it.
import type { Database } from "./database.ts";

const OF_RUN = [
  ["task_runs", "id"],
  ["run_attempts", "run_id"],
  ["run_logs", "run_id"],
  ["failed_records", "run_id"],
] as const;

/** The rows of a run and those of its job's durable values, as JSON. */
export async function storedTexts({ read }: Database, runId: string): Promise<string[]> {
  const texts: string[] = [];
  for (const [table, column] of OF_RUN)
    texts.push(JSON.stringify(await read.all(`SELECT * FROM ${table} WHERE ${column} = ?`, [runId])));
  const values = await read.all(
    "SELECT s.* FROM job_state s JOIN task_runs r ON r.source = s.source AND r.job_key = s.job_key WHERE r.id = ?",
    [runId],
  );
  return [...texts, JSON.stringify(values)];
}
