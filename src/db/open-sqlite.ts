// Opens the embedded database: libsql through TypeORM, one writer behind the gate, one read-only connection.
import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Libsql from "libsql";
import { DataSource } from "typeorm";
import { migrations } from "../../migrations/index.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";
import { sqlite } from "./dialect.ts";
import { entities } from "./entities.ts";
import { makeFolder } from "./folder.ts";
import { Gate } from "./gate.ts";
import { type SqliteHandle, SqliteSql } from "./sqlite-sql.ts";

export interface SqliteOptions {
  path: string;
  clock: Clock;
  onFault(error: unknown): void;
}

/** Opens (and makes) the file; the schema is brought up by `migrate`. */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  makeFolder(dirname(options.path));
  // Readable by its owner alone, whoever may pass through its folder; SQLite gives -wal and -shm the same rights.
  closeSync(openSync(options.path, "a", 0o600));
  let handle: SqliteHandle | undefined;
  const dataSource = new DataSource({
    type: "better-sqlite3",
    driver: Libsql,
    database: options.path,
    entities,
    migrations,
    migrationsTransactionMode: "each",
    prepareDatabase: (opened: SqliteHandle) => {
      handle = opened;
      // WAL lets the reader read while we write; FULL makes a commit durable when it answers (A1). The log is taken over
      // into the file every 16 MB instead of 4: it happens within a commit, and 10,000 fires of one second write 15.
      opened.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000; " +
          "PRAGMA wal_autocheckpoint = 4000;",
      );
    },
  });
  await dataSource.initialize();
  const writerSql = new SqliteSql(handle!);
  const gate = new Gate(
    {
      begin: async () => {
        writerSql.exec("BEGIN IMMEDIATE");
        return writerSql;
      },
      commit: async () => writerSql.exec("COMMIT"),
      rollback: async () => {
        try {
          writerSql.exec("ROLLBACK");
        } catch {
          // SQLite had already rolled back by itself (full disk, for one).
        }
      },
    },
    options.onFault,
  );
  let reader: SqliteHandle | undefined;
  let readerSql: SqliteSql | undefined;
  return {
    dialect: sqlite,
    dataSource,
    gate,
    endGate: gate,
    claimGate: gate,
    get read() {
      // Opened late: a read-only connection cannot make the file.
      if (!readerSql) {
        reader = new Libsql(options.path, { readonly: true, timeout: 5000 }) as unknown as SqliteHandle;
        readerSql = new SqliteSql(reader);
      }
      return readerSql;
    },
    write: (work) => gate.write(work),
    now: () => options.clock.now(),
    async close() {
      await gate.close();
      reader?.close();
      try {
        // The reader's statements keep the file open until they are collected, so closing alone does not empty the log;
        // whoever copies the file of a service that is down expects all of it there.
        writerSql.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      } catch (error) {
        options.onFault(error);
      }
      await dataSource.destroy();
    },
  };
}
