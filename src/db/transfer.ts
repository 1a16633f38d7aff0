// Every row of one database as lines of JSON, and back into an empty one, whichever of the two databases either is.
import { createHash } from "node:crypto";
import type { EntityMetadata } from "typeorm";
import { conflict, ExpectedError } from "../errors.ts";
import type { Database } from "./database.ts";
import { alone, ImportHold, refuseUnfinished } from "./import-hold.ts";
import { jsonLine } from "../lines.ts";
import { migrate, pendingMigrations } from "./open.ts";
import { countSealed, withoutKey, withoutKeyInWords } from "./secret-rotation.ts";
import { deriveKey, Vault } from "./secrets.ts";
import type { SqlRow, SqlValue } from "./sql.ts";

const FORMAT = 2;
const ROWS = 200;
/** A statement stays far below the 16 MB that a server takes at once. */
const BYTES = 1024 * 1024;

interface Header {
  jobmount: "export";
  format: number;
  migrations: string[];
  /** A mark of each key of the secrets, which tells nothing about it. */
  keys: string[];
}
type Line =
  Header | { table: string; columns: string[] } | SqlValue[] | { end: true; rows: number; sha256: string };

export interface Transferred {
  tables: number;
  rows: number;
}

/**
 * Hands out line by line, tables by their name and rows by their key; the last line counts them and has the hash of all
 * lines before it. The same rows under the same keys make the same text. Refuses (`unreadable_secrets`) when keys of secrets
 * are missing, unless it is to be `withUnreadable`: whoever takes such an export for a whole one finds out too late.
 */
export async function exportAll(
  database: Database,
  keys: readonly string[],
  out: (text: string) => void,
  options: { withUnreadable?: boolean } = {},
): Promise<Transferred> {
  const pending = await pendingMigrations(database);
  if (pending.length > 0)
    throw conflict("schema_behind", `the schema lacks ${pending.join(", ")}; run: npx jobmount migrate up`);
  await refuseUnfinished(database);
  if (!options.withUnreadable) await refuseUnreadable(database, keys);
  const hash = createHash("sha256");
  const line = (text: string) => {
    hash.update(`${text}\n`);
    out(text);
  };
  const migrations = migrationsOf(database);
  const header: Header = { jobmount: "export", format: FORMAT, migrations, keys: keys.map(markOf) };
  line(jsonLine(header));
  let rows = 0;
  const tables = tablesOf(database);
  for (const table of tables) {
    const columns = table.columns.map((column) => column.databaseName);
    line(jsonLine({ table: table.tableName, columns }));
    for await (const some of slices(database, table, columns)) {
      for (const row of some) line(jsonLine(columns.map((name) => toLine(row[name]))));
      rows += some.length;
    }
  }
  out(JSON.stringify({ end: true, rows, sha256: hash.digest("hex") }));
  return { tables: tables.length, rows };
}

/**
 * Brings the schema up and fills it. The database must be empty; what an import left that was broken off is removed
 * first. Throws, and leaves it empty, when a line is not one, was changed or is missing at the end, or when a key is
 * missing. Nobody else imports meanwhile, and what is no longer this import's is left alone.
 */
export function importAll(
  database: Database,
  keys: readonly string[],
  lines: AsyncIterable<string>,
): Promise<Transferred> {
  return alone(database, async () => {
    await migrate(database);
    const hold = await ImportHold.take(
      database,
      tablesOf(database).map(({ tableName }) => tableName),
    );
    try {
      const done = await fill(database, hold, keys, lines);
      await hold.finish();
      return done;
    } catch (error) {
      await hold.giveUp();
      throw error;
    }
  });
}

async function refuseUnreadable(database: Database, keys: readonly string[]): Promise<void> {
  const found = withoutKeyInWords(await secretsWithoutKey(database, keys));
  if (found === undefined) return;
  throw conflict(
    "unreadable_secrets",
    `${found}, so nothing was exported. Add the missing key behind the others, or export without it: npx jobmount export --with-unreadable`,
  );
}

/** How many values of the database none of these keys opens, by the id of their key. */
export async function secretsWithoutKey(
  database: Database,
  keys: readonly string[],
): Promise<Record<string, number>> {
  const vault = new Vault(keys);
  return withoutKey(await countSealed(database, vault), vault);
}

async function fill(
  database: Database,
  hold: ImportHold,
  keys: readonly string[],
  lines: AsyncIterable<string>,
): Promise<Transferred> {
  const tables = new Map(tablesOf(database).map((table) => [table.tableName, table]));
  const seen = new Set<string>();
  let batch: SqlValue[][] = [];
  let bytes = 0;
  let into: { table: string; columns: string[]; blobs: boolean[] } | undefined;
  let [n, rows] = [0, 0];
  let ended = false;
  const hash = createHash("sha256");
  const flush = async () => {
    const [ready, target] = [batch, into];
    [batch, bytes] = [[], 0];
    if (ready.length > 0) await hold.write((sql) => sql.insert(target!.table, target!.columns, ready));
  };
  for await (const text of lines) {
    n++;
    if (text === "") continue;
    const line = parse(text, n);
    if (Array.isArray(line) || !("end" in line)) hash.update(`${text}\n`);
    if (n === 1) checkHeader(line as Header, database, keys);
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
      if (line.sha256 !== hash.digest("hex")) throw wrong(n, "a line before it was changed");
      ended = true;
    }
  }
  if (!ended) throw wrong(n + 1, "the last line is missing: the export was cut off");
  return { tables: seen.size, rows };
}

function checkHeader(header: Partial<Header>, database: Database, keys: readonly string[]): void {
  if (header.jobmount !== "export" || header.format !== FORMAT)
    throw wrong(1, "this is no export of Jobmount, or one of another format");
  const own = migrationsOf(database).join(", ");
  const theirs = header.migrations?.join(", ");
  if (own !== theirs)
    throw wrong(
      1,
      `it was made with another schema (${theirs}; here ${own}); use the same version of Jobmount`,
    );
  const here = new Set(keys.map(markOf));
  if (header.keys?.every((mark) => here.has(mark)) !== true)
    throw wrong(
      1,
      "its secrets were sealed with a key that is not here; set JOBMOUNT_SECRET_KEY to what it was where the export was made " +
        "(several keys with commas between them), or JOBMOUNT_SECRET_KEY_FILE to the file that held them, one a line, such as a copy of data/secret.key",
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

function tablesOf(database: Database): EntityMetadata[] {
  return [...database.dataSource.entityMetadatas].sort((a, b) => (a.tableName < b.tableName ? -1 : 1));
}

function migrationsOf(database: Database): string[] {
  return database.dataSource.migrations.map((migration) => migration.name!);
}

/** The same for the same key, so that two exports of the same rows are the same. */
const markOf = (key: string) => Buffer.from(deriveKey(key, "mark in an export v1")).toString("base64url");

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
