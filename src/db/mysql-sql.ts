// Sql on one mysql2 connection or pool: many rows travel in one statement, since each round trip costs most.
import mysql2 from "mysql2";
import { TooMuchAtOnce } from "../errors.ts";
import { updateMany } from "./mysql-update.ts";
import { orAway, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

type Done = (error: unknown, result?: unknown) => void;

/** Where statements go. What `start` answers gives the statement up: its connection is thrown away. */
export interface MysqlHandle {
  start(sql: string, values: SqlValue[], done: Done): () => void;
}

/** From so many rows on, what is the same in all of them is worth a statement of its own shape. */
const MANY = 100;
/** What a packet holds beside its statement. */
const ROOM = 16;

export class MysqlSql implements Sql {
  readonly #handle: MysqlHandle;
  readonly #timeoutMs: number;
  readonly #packetBytes: number;

  /**
   * `timeoutMs`: a frozen server would hang a statement for ever without one (measured). It is not mysql2's own, which
   * begins only when the statement is sent: one behind a silent one, or without a connection, would never begin.
   * `packetBytes`: `max_allowed_packet` of the server, which closes the connection on what is longer.
   */
  constructor(handle: MysqlHandle, timeoutMs: number, packetBytes = Infinity) {
    this.#handle = handle;
    this.#timeoutMs = timeoutMs;
    this.#packetBytes = packetBytes;
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
      // Sent, it would cost the connection, and with it whatever else is under way there.
      if (isLonger(this.#packetBytes, sql, values))
        throw new TooMuchAtOnce(
          `the statement is longer than max_allowed_packet (${this.#packetBytes} bytes)`,
        );
      const timer = setTimeout(() => {
        giveUp();
        reject(orAway(timedOut()));
      }, this.#timeoutMs);
      const giveUp = this.#handle.start(sql, [...values], (error, result) => {
        clearTimeout(timer);
        if (error) reject(orAway(error));
        else resolve(result);
      });
    });
  }
}

/** A character takes four bytes at most, as one that is escaped, or as a byte in hexadecimal digits: most are short enough. */
function isLonger(most: number, sql: string, values: readonly SqlValue[]): boolean {
  const length = values.reduce<number>((sum, value) => sum + lengthOf(value), sql.length);
  return 4 * length >= most && Buffer.byteLength(mysql2.format(sql, [...values])) >= most - ROOM;
}

function lengthOf(value: SqlValue): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 24;
}

function timedOut(): Error {
  return Object.assign(new Error("the server did not answer in time"), { code: "PROTOCOL_SEQUENCE_TIMEOUT" });
}
