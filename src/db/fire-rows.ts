// What a plan does to task_runs beside its insert: the alarm behind the lock (S1), and the runs in whose place a fire came.
import type { Instant } from "../clock.ts";
import { tookItsPlace } from "../schedules/plan-words.ts";
import type { Plan, PlannedRow, Schedule } from "../schedules/schedule.ts";
import { requestCancel } from "./run-store.ts";
import { isDuplicate, markValues, marks, type Sql } from "./sql.ts";

/** Which fires of a schedule to leave out because they have their row already; asked after a duplicate key only. */
export type Known = (sql: Sql, schedule: Schedule, rows: readonly PlannedRow[]) => Promise<PlannedRow[]>;

export const allNew: Known = async (_sql, _schedule, rows) => [...rows];

const withoutExisting: Known = async (sql, schedule, rows) => {
  if (rows.length === 0) return [];
  const found = await sql.all(
    `SELECT fire_at FROM task_runs WHERE schedule_id = ? AND fire_at IN (${marks(rows.length)})`,
    [schedule.id, ...markValues(rows.map((row) => row.fireAt))],
  );
  const existing = new Set(found.map((row) => Number(row["fire_at"])));
  return rows.filter((row) => !existing.has(row.fireAt));
};

/** Does it again without the fires that have a row already, if it fails because there are some. */
export async function withAlarm<T>(
  scheduleId: string,
  onFault: ((scheduleId: string, error: unknown) => void) | undefined,
  work: (known: Known) => Promise<T>,
): Promise<T> {
  try {
    return await work(allNew);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    onFault?.(scheduleId, error);
    return work(withoutExisting);
  }
}

/** A later fire takes the place of an earlier run. */
const REPLACED = { reason: "replaced", by: null, note: null } as const;

/** Ends the runs in whose place a later fire came. */
export async function replaceRuns(
  sql: Sql,
  schedule: Schedule,
  { rows, cancel }: Pick<Plan, "rows" | "cancel">,
  now: Instant,
): Promise<void> {
  if (cancel.length === 0) return;
  const cause = tookItsPlace(schedule, rows.filter(({ outcome }) => outcome === "run").at(-1)?.fireAt);
  for (const runId of cancel) await requestCancel(sql, runId, REPLACED, now, cause);
}
