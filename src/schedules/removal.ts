// What becomes of a schedule's fires and runs when it is deleted (S7, S8).
import type { Instant } from "../clock.ts";
import { plan } from "./plan.ts";
import { skipRow } from "./rows.ts";
import type { ActiveRun, Change, Schedule } from "./schedule.ts";

const CAUSE = "skipped: the schedule was deleted before this fire began";

/** Its waiting runs end, a running one goes on, and a fire that just came due gets its row but no run any more. */
export function settleToDelete(schedule: Schedule, now: Instant, active: readonly ActiveRun[]): Change {
  const { rows } = plan(schedule, now, active);
  return {
    rows: rows.map((row) => (row.outcome === "run" ? skipRow(row.fireAt, "disabled", CAUSE) : row)),
    cancel: active.filter((run) => run.state !== "running").map((run) => run.id),
    schedule: null,
  };
}
