// The one way in which stores speak SQL: the same statement text on both databases, `?` for every value.

import { ExpectedError, messageOf, TooMuchAtOnce, ValuesRefused } from "../errors.ts";

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
  "ER_TOO_MANY_USER_CONNECTIONS",
  "ER_CONNECTION_KILLED",
  "ER_QUERY_INTERRUPTED",
  "ER_STATEMENT_TIMEOUT",
  "POOL_CLOSED",
]);
/** It answers, and takes nothing for now: a full disk, a server that may only be read. */
const TAKES_NOTHING =
  /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN|NOMEM)\w*|ER_(DISK_FULL|RECORD_FILE_FULL|OPTION_PREVENTS_STATEMENT|READ_ONLY_MODE|OUT_OF_RESOURCES))$/;

/**
 * A database that does not answer, or takes nothing for now whatever it is given, is expected, and a 503 for whoever
 * asked; everything else stays what it is.
 */
export function orAway(error: unknown): unknown {
  if (error instanceof ExpectedError) return error;
  const { code, errno, fatal } = (error ?? {}) as DriverError & { fatal?: unknown };
  if (Number(errno) === TOO_MUCH) return new TooMuchAtOnce(messageOf(error), { cause: error });
  const name = String(code);
  // Fatal without a code: a command on a connection that the server has closed.
  if (AWAY.has(name) || (fatal === true && code === undefined))
    return away("The database does not answer. Ask again in a moment.", error);
  if (TAKES_NOTHING.test(name))
    return away(`The database takes nothing just now (${name}). Ask again in a moment.`, error);
  return error;
}

function away(message: string, cause: unknown): ExpectedError {
  const { code } = (cause ?? {}) as DriverError;
  return Object.assign(new ExpectedError(503, "database_away", message), { cause, driverCode: code });
}

/** As `orAway`, for a transaction that was done again and again: a lock that others never let go is no fault of ours. */
export function orBusy(error: unknown): unknown {
  return isTransient(error) ? away("The database is busy. Ask again in a moment.", error) : orAway(error);
}

/** More than `max_allowed_packet` of the server. */
const TOO_MUCH = 1153;

/** Too long, out of range, wrong for the type, NULL, a failed check, text in no character set, JSON, a row. */
const OF_VALUES = new Set([1406, 1264, 1265, 1292, 1366, 1690, 1048, 3819, 4025, 1300, 3140, 3157, 1118]);

/** What names the values is told as such; a fault of ours or the server's would be there with any others. */
export function orRefused(error: unknown): unknown {
  if (error instanceof ValuesRefused) return error;
  const { code, errno } = (error ?? {}) as DriverError;
  const named =
    OF_VALUES.has(Number(errno)) ||
    /^SQLITE_(TOOBIG|MISMATCH|CONSTRAINT_(CHECK|NOTNULL|DATATYPE))$/.test(String(code));
  // Of our own making: what cannot become JSON, or is longer than a text can be.
  const ours = error instanceof TypeError || error instanceof RangeError;
  return named || ours ? new ValuesRefused(messageOf(error), { cause: error }) : error;
}

/** Whether trying the next thing on the same database is of no use just now. */
export function isAway(error: unknown): boolean {
  return error instanceof ExpectedError && error.code === "database_away";
}
