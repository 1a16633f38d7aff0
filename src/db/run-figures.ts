// Figures over many runs: how many wait, were skipped, ended how; each by an index, never over the whole table.
import type { Instant } from "../clock.ts";
import { firstId } from "../ids.ts";
import type { Figures, JobFigures } from "../runs/figures.ts";
import type { RunState } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { markValues, marks } from "./sql.ts";

/** Rows of one job that its figures look at. */
const JOB_ROWS = 10_000;
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

  async runningByWorker(sources: readonly string[] | null): Promise<ReadonlyMap<string, number>> {
    if (sources?.length === 0) return new Map();
    const own = sources === null ? "" : ` AND source IN (${marks(sources.length)})`;
    const rows = await this.#database.read.all(
      `SELECT owner, COUNT(*) AS n FROM task_runs WHERE state = 'running'${own} GROUP BY owner`,
      markValues(sources ?? []),
    );
    return new Map(rows.map((row) => [String(row["owner"]), Number(row["n"])]));
  }

  async ofJob(source: string, jobKey: string, since: Instant): Promise<JobFigures> {
    const rows = await this.#database.read.all(
      "SELECT state, started_at, finished_at, fire_at, triggered_by, records_processed, records_success, records_failed, records_skipped " +
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
      if (row["triggered_by"] === "schedule") figures.starts.push(startedAt);
      if (row["finished_at"] !== null && state === "succeeded")
        figures.durationsMs.push(Number(row["finished_at"]) - startedAt);
    }
    figures.starts.reverse();
    return figures;
  }
}
