// Walking the rows of a list in the order of their ids, in slices, so that a filter that few rows match stalls nobody.
import type { RunFilter } from "../runs/store.ts";
import type { Dialect } from "./dialect.ts";
import type { Branch, Condition, Conditions } from "./run-filter.ts";
import { fromJson, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Rows that one statement looks at when no index answers the filter: on SQLite it holds up the event loop. */
const SLICE = 10_000;
/** Of these texts are handed out and searched here, alike on both databases: SQLite folds the case of ASCII only. */
const TEXT_SLICE = 2_000;
/** A text is looked for in the newest this many rows that the other filters leave. */
const TEXT_ROWS = 20_000;

export interface Reader {
  sql: Sql;
  dialect: Dialect;
}

/** Ids of the first `need` rows that match, in the order of the list. */
export async function idsOf(
  reader: Reader,
  conditions: Conditions,
  filter: RunFilter,
  need: number,
): Promise<string[]> {
  const text = filter.text?.toLowerCase();
  const found: string[] = [];
  for (const branch of conditions.branches) {
    const walk = new Walk(reader, conditions, branch, filter);
    found.push(...(text === undefined ? await walk.ids(need) : await walk.idsWith(text, need)));
  }
  found.sort();
  if (filter.order !== "oldest") found.reverse();
  return found.slice(0, need);
}

/** How many rows match, at most `cap`. */
export async function countOf(
  reader: Reader,
  conditions: Conditions,
  filter: RunFilter,
  cap: number,
): Promise<number> {
  if (filter.text !== undefined) return (await idsOf(reader, conditions, filter, cap)).length;
  let count = 0;
  for (const branch of conditions.branches) {
    if (count >= cap) break;
    count += await new Walk(reader, conditions, branch, filter).count(cap - count);
  }
  return count;
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

  async ids(need: number): Promise<string[]> {
    const ids: string[] = [];
    for await (const slice of this.#slices(this.#rest ? SLICE : null)) {
      const rows = await this.#rows("id", slice, need - ids.length);
      ids.push(...rows.map((row) => String(row["id"])));
      if (ids.length >= need) break;
    }
    return ids;
  }

  async idsWith(text: string, need: number): Promise<string[]> {
    const ids: string[] = [];
    let looked = 0;
    for await (const slice of this.#slices(TEXT_SLICE)) {
      const rows = await this.#rows("id, cause, error, job_name, job_key", slice, TEXT_SLICE);
      for (const row of rows) if (says(row, text)) ids.push(String(row["id"]));
      looked += rows.length;
      if (ids.length >= need || looked >= TEXT_ROWS) break;
    }
    return ids.slice(0, need);
  }

  async count(cap: number): Promise<number> {
    let count = 0;
    for await (const slice of this.#slices(this.#rest ? SLICE : null)) {
      const { text, values } = all(this.#branch, slice, this.#rest);
      const [row] = await this.#sql.all(
        `SELECT COUNT(*) AS n FROM (SELECT id FROM ${this.#table} WHERE ${text} LIMIT ?) counted`,
        [...values, cap - count],
      );
      count += Number(row!["n"]);
      if (count >= cap) break;
    }
    return count;
  }

  #rows(columns: string, slice: Condition, limit: number): Promise<SqlRow[]> {
    const { text, values } = all(this.#branch, slice, this.#rest);
    return this.#sql.all(`SELECT ${columns} FROM ${this.#table} WHERE ${text} ${this.#order} LIMIT ?`, [
      ...values,
      limit,
    ]);
  }

  /** Ranges of ids, each holding `size` rows of the branch, until it ends; others get their turn in between. */
  async *#slices(size: number | null): AsyncGenerator<Condition> {
    let start = this.#range;
    while (size !== null) {
      const { text, values } = all(this.#branch, start, null);
      const [last] = await this.#sql.all(
        `SELECT id FROM ${this.#table} WHERE ${text} ${this.#order} LIMIT 1 OFFSET ?`,
        [...values, size - 1],
      );
      if (!last) break;
      const id = String(last["id"]);
      yield and(start, this.#newest ? "id >= ?" : "id <= ?", id);
      start = and(this.#range, this.#newest ? "id < ?" : "id > ?", id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield start;
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
