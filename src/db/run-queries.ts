// Reading runs: lists, details, the newest ones; never on the connection that writes.
import type { FailedRecord, LogFilter, RunFilter, RunPage, RunQueries } from "../runs/store.ts";
import type { Attempt, LogLine, TaskRun } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { conditionsOf } from "./run-filter.ts";
import { logLinesOf } from "./run-logs.ts";
import { toAttempt, toRun } from "./run-row.ts";
import { countOf, idsOf, type Reader } from "./run-walk.ts";
import { markValues, marks, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Refused records of a run's latest attempt, as its counts are. */
const LATEST_FAILED = "failed_records f JOIN task_runs r ON r.id = f.run_id AND r.attempt = f.attempt";

/** So long a page looks for rows that its filter seldom matches, before it says where to go on. */
const LOOK_MS = 30;
/** Short selects that travel in one statement. */
const SELECTS_AT_ONCE = 16;

export class DbRunQueries implements RunQueries {
  readonly #database: Database;

  readonly #lookMs: number;

  constructor(database: Database, { lookMs = LOOK_MS }: { lookMs?: number } = {}) {
    this.#database = database;
    this.#lookMs = lookMs;
  }

  async byId(id: string): Promise<TaskRun | undefined> {
    const [row] = await this.#read.all("SELECT * FROM task_runs WHERE id = ?", [id]);
    return row && toRun(row);
  }

  async list(filter: RunFilter): Promise<RunPage> {
    const conditions = await conditionsOf(this.#read, filter);
    if (!conditions) return { runs: [], hasMore: false, next: null, partial: false };
    const { ids, stoppedAt } = await idsOf(this.#reader, conditions, filter, filter.limit + 1);
    const shown = ids.slice(0, filter.limit);
    const runs = await this.#byIds(shown);
    const next = ids.length > shown.length ? shown.at(-1)! : stoppedAt;
    return { runs, hasMore: next !== null, next, partial: stoppedAt !== null };
  }

  async count(filter: RunFilter, cap: number): Promise<number> {
    const conditions = await conditionsOf(this.#read, filter);
    return conditions ? countOf(this.#reader, conditions, filter, cap) : 0;
  }

  /** Oldest first; the one that runs now is the last. */
  async attempts(runId: string): Promise<Attempt[]> {
    const rows = await this.#read.all("SELECT * FROM run_attempts WHERE run_id = ? ORDER BY attempt, late", [
      runId,
    ]);
    const attempts = rows.map(toAttempt);
    const run = await this.byId(runId);
    if (run?.state === "running" && !attempts.some((one) => one.attempt === run.attempt && !one.late))
      attempts.push(runningAttempt(run, attempts));
    return attempts;
  }

  logLines(runId: string, filter: LogFilter): Promise<{ lines: LogLine[]; hasMore: boolean }> {
    return logLinesOf(this.#read, runId, filter);
  }

  /** Those of the run's latest attempt, as its counts are. */
  async failedRecords(runId: string, after: number, limit: number): Promise<FailedRecord[]> {
    const rows = await this.#read.all(
      `SELECT f.seq, f.record_key, f.reason FROM ${LATEST_FAILED} WHERE f.run_id = ? AND f.seq > ? ORDER BY f.seq LIMIT ?`,
      [runId, after, limit],
    );
    return rows.map((row) => ({
      seq: Number(row["seq"]),
      key: row["record_key"] === null ? null : String(row["record_key"]),
      reason: row["reason"] === null ? null : String(row["reason"]),
    }));
  }

  async failedRecordsOf(runId: string): Promise<{ kept: number; withKey: number }> {
    const [row] = await this.#read.all(
      `SELECT COUNT(*) AS kept, COUNT(f.record_key) AS with_key FROM ${LATEST_FAILED} WHERE f.run_id = ?`,
      [runId],
    );
    return { kept: Number(row!["kept"]), withKey: Number(row!["with_key"]) };
  }

  async failedKeys(runId: string): Promise<string[]> {
    const rows = await this.#read.all(
      `SELECT f.record_key FROM ${LATEST_FAILED} WHERE f.run_id = ? AND f.record_key IS NOT NULL ORDER BY f.seq`,
      [runId],
    );
    return [...new Set(rows.map((row) => String(row["record_key"])))];
  }

  async recentOf(
    jobs: readonly { source: string; key: string }[],
    each: number,
  ): Promise<Map<string, TaskRun[]>> {
    const recent = new Map(jobs.map(({ source, key }): [string, TaskRun[]] => [`${source}:${key}`, []]));
    const values = jobs.map(({ source, key }) => [source, key, each]);
    const table = `task_runs${this.#database.dialect.byIndex("ix_task_runs_job")}`;
    const select = `SELECT * FROM ${table} WHERE source = ? AND job_key = ? ORDER BY id DESC LIMIT ?`;
    for (const run of await this.#firstOfEach(select, values))
      recent.get(`${run.source}:${run.jobKey}`)!.push(run);
    return recent;
  }

  async lastOf(scheduleIds: readonly string[]): Promise<Map<string, TaskRun>> {
    const table = `task_runs${this.#database.dialect.byIndex("ix_task_runs_schedule")}`;
    const select = `SELECT * FROM ${table} WHERE schedule_id = ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT 1`;
    const runs = await this.#firstOfEach(
      select,
      scheduleIds.map((id) => [id]),
    );
    return new Map(runs.map((run) => [run.scheduleId!, run]));
  }

  get #read(): Sql {
    return this.#database.read;
  }

  get #reader(): Reader {
    return { sql: this.#read, dialect: this.#database.dialect, lookMs: this.#lookMs };
  }

  async #byIds(ids: readonly string[]): Promise<TaskRun[]> {
    if (ids.length === 0) return [];
    const rows = await this.#read.all(
      `SELECT * FROM task_runs WHERE id IN (${marks(ids.length)})`,
      markValues(ids),
    );
    const runs = new Map(rows.map((row) => [String(row["id"]), toRun(row)]));
    return ids.flatMap((id) => runs.get(id) ?? []);
  }

  /** The rows of one select done with many values, each run once, newest first. */
  async #firstOfEach(select: string, values: readonly SqlValue[][]): Promise<TaskRun[]> {
    const runs = new Map<string, TaskRun>();
    for (let i = 0; i < values.length; i += SELECTS_AT_ONCE) {
      const group = markValues(values.slice(i, i + SELECTS_AT_ONCE));
      const statement = group.map((_, n) => `SELECT * FROM (${select}) s${n}`).join(" UNION ALL ");
      const rows: SqlRow[] = await this.#read.all(statement, group.flat());
      for (const row of rows) runs.set(String(row["id"]), toRun(row));
    }
    return [...runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }
}

function runningAttempt(run: TaskRun, earlier: readonly Attempt[]): Attempt {
  const from = Math.max(0, ...earlier.map((one) => one.logLines?.to ?? 0)) + 1;
  return {
    runId: run.id,
    attempt: run.attempt,
    state: "running",
    reason: null,
    cause: null,
    version: run.version,
    owner: run.owner,
    startedAt: run.startedAt!,
    finishedAt: null,
    exitCode: null,
    signal: null,
    steps: [],
    groupEmptyAt: null,
    logLines: run.log.lines < from ? null : { from, to: run.log.lines },
    late: false,
  };
}
