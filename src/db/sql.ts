// The one way in which stores speak SQL: the same statement text on both databases, `?` for every value.

import { ExpectedError } from "../errors.ts";

export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Record<string, unknown>;

/** A column to write; `json` columns take any value and are written as JSON text. */
export interface Sql {
  all(statement: string, values?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Answers the number of rows that matched (not of those that differ), on both databases. */
  run(statement: string, values?: readonly SqlValue[]): Promise<number>;
  /** Plain insert of many rows; a duplicate key is an error (see isDuplicate). */
  insert(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<void>;
  /**
   * One guarded update a row: sets `columns`, where `keys` are equal and `guard` (without values) holds.
   * Each row is the values of `columns`, then of `keys`. Answers how many rows matched in all.
   */
  update(
    table: string,
    columns: readonly string[],
    keys: readonly string[],
    guard: string,
    rows: readonly (readonly SqlValue[])[],
  ): Promise<number>;
}

/** `?, ?, ?` for a list of n values; the length is padded to a power of two so that few statement texts exist. */
export function marks(n: number): string {
  return Array(padded(n)).fill("?").join(", ");
}

/** The values for `marks`: the last one is repeated up to the next power of two. */
export function markValues<T>(values: readonly T[]): T[] {
  const list = [...values];
  while (list.length < padded(values.length)) list.push(values[values.length - 1]!);
  return list;
}

function padded(n: number): number {
  let size = 1;
  while (size < n) size *= 2;
  return size;
}

/** A value of a JSON column as both drivers hand it out (text, or parsed by MySQL's own type). */
export function fromJson(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : (value ?? null);
}

export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : jsonText(value);
}

/** JSON text that both databases take: half of a surrogate pair (a cut emoji) is refused by MariaDB's own check. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\ud")) return text;
  return text.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === "\\\\" ? found : "\\ufffd"));
}

interface DriverError {
  code?: unknown;
  errno?: unknown;
  driverError?: { code?: unknown; errno?: unknown };
}

/** A unique key was taken: an answer, not a fault. */
export function isDuplicate(error: unknown): boolean {
  const { code, driverError } = (error ?? {}) as DriverError;
  const name = String(driverError?.code ?? code);
  return (
    name === "ER_DUP_ENTRY" || name === "SQLITE_CONSTRAINT_UNIQUE" || name === "SQLITE_CONSTRAINT_PRIMARYKEY"
  );
}

/** A deadlock or a lock wait that ran out (1213, 1205), or SQLite's busy: the whole transaction can be done again. */
export function isTransient(error: unknown): boolean {
  const { code, errno, driverError } = (error ?? {}) as DriverError;
  const number = Number(driverError?.errno ?? errno);
  return number === 1213 || number === 1205 || String(driverError?.code ?? code).startsWith("SQLITE_BUSY");
}

const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENOENT",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
  "POOL_CLOSED",
]);

/** A server that does not answer is expected, and a 503 for whoever asked; everything else stays what it is. */
export function orAway(error: unknown): unknown {
  const { code, fatal } = (error ?? {}) as DriverError & { fatal?: unknown };
  // Fatal without a code: a command on a connection that the server has closed.
  const isAway = AWAY.has(String(code)) || (fatal === true && code === undefined);
  if (!isAway) return error;
  const away = new ExpectedError(
    503,
    "database_away",
    "The database does not answer. Ask again in a moment.",
  );
  return Object.assign(away, { cause: error, driverCode: code });
}
