// The append-only history of schedules: one row for each change, with who made it and why.
import type { Instant } from "../clock.ts";
import type { RevisionAction, Schedule } from "../schedules/schedule.ts";
import type { Cursor } from "./schedule-cursors.ts";
import { CHANGING_COLUMNS, changingValues } from "./schedule-row.ts";
import { jsonText, type Sql } from "./sql.ts";

/** The schedule's next revision, in which it is paused. */
export async function pauseItself(sql: Sql, { schedule, plan }: Cursor, now: Instant): Promise<void> {
  const pause = plan.pause!;
  const { firedThrough, nextFireAt, runsCounted, suspended = null } = plan;
  const next: Schedule = {
    ...schedule,
    ...{ firedThrough, nextFireAt, runsCounted, suspended },
    paused: pause,
    revision: schedule.revision + 1,
    updatedAt: now,
  };
  await sql.update("schedules", CHANGING_COLUMNS, ["id"], "revision > 0", [
    [...changingValues(next), next.id],
  ]);
  await addRevision(sql, next, pause.by, "paused", pause.reason);
}

export async function addRevision(
  sql: Sql,
  schedule: Schedule,
  actor: string,
  action: RevisionAction,
  reason: string | null,
): Promise<void> {
  await sql.insert(
    "schedule_revisions",
    ["schedule_id", "revision", "from_instant", "actor", "action", "reason", "definition"],
    [[schedule.id, schedule.revision, schedule.updatedAt, actor, action, reason, jsonText(schedule)]],
  );
}
