// Moving the cursors of many schedules at once.
import type { Plan, Schedule } from "../schedules/schedule.ts";
import type { Dialect } from "./dialect.ts";
import { markValues, marks, type Sql, type SqlValue, toJson } from "./sql.ts";

/** From so many schedules on, one statement for all of them is worth its text. */
const ALIKE = 8;

/** A schedule as it was locked, and what it owed: the cursor goes to where the plan says. */
export interface Cursor {
  schedule: Schedule;
  plan: Plan;
}

/** Schedules that stand at the same instants afterwards, as those of one second mostly do, in one statement. */
export async function moveCursors(sql: Sql, dialect: Dialect, cursors: readonly Cursor[]): Promise<void> {
  const alike = new Map<string, Cursor[]>();
  for (const cursor of cursors) {
    const { firedThrough, nextFireAt, runsCounted } = cursor.plan;
    const counted = runsCounted - cursor.schedule.runsCounted;
    const key = `${firedThrough} ${nextFireAt} ${counted} ${suspendedOf(cursor).text}`;
    const group = alike.get(key);
    if (group) group.push(cursor);
    else alike.set(key, [cursor]);
  }
  const single: SqlValue[][] = [];
  const moves: Promise<unknown>[] = [];
  for (const group of alike.values()) {
    const { schedule, plan } = group[0]!;
    const { firedThrough, nextFireAt, runsCounted } = plan;
    if (group.length < ALIKE) {
      for (const { schedule, plan } of group)
        single.push([
          plan.firedThrough,
          plan.nextFireAt,
          plan.runsCounted,
          suspendedOf({ schedule, plan }).key,
          suspendedOf({ schedule, plan }).text,
          schedule.id,
        ]);
      continue;
    }
    const ids = group.map((cursor) => cursor.schedule.id);
    const suspended = suspensionIn(group);
    moves.push(
      sql.run(
        // A server that walks the table instead locks, for a moment, what others then pass by as somebody else's.
        `UPDATE schedules${dialect.byPrimaryKey} SET fired_through = ?, next_fire_at = ?, runs_counted = runs_counted + ?` +
          `${suspended.set} WHERE id IN (${marks(ids.length)})`,
        [
          firedThrough,
          nextFireAt,
          runsCounted - schedule.runsCounted,
          ...suspended.values,
          ...markValues(ids),
        ],
      ),
    );
  }
  const columns = ["fired_through", "next_fire_at", "runs_counted", "suspended_by", "suspended"];
  moves.push(sql.update("schedules", columns, ["id"], "revision > 0", single));
  await Promise.all(moves);
}

/** Nearly always none of them was in a suspension or comes into one: a column that is named costs its index a write. */
function suspensionIn(group: readonly Cursor[]): { set: string; values: SqlValue[] } {
  const { key, text } = suspendedOf(group[0]!);
  if (text === null && group.every(({ schedule }) => schedule.suspended === null))
    return { set: "", values: [] };
  return { set: ", suspended_by = ?, suspended = ?", values: [key, text] };
}

/** The suspension that it is in afterwards, as its columns hold it. */
function suspendedOf({ schedule, plan }: Cursor): { key: string | null; text: string | null } {
  const suspended = plan.suspended === undefined ? schedule.suspended : plan.suspended;
  return { key: suspended?.key ?? null, text: toJson(suspended) };
}
