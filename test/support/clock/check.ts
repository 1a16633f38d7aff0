// The checker: everything that is wrong with a history, in words; nothing when every fire is accounted for. Pure.
import { catchUpFaults } from "./check-catch-up.ts";
import { executionFaults } from "./check-executions.ts";
import { fireFaults } from "./check-fires.ts";
import { reasonFaults } from "./check-reasons.ts";
import type { History, RowSeen } from "./history.ts";

/** All faults of a history; `S1`, `X1`, … name what was broken. */
export function faultsOf(history: History): string[] {
  const rows = new Map<string, RowSeen[]>(history.schedules.map(({ id }) => [id, []]));
  const faults: string[] = [];
  for (const row of history.rows) {
    const own = rows.get(row.scheduleId);
    if (own) own.push(row);
    else faults.push(`S2: row ${row.id} belongs to no schedule that there was (${row.scheduleId})`);
  }
  for (const schedule of history.schedules) {
    const own = rows.get(schedule.id)!;
    faults.push(
      ...fireFaults(schedule, own),
      ...reasonFaults(schedule, own, history),
      ...catchUpFaults(schedule, own, history),
    );
  }
  return [...faults, ...executionFaults(history)];
}
