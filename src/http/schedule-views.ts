// Schedules with what their shape tells besides the row: sentence, next fires, last run.
import type { FaceDeps } from "./ports.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { presentSchedule } from "./present/schedule.ts";

/** One query for all last runs; `fires`: how many next fires each shows. */
export async function viewSchedules(
  deps: FaceDeps,
  schedules: readonly Schedule[],
  fires: number,
): Promise<object[]> {
  if (schedules.length === 0) return [];
  const last = await deps.runQueries.lastOf(schedules.map((schedule) => schedule.id));
  return schedules.map((schedule) =>
    presentSchedule(schedule, {
      ...deps.schedules.describe(schedule, fires),
      lastRun: last.get(schedule.id),
      spec: deps.jobs.entry(schedule.source, schedule.jobKey)?.spec ?? null,
    }),
  );
}
