// The queries of a page against real databases: the sqlite3 command where there is one, a MySQL client for the server.
import { execFileSync } from "node:child_process";
import Libsql from "libsql";
import mysql from "mysql2/promise";

export type SqlRow = Record<string, unknown>;

/** With the sqlite3 command, as the page says; through the service's own driver where it is not installed. */
export function askSqlite(file: string, query: string): SqlRow[] {
  if (hasSqlite3()) {
    const text = execFileSync("sqlite3", ["-readonly", "-json", file], { input: query, encoding: "utf8" });
    return text.trim() === "" ? [] : (JSON.parse(text) as SqlRow[]);
  }
  const database = new Libsql(file, { readonly: true });
  try {
    return database.prepare(query).all() as SqlRow[];
  } finally {
    database.close();
  }
}

export async function askMysql(url: string, query: string): Promise<SqlRow[]> {
  const connection = await mysql.createConnection({ uri: url, dateStrings: true });
  try {
    const [rows] = await connection.query(query);
    return rows as SqlRow[];
  } finally {
    await connection.end();
  }
}

export function hasSqlite3(): boolean {
  try {
    execFileSync("sqlite3", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
