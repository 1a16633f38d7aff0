// Sql on one libsql connection: prepared statements kept by their text, everything synchronous underneath.
import type { Sql, SqlRow, SqlValue } from "./sql.ts";

/** The part of libsql (and better-sqlite3) that we use. */
export interface SqliteHandle {
  prepare(text: string): SqliteStatement;
  exec(text: string): void;
  pragma?(text: string): unknown;
  close(): void;
}
interface SqliteStatement {
  run(...values: SqlValue[]): { changes: number };
  all(...values: SqlValue[]): SqlRow[];
}

export class SqliteSql implements Sql {
  readonly #handle: SqliteHandle;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  exec(text: string): void {
    this.#handle.exec(text);
  }

  async all(statement: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#prepared(statement).all(...values);
  }

  async run(statement: string, values: readonly SqlValue[] = []): Promise<number> {
    return this.#prepared(statement).run(...values).changes;
  }

  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const places = columns.map(() => "?").join(", ");
    const statement = this.#prepared(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`);
    for (const row of rows) statement.run(...row);
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
    const statement = this.#prepared(`UPDATE ${table} SET ${set} WHERE ${where}`);
    let matched = 0;
    for (const row of rows) matched += statement.run(...row).changes;
    return matched;
  }

  #prepared(text: string): SqliteStatement {
    let statement = this.#statements.get(text);
    if (!statement) {
      // Texts are few by construction (marks() pads its lists); this bound only guards against a leak.
      if (this.#statements.size > 500) this.#statements.clear();
      statement = this.#handle.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
