// Batches on a database: the runs of a backfill, found and ended together.
import type { Instant } from "../clock.ts";
import type { BatchStore, BatchSummary, PastFire } from "../runs/backfill.ts";
import type { CancelRequest } from "../runs/store.ts";
import type { Reason, RunState } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { requestCancel } from "./run-store.ts";

export class DbBatchStore implements BatchStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async pastFires(scheduleId: string, from: Instant, to: Instant): Promise<PastFire[]> {
    const { read, dialect } = this.#database;
    const own = `SELECT fire_at AS fire, fire_through, state, reason FROM task_runs${dialect.byIndex("uq_task_runs_fire")}`;
    const found = await Promise.all([
      // One range at most begins before it and reaches into it: no two rows have a fire in common.
      read.all(`${own} WHERE schedule_id = ? AND fire_at < ? ORDER BY fire_at DESC LIMIT 1`, [
        scheduleId,
        from,
      ]),
      read.all(`${own} WHERE schedule_id = ? AND fire_at >= ? AND fire_at <= ?`, [scheduleId, from, to]),
      // Along the index of batches, which holds nothing but runs of backfills: a schedule may have millions of others.
      read.all(
        `SELECT for_at AS fire, NULL AS fire_through, state, reason FROM task_runs${dialect.byIndex("uq_task_runs_batch")} ` +
          "WHERE batch > '' AND for_at >= ? AND for_at <= ? AND +schedule_id = ?",
        [from, to, scheduleId],
      ),
    ]);
    return found
      .flat()
      .map((row) => ({
        at: Number(row["fire"]),
        through: row["fire_through"] === null ? null : Number(row["fire_through"]),
        state: row["state"] as RunState,
        reason: row["reason"] as Reason | null,
      }))
      .filter(({ at, through }) => at >= from || (through ?? at) >= from);
  }

  async summary(batch: string): Promise<BatchSummary | undefined> {
    const rows = await this.#database.read.all(
      "SELECT state, COUNT(*) AS runs, MIN(for_at) AS first_at, MAX(for_at) AS last_at, " +
        "MIN(schedule_id) AS schedule_id, MIN(source) AS source, MIN(job_key) AS job_key " +
        "FROM task_runs WHERE batch = ? GROUP BY state",
      [batch],
    );
    const [one] = rows;
    if (!one) return undefined;
    return {
      batch,
      scheduleId: String(one["schedule_id"]),
      source: String(one["source"]),
      jobKey: String(one["job_key"]),
      from: Math.min(...rows.map((row) => Number(row["first_at"]))),
      to: Math.max(...rows.map((row) => Number(row["last_at"]))),
      states: Object.fromEntries(rows.map((row) => [String(row["state"]), Number(row["runs"])])),
    };
  }

  async cancel(
    batch: string,
    cancel: CancelRequest,
    now: Instant,
  ): Promise<{ ended: string[]; asked: string[] }> {
    return this.#database.write(async (sql) => {
      const rows = await sql.all(
        `SELECT id FROM task_runs WHERE batch = ? AND finished_at IS NULL ORDER BY for_at${this.#database.dialect.forUpdate}`,
        [batch],
      );
      const [ended, asked]: [string[], string[]] = [[], []];
      for (const row of rows) {
        const id = String(row["id"]);
        const state = await requestCancel(sql, id, cancel, now);
        if (state === "cancelled") ended.push(id);
        else if (state === "running") asked.push(id);
      }
      return { ended, asked };
    });
  }
}
