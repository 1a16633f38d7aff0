// Sql on one libsql connection: prepared statements kept by their text, everything synchronous underneath.
import { jsonText, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** The part of libsql (and better-sqlite3) that we use. */
export interface SqliteHandle {
  prepare(text: string): SqliteStatement;
  exec(text: string): void;
  pragma?(text: string): unknown;
  close(): void;
}
interface SqliteStatement {
  run(values: readonly SqlValue[]): { changes: number };
  all(values: readonly SqlValue[]): unknown[][];
  /** Rows as arrays instead of objects. */
  raw(): unknown;
  columns(): { name: string }[];
}

interface Prepared {
  statement: SqliteStatement;
  /** Of the rows that it answers; read when they are first asked for. */
  names: readonly string[] | undefined;
}

/** From so many rows on, one statement for all is cheaper than one a row. */
const MANY = 8;

export class SqliteSql implements Sql {
  readonly #handle: SqliteHandle;
  readonly #statements = new Map<string, Prepared>();

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  exec(text: string): void {
    this.#handle.exec(text);
  }

  async all(text: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    const prepared = this.#prepared(text);
    if (!prepared.names) {
      // libsql takes twice as long for objects as for arrays (measured, rows of 30 columns).
      prepared.statement.raw();
      prepared.names = prepared.statement.columns().map((column) => column.name);
    }
    const { statement, names } = prepared;
    return statement.all(given(values)).map((row) => {
      const object: SqlRow = {};
      for (let i = 0; i < names.length; i++) object[names[i]!] = taken(row[i]);
      return object;
    });
  }

  async run(text: string, values: readonly SqlValue[] = []): Promise<number> {
    return this.#prepared(text).statement.run(given(values)).changes;
  }

  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const into = `INSERT INTO ${table} (${columns.join(", ")})`;
    if (rows.length >= MANY && rows.every((row) => row.every(isJson))) return this.#insertMany(into, rows);
    const { statement } = this.#prepared(`${into} VALUES (${columns.map(() => "?").join(", ")})`);
    for (const row of rows) statement.run(given(row));
  }

  /** What differs travels as one JSON text: binding each value by itself costs more than all else (measured). */
  #insertMany(into: string, rows: readonly (readonly SqlValue[])[]): void {
    const first = rows[0]!;
    const differs = first.map((value, i) => rows.some((row) => row[i] !== value));
    const places = [...first.keys()].filter((i) => differs[i]);
    let n = 0;
    const values = differs.map((it) => (it ? `value ->> ${n++}` : "?"));
    const { statement } = this.#prepared(`${into} SELECT ${values.join(", ")} FROM json_each(?)`);
    const json = jsonText(rows.map((row) => given(places.map((i) => row[i]!))));
    statement.run([...given(first.filter((_, i) => !differs[i])), json]);
  }

  async update(
    table: string,
    columns: readonly string[],
    keys: readonly string[],
    guard: string,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<number> {
    const set = columns.map((column) => `${column} = ?`).join(", ");
    const where = [...keys.map((key) => `${key} = ?`), guard].join(" AND ");
    const { statement } = this.#prepared(`UPDATE ${table} SET ${set} WHERE ${where}`);
    let matched = 0;
    for (const row of rows) matched += statement.run(given(row)).changes;
    return matched;
  }

  #prepared(text: string): Prepared {
    let prepared = this.#statements.get(text);
    if (!prepared) {
      // Texts are few by construction (marks() pads its lists); this bound only guards against a leak.
      if (this.#statements.size > 500) this.#statements.clear();
      prepared = { statement: this.#handle.prepare(text), names: undefined };
      this.#statements.set(text, prepared);
    }
    return prepared;
  }
}

/** Comes through JSON as it is: the numbers of ours are whole or short of it, bytes are not JSON. */
function isJson(value: SqlValue): boolean {
  return value === null || typeof value === "string" || Number.isFinite(value);
}

// libsql reads a text only up to its first NUL (measured with 0.5), so that one is written as two other characters: one
// that Unicode reserves for the inner use of programs, and a digit. Whoever writes it by itself gets it back too.
const STAND_IN = "\uFDD0";

function given(values: readonly SqlValue[]): readonly SqlValue[] {
  const odd = (value: SqlValue) =>
    typeof value === "string" && (value.includes("\0") || value.includes(STAND_IN));
  if (!values.some(odd)) return values;
  return values.map((value) =>
    typeof value === "string"
      ? value.replaceAll(STAND_IN, `${STAND_IN}1`).replaceAll("\0", `${STAND_IN}0`)
      : value,
  );
}

/** A value as it was given, once it is read. */
export function taken(value: unknown): unknown {
  if (typeof value !== "string" || !value.includes(STAND_IN)) return value;
  return value.replace(/\uFDD0([01])/g, (_found, digit) => (digit === "0" ? "\0" : STAND_IN));
}
