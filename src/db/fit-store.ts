// The FitStore on a database: a schedule names the digest of the params that it was held against, a job that it has.
import type { FitStore, Unchecked } from "../schedules/fit.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Database } from "./database.ts";
import { toSchedule } from "./schedule-row.ts";
import { fromJson, markValues, marks, type SqlValue } from "./sql.ts";

const UNCHECKED =
  "SELECT s.*, j.current_version, j.params_digest, v.spec AS job_spec FROM schedules s " +
  "JOIN jobs j ON j.source = s.source AND j.job_key = s.job_key " +
  "JOIN job_versions v ON v.hash = j.current_version " +
  "WHERE j.params_digest IS NOT NULL AND (s.params_checked IS NULL OR s.params_checked <> j.params_digest)";

export class DbFitStore implements FitStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async unchecked(limit: number, job?: { source: string; jobKey: string }, after = ""): Promise<Unchecked[]> {
    const values: SqlValue[] = [after, ...(job ? [job.source, job.jobKey] : [])];
    const where = job ? " AND s.source = ? AND s.job_key = ?" : "";
    const rows = await this.#database.read.all(`${UNCHECKED} AND s.id > ?${where} ORDER BY s.id LIMIT ?`, [
      ...values,
      limit,
    ]);
    const found = new Map<string, Unchecked>();
    for (const row of rows) {
      const schedule = toSchedule(row);
      const { source, jobKey } = schedule;
      const name = `${source}:${jobKey}`;
      const group = found.get(name) ?? {
        source,
        jobKey,
        version: String(row["current_version"]),
        spec: fromJson(row["job_spec"]) as Unchecked["spec"],
        digest: String(row["params_digest"]),
        schedules: [],
      };
      found.set(name, group);
      group.schedules.push(schedule);
    }
    return [...found.values()];
  }

  async checked(schedules: readonly Pick<Schedule, "id" | "revision">[], digest: string): Promise<void> {
    if (schedules.length === 0) return;
    await this.#database.write((sql) =>
      sql.update(
        "schedules",
        ["params_checked"],
        ["id", "revision"],
        "revision > 0",
        schedules.map(({ id, revision }) => [digest, id, revision]),
      ),
    );
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#database.write((sql) =>
      sql.run(
        `UPDATE schedules SET params_checked = NULL WHERE id IN (${marks(ids.length)})`,
        markValues(ids),
      ),
    );
  }
}
