// Walking the rows of a list in the order of their ids, in slices, so that a filter that few rows match stalls nobody.
import type { RunCount, RunFilter } from "../runs/queries.ts";
import type { Dialect } from "./dialect.ts";
import type { Branch, Condition, Conditions } from "./run-filter.ts";
import { fromJson, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Rows that one statement looks at when no index answers the filter: on SQLite it holds up the event loop. */
const SLICE = 2_000;
/** Counting hands out nothing in between. */
const COUNT_SLICE = 5_000;
/** A text is looked for in this many rows at most: they are handed out and searched here, alike on both databases. */
const TEXT_ROWS = 20_000;

export interface Reader {
  sql: Sql;
  dialect: Dialect;
  /** After so long a walk stops at the end of its slice, and says where. */
  lookMs: number;
}

export interface Found {
  /** In the order of the list, at most `need`. */
  ids: string[];
  /** Everything up to this id was looked at, and no further; null: to the end, or enough was found. */
  stoppedAt: string | null;
}

/** Ids of the first `need` rows that match, in the order of the list. */
export async function idsOf(
  reader: Reader,
  conditions: Conditions,
  filter: RunFilter,
  need: number,
): Promise<Found> {
  const text = filter.text?.toLowerCase();
  const until = performance.now() + reader.lookMs;
  const isNewest = filter.order !== "oldest";
  const later = (a: string, b: string) => (isNewest ? a < b : a > b);
  const found: string[] = [];
  let stoppedAt: string | null = null;
  for (const branch of conditions.branches) {
    const walk = new Walk(reader, conditions, branch, filter);
    const part = await walk.ids(need, text, until);
    found.push(...part.ids);
    if (part.stoppedAt !== null && (stoppedAt === null || later(stoppedAt, part.stoppedAt)))
      stoppedAt = part.stoppedAt;
  }
  found.sort();
  if (isNewest) found.reverse();
  const stop = stoppedAt;
  // Behind the place where one branch stopped, nobody knows yet what comes first.
  const known = stop === null ? found : found.filter((id) => !later(id, stop));
  return { ids: known.slice(0, need), stoppedAt: known.length >= need ? null : stop };
}

/** How many rows match, at most `cap`; it looks no longer than a page does, and then says that there may be more. */
export async function countOf(
  reader: Reader,
  conditions: Conditions,
  filter: RunFilter,
  cap: number,
): Promise<RunCount> {
  if (filter.text !== undefined) {
    const { ids, stoppedAt } = await idsOf(reader, conditions, filter, cap + 1);
    return { count: Math.min(ids.length, cap), capped: ids.length > cap || stoppedAt !== null };
  }
  const until = performance.now() + reader.lookMs;
  const found: RunCount = { count: 0, capped: false };
  for (const branch of conditions.branches) {
    const part = await new Walk(reader, conditions, branch, filter).count(cap + 1 - found.count, until);
    found.count += part.count;
    found.capped ||= part.capped;
    if (found.count > cap) return { count: cap, capped: true };
  }
  return found;
}

/** One branch of a list, from the beginning of its range to the end. */
class Walk {
  readonly #sql: Sql;
  readonly #branch: Branch;
  readonly #range: Condition;
  readonly #rest: Condition | null;
  readonly #newest: boolean;
  readonly #table: string;
  readonly #order: string;

  constructor({ sql, dialect }: Reader, { range, rest }: Conditions, branch: Branch, filter: RunFilter) {
    this.#sql = sql;
    this.#branch = branch;
    this.#range = range;
    this.#rest = rest;
    this.#newest = filter.order !== "oldest";
    // With more to ask of each row, what the planner knows of the values may show a shorter way.
    const index = branch.index ? dialect.byIndex(branch.index) : dialect.byPrimaryKey;
    this.#table = `task_runs${rest ? "" : index}`;
    this.#order = this.#newest ? "ORDER BY id DESC" : "ORDER BY id";
  }

  /** Those whose row says `text`, if one is given; up to `until` and a little more, and never nothing at all. */
  async ids(need: number, text: string | undefined, until: number): Promise<Found> {
    const ids: string[] = [];
    let looked = 0;
    for await (const { range, through } of this.#slices(this.#rest || text !== undefined ? SLICE : null)) {
      const columns = text === undefined ? "id" : "id, cause, error, job_name, job_key";
      const rows = await this.#rows(columns, range, text === undefined ? need - ids.length : SLICE);
      for (const row of rows) if (text === undefined || says(row, text)) ids.push(String(row["id"]));
      if (ids.length >= need) break;
      looked += SLICE;
      const isEnough = performance.now() >= until || (text !== undefined && looked >= TEXT_ROWS);
      if (through !== null && isEnough) return { ids, stoppedAt: through };
    }
    return { ids: ids.slice(0, need), stoppedAt: null };
  }

  /** At least one slice of it, and on until `until`. */
  async count(cap: number, until: number): Promise<RunCount> {
    let count = 0;
    for await (const { range, through } of this.#slices(this.#rest ? COUNT_SLICE : null)) {
      const { text, values } = all(this.#branch, range, this.#rest);
      const [row] = await this.#sql.all(
        `SELECT COUNT(*) AS n FROM (SELECT id FROM ${this.#table} WHERE ${text} LIMIT ?) counted`,
        [...values, cap - count],
      );
      count += Number(row!["n"]);
      if (count >= cap) break;
      if (through !== null && performance.now() >= until) return { count, capped: true };
    }
    return { count, capped: false };
  }

  #rows(columns: string, slice: Condition, limit: number): Promise<SqlRow[]> {
    const { text, values } = all(this.#branch, slice, this.#rest);
    return this.#sql.all(`SELECT ${columns} FROM ${this.#table} WHERE ${text} ${this.#order} LIMIT ?`, [
      ...values,
      limit,
    ]);
  }

  /** Ranges of ids, each holding `size` rows of the branch and its last id, until it ends; others get their turn in between. */
  async *#slices(size: number | null): AsyncGenerator<{ range: Condition; through: string | null }> {
    let start = this.#range;
    while (size !== null) {
      const { text, values } = all(this.#branch, start, null);
      const [last] = await this.#sql.all(
        `SELECT id FROM ${this.#table} WHERE ${text} ${this.#order} LIMIT 1 OFFSET ?`,
        [...values, size - 1],
      );
      if (!last) break;
      const id = String(last["id"]);
      yield { range: and(start, this.#newest ? "id >= ?" : "id <= ?", id), through: id };
      start = and(this.#range, this.#newest ? "id < ?" : "id > ?", id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield { range: start, through: null };
  }
}

function says(row: SqlRow, text: string): boolean {
  const has = (value: unknown) => typeof value === "string" && value.toLowerCase().includes(text);
  if (has(row["cause"]) || has(row["job_name"]) || has(row["job_key"])) return true;
  const error = fromJson(row["error"]) as { message?: unknown } | null;
  return error !== null && has(error.message);
}

function and({ text, values }: Condition, more: string, value: SqlValue): Condition {
  return { text: `${text} AND ${more}`, values: [...values, value] };
}

function all(...parts: readonly (Condition | null)[]): Condition {
  const given = parts.filter((part) => part !== null);
  return {
    text: given.map((part) => part.text).join(" AND "),
    values: given.flatMap((part) => part.values),
  };
}
