// Walking the rows of a list in the order of their ids, in slices, so that a filter that few rows match stalls nobody.
import type { RunFilter } from "../runs/store.ts";
import type { Condition, Conditions } from "./run-filter.ts";
import { fromJson, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

/** Rows that one statement looks at when no index answers the filter: on SQLite it holds up the event loop. */
const SLICE = 10_000;
/** Of these texts are handed out and searched here, alike on both databases: SQLite folds the case of ASCII only. */
const TEXT_SLICE = 2_000;
/** A text is looked for in the newest this many rows that the other filters leave. */
const TEXT_ROWS = 20_000;

interface Walk {
  sql: Sql;
  conditions: Conditions;
  newest: boolean;
}

/** Ids of the first `need` rows that match, in the order of the list. */
export async function idsOf(
  sql: Sql,
  conditions: Conditions,
  filter: RunFilter,
  need: number,
): Promise<string[]> {
  const walk: Walk = { sql, conditions, newest: filter.order !== "oldest" };
  const text = filter.text?.toLowerCase();
  const found: string[] = [];
  for (const branch of conditions.branches) {
    if (text === undefined) found.push(...(await branchIds(walk, branch, need)));
    else found.push(...(await branchIdsWith(walk, branch, need, text)));
  }
  found.sort();
  if (walk.newest) found.reverse();
  return found.slice(0, need);
}

/** How many rows match, at most `cap`. */
export async function countOf(
  sql: Sql,
  conditions: Conditions,
  filter: RunFilter,
  cap: number,
): Promise<number> {
  if (filter.text !== undefined) return (await idsOf(sql, conditions, filter, cap)).length;
  const walk: Walk = { sql, conditions, newest: filter.order !== "oldest" };
  let count = 0;
  for (const branch of conditions.branches) {
    if (count >= cap) break;
    if (conditions.rest === null) {
      count += await countIn(walk, [branch, conditions.range], cap - count);
      continue;
    }
    for await (const slice of slices(walk, branch, SLICE)) {
      count += await countIn(walk, [branch, slice, conditions.rest], cap - count);
      if (count >= cap) break;
    }
  }
  return count;
}

async function countIn({ sql }: Walk, parts: readonly Condition[], limit: number): Promise<number> {
  const [row] = await sql.all(
    `SELECT COUNT(*) AS n FROM (SELECT id FROM task_runs WHERE ${textOf(parts)} LIMIT ?) counted`,
    [...valuesOf(parts), limit],
  );
  return Number(row!["n"]);
}

async function branchIds(walk: Walk, branch: Condition, need: number): Promise<string[]> {
  const { range, rest } = walk.conditions;
  if (rest === null) return (await rowsIn(walk, "id", [branch, range], need)).map((row) => String(row["id"]));
  const ids: string[] = [];
  for await (const slice of slices(walk, branch, SLICE)) {
    const rows = await rowsIn(walk, "id", [branch, slice, rest], need - ids.length);
    ids.push(...rows.map((row) => String(row["id"])));
    if (ids.length >= need) break;
  }
  return ids;
}

async function branchIdsWith(walk: Walk, branch: Condition, need: number, text: string): Promise<string[]> {
  const { rest } = walk.conditions;
  const ids: string[] = [];
  let looked = 0;
  for await (const slice of slices(walk, branch, TEXT_SLICE)) {
    const parts = rest === null ? [branch, slice] : [branch, slice, rest];
    const rows = await rowsIn(walk, "id, cause, error, job_name, job_key", parts, TEXT_SLICE);
    for (const row of rows) if (says(row, text)) ids.push(String(row["id"]));
    looked += rows.length;
    if (ids.length >= need || looked >= TEXT_ROWS) break;
  }
  return ids.slice(0, need);
}

function says(row: SqlRow, text: string): boolean {
  const has = (value: unknown) => typeof value === "string" && value.toLowerCase().includes(text);
  if (has(row["cause"]) || has(row["job_name"]) || has(row["job_key"])) return true;
  const error = fromJson(row["error"]) as { message?: unknown } | null;
  return error !== null && has(error.message);
}

function rowsIn(walk: Walk, columns: string, parts: readonly Condition[], limit: number): Promise<SqlRow[]> {
  return walk.sql.all(
    `SELECT ${columns} FROM task_runs WHERE ${textOf(parts)} ORDER BY id${walk.newest ? " DESC" : ""} LIMIT ?`,
    [...valuesOf(parts), limit],
  );
}

/** Ranges of ids, each holding `size` rows of the branch, until it ends; others get their turn in between. */
async function* slices(walk: Walk, branch: Condition, size: number): AsyncGenerator<Condition> {
  const { sql, newest } = walk;
  const { range } = walk.conditions;
  let from: string | undefined;
  for (;;) {
    const start: Condition = from === undefined ? range : and(range, newest ? "id < ?" : "id > ?", from);
    const parts = [branch, start];
    const [last] = await sql.all(
      `SELECT id FROM task_runs WHERE ${textOf(parts)} ORDER BY id${newest ? " DESC" : ""} LIMIT 1 OFFSET ?`,
      [...valuesOf(parts), size - 1],
    );
    if (!last) return yield start;
    const to = String(last["id"]);
    yield and(start, newest ? "id >= ?" : "id <= ?", to);
    from = to;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const and = ({ text, values }: Condition, more: string, value: SqlValue): Condition => ({
  text: `${text} AND ${more}`,
  values: [...values, value],
});

const textOf = (parts: readonly Condition[]) => parts.map((part) => part.text).join(" AND ");
const valuesOf = (parts: readonly Condition[]) => parts.flatMap((part) => part.values);
