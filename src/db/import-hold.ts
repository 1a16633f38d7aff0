// Who may fill a database: a lock of the server while the import lives, and a mark with its name that each write is tied to.
import { randomUUID } from "node:crypto";
import { conflict, type ExpectedError } from "../errors.ts";
import type { Database } from "./database.ts";
import { pendingMigrations } from "./open.ts";
import { SettingsStore } from "./settings-store.ts";
import { isDuplicate, type Sql } from "./sql.ts";

/** There while rows come in: a database that holds a part of them is no database yet. */
const UNFINISHED = "import_unfinished";
/** A service writes its beat every few seconds. */
const AT_WORK_MS = 30_000;
/** A lock has its server for its scope, not a database. */
const LOCK = "CONCAT('jobmount.import.', SHA1(DATABASE()))";

/** Throws a 409 while a service works on the database: it would go on behind what was read. */
export async function refuseWhileAtWork(database: Database): Promise<void> {
  if ((await pendingMigrations(database)).length > 0) return;
  const [row] = await database.read.all(
    "SELECT COUNT(*) AS n FROM up_times WHERE stopped_at IS NULL AND beaten_at > ?",
    [database.now() - AT_WORK_MS],
  );
  if (Number(row?.["n"]) > 0)
    throw conflict(
      "database_in_use",
      "a service works on this database; stop it first (after a kill, wait 30 s) and do this again",
    );
}

/** A service that started on half of the rows would fire what the other half says was done. */
export async function refuseUnfinished(database: Database): Promise<void> {
  if ((await new SettingsStore(database).get(UNFINISHED)) === undefined) return;
  throw conflict(
    "import_unfinished",
    "an import into this database goes on or was broken off; if it was, do it again (jobmount import), it begins anew by itself",
  );
}

/**
 * Calls `work` while no other import can begin; throws a 409 when one is under way. On SQLite whoever opens the file has
 * it for itself already.
 */
export async function alone<T>(database: Database, work: () => Promise<T>): Promise<T> {
  if (database.dialect.name === "sqlite") return work();
  const runner = database.dataSource.createQueryRunner();
  try {
    const [got] = (await runner.query(`SELECT GET_LOCK(${LOCK}, 0) AS ok`)) as { ok: unknown }[];
    if (Number(got?.ok) !== 1) throw another();
    return await work();
  } finally {
    // A connection that was lost meanwhile has freed it.
    await runner.query(`SELECT RELEASE_LOCK(${LOCK})`).catch(() => undefined);
    await runner.release();
  }
}

/**
 * The mark of one import. A lock can be lost with its connection while its owner stands still, so every write asks in its
 * own transaction whether the mark is still this one's.
 */
export class ImportHold {
  readonly #database: Database;
  readonly #tables: readonly string[];
  readonly #name: string;

  private constructor(database: Database, tables: readonly string[]) {
    this.#database = database;
    this.#tables = tables;
    this.#name = `${new Date(database.now()).toISOString()} ${randomUUID()}`;
  }

  /** Marks the database, which must be empty; what an import left that was broken off is removed first. */
  static async take(database: Database, tables: readonly string[]): Promise<ImportHold> {
    const hold = new ImportHold(database, tables);
    const earlier = await new SettingsStore(database).get(UNFINISHED);
    if (earlier === undefined) {
      await hold.#begin();
    } else {
      await refuseWhileAtWork(database);
      await database.write((sql) => hold.#rename(sql, earlier));
      await hold.#empty();
    }
    return hold;
  }

  /** As the database's own, or a 409 that leaves everything as it is when the mark is no longer this one's. */
  write(work: (sql: Sql) => Promise<void>): Promise<void> {
    return this.#database.write(async (sql) => {
      await this.#rename(sql, this.#name);
      await work(sql);
    });
  }

  async finish(): Promise<void> {
    await this.write(
      async (sql) => void (await sql.run("DELETE FROM settings WHERE name = ?", [UNFINISHED])),
    );
  }

  /** Removes all rows, and the mark last, so that being killed in here is found as well. */
  async giveUp(): Promise<void> {
    await this.#empty();
    await this.finish();
  }

  async #empty(): Promise<void> {
    for (const table of this.#tables) {
      const rows = table === "settings" ? " WHERE name <> ?" : "";
      await this.write(
        async (sql) => void (await sql.run(`DELETE FROM ${table}${rows}`, rows ? [UNFINISHED] : [])),
      );
    }
  }

  /** In one transaction: a mark on a database that is full, left by a kill, would have the next import empty it. */
  async #begin(): Promise<void> {
    try {
      await this.#database.write(async (sql) => {
        await sql.insert("settings", ["name", "value"], [[UNFINISHED, this.#name]]);
        for (const table of this.#tables) {
          const [row] = await sql.all(
            table === "settings"
              ? `SELECT 1 AS one FROM settings WHERE name <> '${UNFINISHED}' LIMIT 1`
              : `SELECT 1 AS one FROM ${table} LIMIT 1`,
          );
          if (row)
            throw conflict(
              "database_not_empty",
              `the table ${table} of this database holds something already; an import takes an empty database`,
            );
        }
      });
    } catch (error) {
      throw isDuplicate(error) ? another() : error;
    }
  }

  /** An update holds the row up to the commit, on both databases. */
  async #rename(sql: Sql, from: string): Promise<void> {
    const matched = await sql.run("UPDATE settings SET value = ? WHERE name = ? AND value = ?", [
      this.#name,
      UNFINISHED,
      from,
    ]);
    if (matched === 0) throw another();
  }
}

function another(): ExpectedError {
  return conflict(
    "import_running",
    "another import has this database; let it end, and look what it made before you do anything",
  );
}
