// The data database of a job, on SQLite and on MariaDB, looked at from outside the job.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import mysql from "mysql2/promise";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";

export interface DataDatabase {
  url: string;
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Runs `work` and answers whether anything was written to the database meanwhile. */
  wroteDuring(work: () => Promise<unknown>): Promise<boolean>;
  close(): Promise<void>;
}

export interface Kind {
  name: string;
  available: () => boolean;
  open(): Promise<DataDatabase>;
}

export const KINDS: Kind[] = [
  { name: "sqlite", available: () => true, open: openSqlite },
  { name: "mariadb", available: mariadbAvailable, open: openMariadb },
];

async function openSqlite(): Promise<DataDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "jobmount-data-"));
  const path = join(folder, "not", "yet", "there.db");
  const query = async (sql: string) => {
    const database = new Libsql(path, { timeout: 1_000 });
    try {
      return database.prepare(sql).reader
        ? (database.prepare(sql).all() as Record<string, unknown>[])
        : (database.exec(sql), []);
    } finally {
      database.close();
    }
  };
  return {
    url: `sqlite:${path}`,
    query,
    async wroteDuring(work) {
      // data_version moves in an open connection when any other one commits a write.
      const watcher = new Libsql(path);
      try {
        const version = () => JSON.stringify(watcher.pragma("data_version"));
        const before = version();
        await work();
        return version() !== before;
      } finally {
        watcher.close();
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openMariadb(): Promise<DataDatabase> {
  const url = await (await sharedMariadb()).database();
  const connection = await mysql.createConnection(url);
  const query = async (sql: string) => {
    const [rows] = await connection.query(sql);
    return rows as Record<string, unknown>[];
  };
  const written = async () =>
    JSON.stringify(
      await query(
        "SHOW GLOBAL STATUS WHERE Variable_name RLIKE '^(Innodb_rows_(inserted|updated|deleted)|Com_(insert|update|delete|create_table|replace))$'",
      ),
    );
  return {
    url,
    query,
    async wroteDuring(work) {
      const before = await written();
      await work();
      return (await written()) !== before;
    },
    close: () => connection.end(),
  };
}
