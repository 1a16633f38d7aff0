// Lists of schedules, and those that are due.
import type { Instant } from "../clock.ts";
import type { Schedule, ScheduleChoice, ScheduleFilter } from "../schedules/schedule.ts";
import type { Dialect } from "./dialect.ts";
import { SCHEDULE_COLUMNS, toSchedule } from "./schedule-row.ts";
import { markValues, marks, type Sql, type SqlValue } from "./sql.ts";
import { wideRows } from "./wide-rows.ts";

const DUE = "enabled = 1 AND next_fire_at <= ?";

/**
 * At most `limit` of them, by their next fires. Never under lock: an ordered read may lock all that is due, whatever its
 * limit (measured on MariaDB), and others would pass it by. By the instant alone: SQLite sorts everything due for a second
 * column.
 */
export async function dueSchedules(
  sql: Sql,
  dialect: Dialect,
  now: Instant,
  limit: number,
): Promise<Schedule[]> {
  const rest = `FROM schedules WHERE ${DUE} ORDER BY next_fire_at LIMIT ?`;
  const found = await wideRows(sql, dialect, SCHEDULE_COLUMNS, rest, [now, limit]);
  return found.map(toSchedule).sort(byFireThenId);
}

export async function isAnyDue(sql: Sql, now: Instant): Promise<boolean> {
  const found = await sql.all(`SELECT 1 AS due FROM schedules WHERE ${DUE} LIMIT 1`, [now]);
  return found.length > 0;
}

const byFireThenId = (a: Schedule, b: Schedule) => a.nextFireAt! - b.nextFireAt! || (a.id < b.id ? -1 : 1);

/** In order of id, page by page. */
export async function listSchedules(sql: Sql, filter: ScheduleFilter): Promise<Schedule[]> {
  const chosen = chosenBy(filter);
  if (!chosen) return [];
  const newest = filter.order === "newest";
  const place = filter.after === undefined ? "1 = 1" : newest ? "id < ?" : "id > ?";
  const rows = await sql.all(
    `SELECT * FROM schedules WHERE ${chosen.where} AND ${place} ORDER BY id ${newest ? "DESC" : "ASC"} LIMIT ?`,
    [...chosen.values, ...(filter.after === undefined ? [] : [filter.after]), filter.limit],
  );
  return rows.map(toSchedule);
}

export async function countSchedules(
  sql: Sql,
  choice: ScheduleChoice,
  cap: number,
): Promise<{ count: number; capped: boolean }> {
  const chosen = chosenBy(choice);
  if (!chosen) return { count: 0, capped: false };
  const [row] = await sql.all(
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM schedules WHERE ${chosen.where} LIMIT ?) AS found`,
    [...chosen.values, cap + 1],
  );
  const found = Number(row!["n"]);
  return { count: Math.min(found, cap), capped: found > cap };
}

/** Undefined when none can match. */
function chosenBy(choice: ScheduleChoice): { where: string; values: SqlValue[] } | undefined {
  const { source, sources, jobKey, jobs } = choice;
  if (sources?.length === 0 || jobs?.length === 0) return undefined;
  const where: string[] = ["1 = 1"];
  const values: SqlValue[] = [];
  const add = (text: string, more: readonly SqlValue[]) => void (where.push(text), values.push(...more));
  if (source !== undefined) add("source = ?", [source]);
  if (jobKey !== undefined) add("job_key = ?", [jobKey]);
  if (sources) add(`source IN (${marks(sources.length)})`, markValues(sources));
  if (choice.notSources?.length)
    add(`source NOT IN (${marks(choice.notSources.length)})`, markValues(choice.notSources));
  if (jobs) add(anyOf(jobs), markValues(jobs).flatMap(splitAddress));
  if (choice.notJobs?.length)
    add(`NOT ${anyOf(choice.notJobs)}`, markValues(choice.notJobs).flatMap(splitAddress));
  return { where: where.join(" AND "), values };
}

function anyOf(jobs: readonly string[]): string {
  return `(${markValues(jobs)
    .map(() => "(source = ? AND job_key = ?)")
    .join(" OR ")})`;
}

function splitAddress(address: string): [source: string, jobKey: string] {
  const colon = address.indexOf(":");
  return [address.slice(0, colon), address.slice(colon + 1)];
}

export async function inSuspension(sql: Sql, key: string, after: string, limit: number): Promise<Schedule[]> {
  const found = await sql.all(
    "SELECT * FROM schedules WHERE suspended_by = ? AND id > ? ORDER BY id LIMIT ?",
    [key, after, limit],
  );
  return found.map(toSchedule);
}

/** Hops from one to the next along their index. */
export async function suspensionKeys(sql: Sql): Promise<string[]> {
  const keys: string[] = [];
  for (let key = ""; ;) {
    const [row] = await sql.all(
      "SELECT MIN(suspended_by) AS next_key FROM schedules WHERE suspended_by > ?",
      [key],
    );
    if (!row || row["next_key"] === null) return keys;
    key = String(row["next_key"]);
    keys.push(key);
  }
}
