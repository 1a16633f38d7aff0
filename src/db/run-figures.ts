// Figures over many runs: how many wait, were skipped, ended how; each by an index, never over the whole table.
import type { Instant } from "../clock.ts";
import { firstId } from "../ids.ts";
import type { Figures, HourCount, JobFigures, LastSuccess } from "../runs/figures.ts";
import type { RunState } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { markValues, marks } from "./sql.ts";

/** Rows of one job that its figures look at. */
const JOB_ROWS = 10_000;
/** Rows that the figures of hours look at. */
const HOUR_ROWS = 50_000;
const HOUR_MS = 3_600_000;
/** Beyond this a queue is long, however long it is. */
const MOST_QUEUED = 100_000;

export class DbRunFigures implements Figures {
  readonly #database: Database;
  /** Skipped rows counted so far, and up to which id. */
  readonly #skipped = new Map<string, number>();
  #skippedFrom: string;

  constructor(database: Database) {
    this.#database = database;
    this.#skippedFrom = firstId("run", database.now());
  }

  async queued(now: Instant): Promise<number> {
    const [row] = await this.#database.read.all(
      "SELECT COUNT(*) AS n FROM (SELECT id FROM task_runs WHERE state IN ('queued', 'retrying') AND available_at <= ? LIMIT ?) q",
      [now, MOST_QUEUED],
    );
    return Number(row!["n"]);
  }

  async skippedSinceStart(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.read.all(
      "SELECT reason, COUNT(*) AS n, MAX(id) AS last FROM task_runs WHERE state = 'skipped' AND id > ? GROUP BY reason",
      [this.#skippedFrom],
    );
    for (const row of rows) {
      const reason = String(row["reason"]);
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + Number(row["n"]));
      if (String(row["last"]) > this.#skippedFrom) this.#skippedFrom = String(row["last"]);
    }
    return this.#skipped;
  }

  /** One step down the index of each job's runs: past those that came after its last success, no further. */
  async lastSuccesses(): Promise<LastSuccess[]> {
    const newest =
      `SELECT id FROM task_runs${this.#database.dialect.byIndex("ix_task_runs_job")} ` +
      "WHERE source = jobs.source AND job_key = jobs.job_key AND state = 'succeeded' ORDER BY id DESC LIMIT 1";
    const rows = await this.#database.read.all(
      "SELECT runs.source, runs.job_key, runs.id, runs.finished_at " +
        `FROM (SELECT (${newest}) AS id FROM jobs) newest JOIN task_runs runs ON runs.id = newest.id`,
    );
    return rows.map((row) => ({
      source: String(row["source"]),
      jobKey: String(row["job_key"]),
      runId: String(row["id"]),
      finishedAt: Number(row["finished_at"]),
    }));
  }

  async leftOutThrough(source: string, jobKey: string, afterRun: string): Promise<Instant | null> {
    const [row] = await this.#database.read.all(
      "SELECT MAX(COALESCE(fire_through, fire_at)) AS through FROM task_runs" +
        `${this.#database.dialect.byIndex("ix_task_runs_job")} WHERE source = ? AND job_key = ? AND id > ? ` +
        "AND state = 'skipped' AND reason IN ('paused', 'disabled', 'asked')",
      [source, jobKey, afterRun],
    );
    return row === undefined || row["through"] === null ? null : Number(row["through"]);
  }

  async runningByWorker(sources: readonly string[] | null): Promise<ReadonlyMap<string, number>> {
    if (sources?.length === 0) return new Map();
    const own = sources === null ? "" : ` AND source IN (${marks(sources.length)})`;
    const rows = await this.#database.read.all(
      `SELECT owner, COUNT(*) AS n FROM task_runs WHERE state = 'running'${own} GROUP BY owner`,
      markValues(sources ?? []),
    );
    return new Map(rows.map((row) => [String(row["owner"]), Number(row["n"])]));
  }

  async byHour(since: Instant, sources: readonly string[] | null) {
    if (sources?.length === 0) return { counts: [], partial: false };
    const own = sources === null ? "" : ` AND source IN (${marks(sources.length)})`;
    const rows = await this.#database.read.all(
      `SELECT queued_at - queued_at % ${HOUR_MS} AS hour, state, COUNT(*) AS n FROM ` +
        `(SELECT queued_at, state FROM task_runs WHERE id >= ?${own} ORDER BY id DESC LIMIT ?) q GROUP BY hour, state`,
      [firstId("run", Math.max(0, since)), ...(sources === null ? [] : markValues(sources)), HOUR_ROWS],
    );
    const counts = rows.map((row): HourCount => ({
      hour: Number(row["hour"]),
      state: row["state"] as RunState,
      count: Number(row["n"]),
    }));
    return { counts, partial: counts.reduce((sum, { count }) => sum + count, 0) === HOUR_ROWS };
  }

  async ofJob(source: string, jobKey: string, since: Instant): Promise<JobFigures> {
    const rows = await this.#database.read.all(
      "SELECT state, started_at, finished_at, schedule_id, triggered_by, records_processed, records_success, records_failed, records_skipped " +
        `FROM task_runs${this.#database.dialect.byIndex("ix_task_runs_job")} WHERE source = ? AND job_key = ? AND id >= ? ORDER BY id DESC LIMIT ?`,
      [source, jobKey, firstId("run", Math.max(0, since)), JOB_ROWS],
    );
    const figures: JobFigures = {
      byState: {},
      durationsMs: [],
      starts: [],
      records: { processed: 0, success: 0, failed: 0, skipped: 0 },
      partial: rows.length === JOB_ROWS,
    };
    for (const row of rows) {
      const state = row["state"] as RunState;
      figures.byState[state] = (figures.byState[state] ?? 0) + 1;
      for (const name of ["processed", "success", "failed", "skipped"] as const)
        figures.records[name] += Number(row[`records_${name}`]);
      if (row["started_at"] === null) continue;
      const startedAt = Number(row["started_at"]);
      if (row["triggered_by"] === "schedule")
        figures.starts.push({ at: startedAt, scheduleId: String(row["schedule_id"]) });
      if (row["finished_at"] !== null && state === "succeeded")
        figures.durationsMs.push(Number(row["finished_at"]) - startedAt);
    }
    figures.starts.reverse();
    return figures;
  }
}
