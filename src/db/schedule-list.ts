// Lists of schedules.
import type { Schedule, ScheduleFilter } from "../schedules/schedule.ts";
import { toSchedule } from "./schedule-row.ts";
import { markValues, marks, type Sql, type SqlValue } from "./sql.ts";

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
