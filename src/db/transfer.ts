// Every row of one database as lines of JSON, and back into an empty one, whichever of the two databases either is.
import type { EntityMetadata } from "typeorm";
import { conflict, ExpectedError } from "../errors.ts";
import type { Database } from "./database.ts";
import { migrate, pendingMigrations } from "./open.ts";
import { SettingsStore } from "./settings-store.ts";
import type { SqlRow, SqlValue } from "./sql.ts";

const FORMAT = 1;
const ROWS = 200;
/** A statement stays far below the 16 MB that a server takes at once. */
const BYTES = 1024 * 1024;
/** A service writes its beat every few seconds. */
const AT_WORK_MS = 30_000;
/** There while rows come in: a database that holds a part of them is no database yet. */
const UNFINISHED = "import_unfinished";

interface Header {
  jobmount: "export";
  format: number;
  migrations: string[];
}
type Line = Header | { table: string; columns: string[] } | SqlValue[] | { end: true; rows: number };

export interface Transferred {
  tables: number;
  rows: number;
}

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

/** Hands out line by line, tables by their name and rows by their key; the last line counts them. */
export async function exportAll(database: Database, line: (text: string) => void): Promise<Transferred> {
  const pending = await pendingMigrations(database);
  if (pending.length > 0)
    throw conflict("schema_behind", `the schema lacks ${pending.join(", ")}; run: npx jobmount migrate up`);
  await refuseUnfinished(database);
  const header: Header = { jobmount: "export", format: FORMAT, migrations: migrationsOf(database) };
  line(JSON.stringify(header));
  let rows = 0;
  const tables = tablesOf(database);
  for (const table of tables) {
    const columns = table.columns.map((column) => column.databaseName);
    line(JSON.stringify({ table: table.tableName, columns }));
    for await (const some of slices(database, table, columns)) {
      for (const row of some) line(JSON.stringify(columns.map((name) => toLine(row[name]))));
      rows += some.length;
    }
  }
  line(JSON.stringify({ end: true, rows }));
  return { tables: tables.length, rows };
}

/**
 * Brings the schema up and fills it. The database must be empty; what an import left that was broken off is removed
 * first. Throws, and leaves it empty, when a line is not one or the last one is missing.
 */
export async function importAll(database: Database, lines: AsyncIterable<string>): Promise<Transferred> {
  await migrate(database);
  const settings = new SettingsStore(database);
  if ((await settings.get(UNFINISHED)) !== undefined) await clear(database);
  await refuseFull(database);
  await settings.set(UNFINISHED, new Date(database.now()).toISOString());
  try {
    const done = await fill(database, lines);
    await database.write((sql) => sql.run("DELETE FROM settings WHERE name = ?", [UNFINISHED]));
    return done;
  } catch (error) {
    await clear(database);
    throw error;
  }
}

/** A service that started on half of the rows would fire what the other half says was done. */
export async function refuseUnfinished(database: Database): Promise<void> {
  if ((await new SettingsStore(database).get(UNFINISHED)) === undefined) return;
  throw conflict(
    "import_unfinished",
    "an import into this database was broken off; do it again (jobmount import), it begins anew by itself",
  );
}

async function fill(database: Database, lines: AsyncIterable<string>): Promise<Transferred> {
  const tables = new Map(tablesOf(database).map((table) => [table.tableName, table]));
  const seen = new Set<string>();
  let batch: SqlValue[][] = [];
  let bytes = 0;
  let into: { table: string; columns: string[]; blobs: boolean[] } | undefined;
  let [n, rows] = [0, 0];
  let ended = false;
  const flush = async () => {
    const [ready, target] = [batch, into];
    [batch, bytes] = [[], 0];
    if (ready.length > 0) await database.write((sql) => sql.insert(target!.table, target!.columns, ready));
  };
  for await (const text of lines) {
    n++;
    if (text === "") continue;
    const line = parse(text, n);
    if (n === 1) checkHeader(line as Header, database);
    else if (ended) throw wrong(n, "something follows the last line");
    else if (Array.isArray(line)) {
      if (line.length !== into?.columns.length) throw wrong(n, "it has not the columns of its table");
      batch.push(line.map((value, i) => (into!.blobs[i] ? fromLine(value) : value)));
      bytes += text.length;
      rows++;
      if (batch.length >= ROWS || bytes >= BYTES) await flush();
    } else if ("table" in line) {
      await flush();
      const table = tables.get(line.table);
      const known = new Map(table?.columns.map((column) => [column.databaseName, column.type]));
      const strange = line.columns.find((name) => !known.has(name));
      if (!table || strange !== undefined || seen.has(line.table))
        throw wrong(
          n,
          `the table ${line.table}${table && strange ? ` has no column ${strange}` : " is not known"}`,
        );
      seen.add(line.table);
      into = { ...line, blobs: line.columns.map((name) => known.get(name) === "blob") };
    } else if ("end" in line) {
      await flush();
      if (line.rows !== rows) throw wrong(n, `it says ${line.rows} rows, and ${rows} came`);
      ended = true;
    }
  }
  if (!ended) throw wrong(n + 1, "the last line is missing: the export was cut off");
  return { tables: seen.size, rows };
}

function checkHeader(header: Partial<Header>, database: Database): void {
  if (header.jobmount !== "export" || header.format !== FORMAT)
    throw wrong(1, "this is no export of Jobmount, or one of another format");
  const own = migrationsOf(database).join(", ");
  const theirs = header.migrations?.join(", ");
  if (own !== theirs)
    throw wrong(
      1,
      `it was made with another schema (${theirs}; here ${own}); use the same version of Jobmount`,
    );
}

async function* slices(
  database: Database,
  table: EntityMetadata,
  columns: readonly string[],
): AsyncGenerator<SqlRow[]> {
  const keys = table.primaryColumns.map((column) => column.databaseName);
  const order = keys.join(", ");
  let after: SqlValue[] | undefined;
  for (;;) {
    const where = after ? ` WHERE (${order}) > (${keys.map(() => "?").join(", ")})` : "";
    const rows = await database.read.all(
      `SELECT ${columns.join(", ")} FROM ${table.tableName}${where} ORDER BY ${order} LIMIT ${ROWS}`,
      after ?? [],
    );
    yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < ROWS) return;
    after = keys.map((name) => last[name] as SqlValue);
  }
}

async function refuseFull(database: Database): Promise<void> {
  for (const { tableName } of tablesOf(database)) {
    const [row] = await database.read.all(`SELECT 1 AS one FROM ${tableName} LIMIT 1`);
    if (row)
      throw conflict(
        "database_not_empty",
        `the table ${tableName} of this database holds something already; an import takes an empty database`,
      );
  }
}

/** The mark goes last, so that being killed in here is found as well. */
async function clear(database: Database): Promise<void> {
  for (const { tableName } of tablesOf(database)) {
    if (tableName === "settings") continue;
    await database.write((sql) => sql.run(`DELETE FROM ${tableName}`));
  }
  await database.write((sql) => sql.run("DELETE FROM settings"));
}

function tablesOf(database: Database): EntityMetadata[] {
  return [...database.dataSource.entityMetadatas].sort((a, b) => (a.tableName < b.tableName ? -1 : 1));
}

function migrationsOf(database: Database): string[] {
  return database.dataSource.migrations.map((migration) => migration.name!);
}

function toLine(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  // A server with its own type for JSON may hand it out parsed.
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

const fromLine = (value: SqlValue) => (value === null ? null : Buffer.from(String(value), "base64"));

function parse(text: string, n: number): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    throw wrong(n, "it is not JSON");
  }
}

function wrong(n: number, why: string): ExpectedError {
  return new ExpectedError(
    422,
    "not_an_export",
    `line ${n} of what is imported: ${why}. Nothing was imported.`,
  );
}
