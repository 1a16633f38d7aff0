// The durable values of jobs on a database, for people; runs read and write them through the run store.
import type { Instant } from "../clock.ts";
import type { JobValues, JobValueStore } from "../runs/job-values.ts";
import type { Database } from "./database.ts";
import { fromJson, jsonText } from "./sql.ts";

const OF_SCOPE = "source = ? AND job_key = ? AND scope = ?";

export class DbJobValueStore implements JobValueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async of(source: string, jobKey: string, scope: string): Promise<JobValues> {
    const rows = await this.#database.read.all(
      `SELECT state_key, value, updated_at FROM job_state WHERE ${OF_SCOPE} ORDER BY state_key`,
      [source, jobKey, scope],
    );
    const times = rows.map((row) => Number(row["updated_at"]));
    return {
      values: new Map(rows.map((row) => [String(row["state_key"]), fromJson(row["value"])])),
      updatedAt: times.length > 0 ? Math.max(...times) : null,
    };
  }

  async scopesOf(source: string, jobKey: string, limit: number): Promise<string[]> {
    const rows = await this.#database.read.all(
      "SELECT DISTINCT scope FROM job_state WHERE source = ? AND job_key = ? AND scope > '' ORDER BY scope LIMIT ?",
      [source, jobKey, limit],
    );
    return rows.map((row) => String(row["scope"]));
  }

  async replace(
    source: string,
    jobKey: string,
    scope: string,
    values: ReadonlyMap<string, unknown>,
    now: Instant,
  ): Promise<void> {
    await this.#database.write(async (sql) => {
      await sql.run(`DELETE FROM job_state WHERE ${OF_SCOPE}`, [source, jobKey, scope]);
      if (values.size === 0) return;
      await sql.insert(
        "job_state",
        ["source", "job_key", "scope", "state_key", "value", "updated_at"],
        [...values].map(([key, value]) => [source, jobKey, scope, key, jsonText(value), now]),
      );
    });
  }
}
