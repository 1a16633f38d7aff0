// The SourceStore on a database: a row a source, written by every process that has it, under the lock of that row.
import { nextLife, type SourceLife, type SourceStore, type SourceWord } from "../catalog/source-lives.ts";
import type { Instant } from "../clock.ts";
import type { Database } from "./database.ts";
import { isDuplicate, type Sql, type SqlRow } from "./sql.ts";

const COLUMNS = ["seen_at", "available_at", "writer", "writer_until"];

export class DbSourceStore implements SourceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async beat(
    replica: string,
    words: readonly SourceWord[],
    now: Instant,
    leaseMs: number,
  ): Promise<SourceLife[]> {
    // Sorted, so that two processes never wait for each other crosswise.
    const sorted = [...words].sort((a, b) => (a.name < b.name ? -1 : 1));
    const write = () =>
      this.#database.write(async (sql) => {
        for (const word of sorted) await this.#say(sql, replica, word, now, leaseMs);
        return (await sql.all("SELECT * FROM sources ORDER BY name")).map(toLife);
      });
    try {
      return await write();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // Another process was the first to name it, between our look and our insert.
      return write();
    }
  }

  async giveUp(replica: string): Promise<void> {
    await this.#database.write((sql) =>
      sql.run("UPDATE sources SET writer = NULL, writer_until = 0 WHERE writer = ?", [replica]),
    );
  }

  async counts(): Promise<Map<string, { jobs: string[]; schedules: number }>> {
    const { read } = this.#database;
    const counts = new Map<string, { jobs: string[]; schedules: number }>();
    const of = (row: SqlRow) => {
      const source = String(row["source"]);
      const count = counts.get(source) ?? { jobs: [], schedules: 0 };
      counts.set(source, count);
      return count;
    };
    for (const row of await read.all("SELECT source, job_key FROM jobs ORDER BY source, job_key"))
      of(row).jobs.push(String(row["job_key"]));
    for (const row of await read.all(
      "SELECT source, COUNT(*) AS n FROM schedules WHERE enabled = 1 GROUP BY source ORDER BY source",
    ))
      of(row).schedules = Number(row["n"]);
    return counts;
  }

  async #say(sql: Sql, replica: string, word: SourceWord, now: Instant, leaseMs: number): Promise<void> {
    const { forUpdate } = this.#database.dialect;
    const [row] = await sql.all(`SELECT * FROM sources WHERE name = ?${forUpdate}`, [word.name]);
    const life = nextLife(row && toLife(row), word, replica, now, leaseMs);
    const values = [life.seenAt, life.availableAt, life.writer, life.writerUntil, life.name];
    if (row) await sql.update("sources", COLUMNS, ["name"], "seen_at >= 0", [values]);
    else await sql.insert("sources", [...COLUMNS, "name"], [values]);
  }
}

function toLife(row: SqlRow): SourceLife {
  return {
    name: String(row["name"]),
    seenAt: Number(row["seen_at"]),
    availableAt: row["available_at"] === null ? null : Number(row["available_at"]),
    writer: row["writer"] === null ? null : String(row["writer"]),
    writerUntil: Number(row["writer_until"]),
  };
}
