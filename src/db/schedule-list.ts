// Lists of schedules, and those that are due.
import type { Instant } from "../clock.ts";
import type { Schedule, ScheduleFilter } from "../schedules/schedule.ts";
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
  const where: string[] = ["id > ?"];
  const values: SqlValue[] = [filter.after ?? ""];
  if (filter.source !== undefined) {
    where.push("source = ?");
    values.push(filter.source);
  }
  if (filter.jobKey !== undefined) {
    where.push("job_key = ?");
    values.push(filter.jobKey);
  }
  if (filter.sources) {
    if (filter.sources.length === 0) return [];
    where.push(`source IN (${marks(filter.sources.length)})`);
    values.push(...markValues(filter.sources));
  }
  if (filter.jobs) {
    if (filter.jobs.length === 0) return [];
    const jobs = markValues(filter.jobs);
    where.push(`(${jobs.map(() => "(source = ? AND job_key = ?)").join(" OR ")})`);
    values.push(...jobs.flatMap(splitAddress));
  }
  const rows = await sql.all(`SELECT * FROM schedules WHERE ${where.join(" AND ")} ORDER BY id LIMIT ?`, [
    ...values,
    filter.limit,
  ]);
  return rows.map(toSchedule);
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
