// Taking back an attempt whose worker has vanished, or that never began: guarded by what was read of it.
import type { Instant } from "../clock.ts";
import type { RunningRow } from "../runs/store.ts";
import type { Sql } from "./sql.ts";

/** The number after the last line of the attempts before. */
const LOG_FROM =
  "COALESCE((SELECT MAX(a.log_to) FROM run_attempts a WHERE a.run_id = r.id AND a.late = 0), 0) + 1";

/** False when the row has moved since it was read. An accepted cancel makes it `cancelled` in any case (X9). */
export async function reap(
  sql: Sql,
  row: RunningRow,
  to: "failed" | "retrying" | "queued",
  now: Instant,
  cause: string,
): Promise<boolean> {
  const final = to === "failed";
  const reason = to === "queued" ? null : "lost";
  const matched = await sql.run(
    "UPDATE task_runs SET state = CASE WHEN cancel_requested_at IS NULL THEN ? ELSE 'cancelled' END, " +
      "reason = CASE WHEN cancel_requested_at IS NULL THEN ? ELSE cancel_reason END, cause = ?, " +
      "finished_at = CASE WHEN ? = 1 OR cancel_requested_at IS NOT NULL THEN ? ELSE NULL END, available_at = ?, " +
      "queue_rank = CASE WHEN ? = 1 OR cancel_requested_at IS NOT NULL THEN NULL ELSE -priority END, " +
      "tries_used = tries_used + ?, beat = NULL, schedule_slot = NULL, job_slot = NULL " +
      "WHERE id = ? AND state = 'running' AND attempt = ? AND beat = ?",
    [
      to,
      reason,
      cause,
      final ? 1 : 0,
      now,
      now,
      final ? 1 : 0,
      to === "queued" ? 0 : 1,
      row.id,
      row.attempt,
      row.beat,
    ],
  );
  if (matched !== 1) return false;
  await sql.run(
    "INSERT INTO run_attempts (run_id, attempt, state, reason, cause, version, owner, started_at, finished_at, log_from, log_to, late) " +
      `SELECT id, attempt, state, ?, cause, version, owner, started_at, ?, ${LOG_FROM}, log_lines, 0 FROM task_runs r WHERE id = ?`,
    [reason, now, row.id],
  );
  return true;
}
