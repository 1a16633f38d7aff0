// What a random life of a schedule needs of a database: its rows, and an end of everything that waits.
import type { StoryStore } from "../support/schedule-story.ts";
import type { ScheduleRig } from "./schedule-rig.ts";

export function onDatabase(rig: ScheduleRig): StoryStore {
  return {
    store: rig.store,
    async rowsOf(id) {
      const rows = await rig.database.read.all("SELECT * FROM task_runs WHERE schedule_id = ?", [id]);
      return rows.map((row) => ({
        fireAt: Number(row["fire_at"]),
        fireThrough: row["fire_through"] === null ? null : Number(row["fire_through"]),
        fireCount: row["fire_count"] === null ? null : Number(row["fire_count"]),
        ran: row["state"] === "queued" || row["state"] === "succeeded",
        reason: row["reason"] === null ? null : String(row["reason"]),
        revision: Number(row["schedule_revision"]),
      }));
    },
    async endRuns(id) {
      await rig.database.write((sql) =>
        sql.run(
          "UPDATE task_runs SET state = 'succeeded', started_at = fire_at, finished_at = fire_at + 1, queue_rank = NULL WHERE schedule_id = ? AND state = 'queued'",
          [id],
        ),
      );
    },
  };
}
