// The history of schedules on a database: revisions, the row of an instant, the pauses of a time.
import type { Instant } from "../clock.ts";
import type { BackfillRun, FireRow, Revision, RevisionsAt, ScheduleHistory } from "../schedules/history.ts";
import type { RevisionAction, Schedule } from "../schedules/schedule.ts";
import type { ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import { toPause } from "./pauses.ts";
import { fromJson, type SqlRow, type SqlValue } from "./sql.ts";

/** Revisions on each side of an instant that are read to find the fires beside it. */
const NEAR = 20;

export class DbScheduleHistory implements ScheduleHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async revisionsAt(id: string, at: Instant): Promise<RevisionsAt | undefined> {
    const [[first], [last], upTo, after] = await Promise.all([
      this.#revisions("schedule_id = ? ORDER BY revision", [id], 1),
      this.#revisions("schedule_id = ? ORDER BY revision DESC", [id], 1),
      this.#revisions("schedule_id = ? AND from_instant < ? ORDER BY revision DESC", [id, at], NEAR),
      this.#revisions("schedule_id = ? AND from_instant >= ? ORDER BY revision", [id, at], NEAR),
    ]);
    if (!first || !last) return undefined;
    const [holding, ...earlier] = upTo;
    const isCut = after.length > 0 && after.at(-1)!.revision < last.revision;
    return { first, holding, last, earlier, later: isCut ? [...after, last] : after };
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

  async pausesAt(at: Instant, now: Instant): Promise<ScopedPause[]> {
    const rows = await this.#database.read.all(
      "SELECT * FROM pauses WHERE (paused_at < ? AND (ended_at IS NULL OR ended_at > ?)) OR (paused_at > ? AND ended_at IS NULL) ORDER BY paused_at, id",
      [at, at, now],
    );
    return rows.map(toPause);
  }

  async #revisions(where: string, values: SqlValue[], limit: number): Promise<Revision[]> {
    const rows = await this.#database.read.all(`SELECT * FROM schedule_revisions WHERE ${where} LIMIT ?`, [
      ...values,
      limit,
    ]);
    return rows.map((row) => ({
      revision: Number(row["revision"]),
      from: Number(row["from_instant"]),
      actor: String(row["actor"]),
      action: row["action"] as RevisionAction,
      reason: row["reason"] === null ? null : String(row["reason"]),
      schedule: fromJson(row["definition"]) as Schedule,
    }));
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
