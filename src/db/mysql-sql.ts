// Sql on one mysql2 connection or pool: many rows travel in one statement, since each round trip costs most.
import { updateMany } from "./mysql-update.ts";
import { orAway, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** The part of mysql2's callback interface that connections and pools share. */
export interface MysqlHandle {
  query(
    options: { sql: string; values?: unknown[]; timeout?: number },
    done: (error: Error | null, result: unknown) => void,
  ): unknown;
}

/** From so many rows on, what is the same in all of them is worth a statement of its own shape. */
const MANY = 100;

export class MysqlSql implements Sql {
  readonly #handle: MysqlHandle;
  readonly #timeoutMs: number;

  /** `timeoutMs`: a frozen server would hang a query for ever without one (measured). */
  constructor(handle: MysqlHandle, timeoutMs: number) {
    this.#handle = handle;
    this.#timeoutMs = timeoutMs;
  }

  async all(statement: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return (await this.#query(statement, values)) as SqlRow[];
  }

  async run(statement: string, values: readonly SqlValue[] = []): Promise<number> {
    return ((await this.#query(statement, values)) as { affectedRows: number }).affectedRows;
  }

  async insert(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    if (rows.length === 0) return;
    if (rows.length >= MANY) return this.#insertMany(table, columns, rows);
    const places = `(${columns.map(() => "?").join(", ")})`;
    const statement = `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${rows.map(() => places).join(", ")}`;
    await this.#query(statement, rows.flat());
  }

  /** What is the same in all rows travels once: measured, half of the time that this process spends on it. */
  async #insertMany(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const first = rows[0]!;
    const differs = first.map((value, i) => rows.some((row) => row[i] !== value));
    const joined = columns.filter((_, i) => differs[i]);
    const values = columns.map((column, i) => (differs[i] ? `v.${column}` : "?"));
    const head = `SELECT ${joined.map((column) => `? AS ${column}`).join(", ")}`;
    const rest = ` UNION ALL SELECT ${joined.map(() => "?").join(", ")}`.repeat(rows.length - 1);
    const text = `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM (${head}${rest}) v`;
    const fixed = first.filter((_, i) => !differs[i]);
    await this.#query(text, [...fixed, ...rows.flatMap((row) => row.filter((_, i) => differs[i]))]);
  }

  async update(
    table: string,
    columns: readonly string[],
    keys: readonly string[],
    guard: string,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<number> {
    if (rows.length === 0) return 0;
    const { text, values } = updateMany({ table, columns, keys, guard, rows });
    return this.run(text, values);
  }

  #query(sql: string, values: readonly SqlValue[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#handle.query({ sql, values: [...values], timeout: this.#timeoutMs }, (error, result) =>
        error ? reject(orAway(error)) : resolve(result),
      );
    });
  }
}
