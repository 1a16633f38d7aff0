// The history of schedules on a database: revisions, the row of an instant, the pauses of a time.
import type { Instant } from "../clock.ts";
import type { BackfillRun, FireRow, Revision, ScheduleHistory } from "../schedules/history.ts";
import type { RevisionAction, Schedule } from "../schedules/schedule.ts";
import type { ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import { toPause } from "./pauses.ts";
import { fromJson, type SqlRow, type SqlValue } from "./sql.ts";

export class DbScheduleHistory implements ScheduleHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async revisionsAt(id: string, at: Instant) {
    const [first, last] = await Promise.all([
      this.#revision("schedule_id = ? ORDER BY revision", [id]),
      this.#revision("schedule_id = ? ORDER BY revision DESC", [id]),
    ]);
    if (!first || !last) return undefined;
    const holding = await this.#revision("schedule_id = ? AND from_instant < ? ORDER BY revision DESC", [
      id,
      at,
    ]);
    return { first, holding, last };
  }

  async rowBefore(id: string, at: Instant): Promise<FireRow | undefined> {
    const { read, dialect } = this.#database;
    const [row] = await read.all(
      "SELECT id, state, reason, cause, fire_at, fire_through, fire_count, available_at, started_at, finished_at " +
        `FROM task_runs${dialect.byIndex("uq_task_runs_fire")} ` +
        "WHERE schedule_id = ? AND fire_at <= ? ORDER BY fire_at DESC LIMIT 1",
      [id, at],
    );
    return row && toFireRow(row);
  }

  async backfillOf(id: string, at: Instant): Promise<BackfillRun | undefined> {
    const { read, dialect } = this.#database;
    // Along the index of batches, as the preview of a backfill: a schedule may have millions of other runs.
    const [row] = await read.all(
      `SELECT id, batch, state FROM task_runs${dialect.byIndex("uq_task_runs_batch")} ` +
        "WHERE batch > '' AND for_at = ? AND +schedule_id = ? ORDER BY id DESC LIMIT 1",
      [at, id],
    );
    if (!row) return undefined;
    return { batch: String(row["batch"]), run: String(row["id"]), state: row["state"] as FireRow["state"] };
  }

  async pausesAt(at: Instant): Promise<ScopedPause[]> {
    const rows = await this.#database.read.all(
      "SELECT * FROM pauses WHERE paused_at < ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY paused_at, id",
      [at, at],
    );
    return rows.map(toPause);
  }

  async #revision(where: string, values: SqlValue[]): Promise<Revision | undefined> {
    const [row] = await this.#database.read.all(
      `SELECT * FROM schedule_revisions WHERE ${where} LIMIT 1`,
      values,
    );
    if (!row) return undefined;
    return {
      revision: Number(row["revision"]),
      from: Number(row["from_instant"]),
      actor: String(row["actor"]),
      action: row["action"] as RevisionAction,
      reason: row["reason"] === null ? null : String(row["reason"]),
      schedule: fromJson(row["definition"]) as Schedule,
    };
  }
}

function toFireRow(row: SqlRow): FireRow {
  const number = (value: unknown) => (value === null ? null : Number(value));
  const text = (value: unknown) => (value === null ? null : String(value));
  return {
    id: String(row["id"]),
    state: row["state"] as FireRow["state"],
    reason: text(row["reason"]),
    cause: text(row["cause"]),
    fireAt: Number(row["fire_at"]),
    fireThrough: number(row["fire_through"]),
    fireCount: number(row["fire_count"]),
    availableAt: Number(row["available_at"]),
    startedAt: number(row["started_at"]),
    finishedAt: number(row["finished_at"]),
  };
}
