// Reading runs: lists, details, the newest ones; never on the connection that writes.
import type { LogFilter, RunCount, RunFilter, RunPage, RunQueries } from "../runs/queries.ts";
import type { FailedRecord } from "../runs/store.ts";
import type { Attempt, BriefRun, LogLine, TaskRun } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { conditionsOf } from "./run-filter.ts";
import { logLinesOf } from "./run-logs.ts";
import { BRIEF_COLUMNS, toAttempt, toBriefRun, toRun } from "./run-row.ts";
import { countOf, idsOf, type Reader } from "./run-walk.ts";
import { markValues, marks, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Refused records of a run's latest attempt, as its counts are. */
const LATEST_FAILED = "failed_records f JOIN task_runs r ON r.id = f.run_id AND r.attempt = f.attempt";

/** So long a page looks for rows that its filter seldom matches, before it says where to go on. */
const LOOK_MS = 30;
/** Short selects that travel in one statement. */
const SELECTS_AT_ONCE = 16;
/** Params, results and errors that one page hands out: a single run may hold three quarters of a megabyte. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Reading and parsing more at a time would hold up the event loop. */
const BYTES_AT_ONCE = 512 * 1024;
/** What the long columns of a row hold; SQLite knows it without reading them. */
const LENGTH =
  "id, COALESCE(OCTET_LENGTH(params), 0) + COALESCE(OCTET_LENGTH(result), 0) + COALESCE(OCTET_LENGTH(error), 0) AS bytes";

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
    return this.#page(filter, async (ids) => {
      const shown: TaskRun[] = [];
      for (const group of await this.#groupsThatFit(ids)) {
        shown.push(...(await this.#byIds("*", toRun, group)));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return shown;
    });
  }

  async listBriefly(filter: RunFilter): Promise<RunPage<BriefRun>> {
    return this.#page(filter, (ids) => this.#byIds(BRIEF_COLUMNS, toBriefRun, ids));
  }

  async count(filter: RunFilter, cap: number): Promise<RunCount> {
    const conditions = await conditionsOf(this.#read, filter);
    return conditions ? countOf(this.#reader, conditions, filter, cap) : { count: 0, capped: false };
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
  ): Promise<Map<string, BriefRun[]>> {
    const recent = new Map(jobs.map(({ source, key }): [string, BriefRun[]] => [`${source}:${key}`, []]));
    const values = jobs.map(({ source, key }) => [source, key, each]);
    const table = `task_runs${this.#database.dialect.byIndex("ix_task_runs_job")}`;
    const select = `SELECT ${BRIEF_COLUMNS} FROM ${table} WHERE source = ? AND job_key = ? ORDER BY id DESC LIMIT ?`;
    for (const run of await this.#firstOfEach(select, values))
      recent.get(`${run.source}:${run.jobKey}`)!.push(run);
    return recent;
  }

  async lastOf(scheduleIds: readonly string[]): Promise<Map<string, BriefRun>> {
    const table = `task_runs${this.#database.dialect.byIndex("ix_task_runs_schedule")}`;
    const select = `SELECT ${BRIEF_COLUMNS} FROM ${table} WHERE schedule_id = ? AND started_at IS NOT NULL ORDER BY id DESC LIMIT 1`;
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

  /** `read` may show fewer of the ids than it is given: the first ones, at least one. */
  async #page<R extends { id: string }>(
    filter: RunFilter,
    read: (ids: readonly string[]) => Promise<R[]>,
  ): Promise<RunPage<R>> {
    const conditions = await conditionsOf(this.#read, filter);
    if (!conditions) return { runs: [], hasMore: false, next: null, partial: false };
    const { ids, stoppedAt } = await idsOf(this.#reader, conditions, filter, filter.limit + 1);
    const wanted = ids.slice(0, filter.limit);
    const runs = await read(wanted);
    const last = runs.at(-1)?.id;
    // One that was removed meanwhile is not shown either, but then the last of the page is.
    const isCut = last !== undefined && runs.length < wanted.length && last !== wanted.at(-1);
    if (isCut) return { runs, hasMore: true, next: last, partial: true };
    const next = ids.length > wanted.length ? wanted.at(-1)! : stoppedAt;
    return { runs, hasMore: next !== null, next, partial: stoppedAt !== null };
  }

  /** The first ids whose rows fit into a page, in groups of those that are read together. */
  async #groupsThatFit(ids: readonly string[]): Promise<string[][]> {
    const lengths = await this.#byIds(
      LENGTH,
      ({ id, bytes }) => ({ id: String(id), bytes: Number(bytes) }),
      ids,
    );
    const groups: string[][] = [];
    let total = 0;
    let inGroup = 0;
    for (const { id, bytes } of lengths) {
      total += bytes;
      if (total > PAGE_BYTES && groups.length > 0) break;
      if (groups.length === 0 || inGroup + bytes > BYTES_AT_ONCE) {
        groups.push([]);
        inGroup = 0;
      }
      groups.at(-1)!.push(id);
      inGroup += bytes;
    }
    return groups;
  }

  async #byIds<R extends { id: string }>(
    columns: string,
    read: (row: SqlRow) => R,
    ids: readonly string[],
  ): Promise<R[]> {
    if (ids.length === 0) return [];
    const rows = await this.#read.all(
      `SELECT ${columns} FROM task_runs WHERE id IN (${marks(ids.length)})`,
      markValues(ids),
    );
    const runs = new Map(rows.map((row) => [String(row["id"]), read(row)]));
    return ids.flatMap((id) => runs.get(id) ?? []);
  }

  /** The rows of one select done with many values, each run once, newest first. */
  async #firstOfEach(select: string, values: readonly SqlValue[][]): Promise<BriefRun[]> {
    const runs = new Map<string, BriefRun>();
    for (let i = 0; i < values.length; i += SELECTS_AT_ONCE) {
      const group = markValues(values.slice(i, i + SELECTS_AT_ONCE));
      const statement = group.map((_, n) => `SELECT * FROM (${select}) s${n}`).join(" UNION ALL ");
      const rows: SqlRow[] = await this.#read.all(statement, group.flat());
      for (const row of rows) runs.set(String(row["id"]), toBriefRun(row));
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
