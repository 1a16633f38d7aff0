// Schedules with what their shape tells besides the row: sentence, next fires, what suspends them, last run.
import type { Instant } from "../clock.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { FaceDeps } from "./ports.ts";
import { isSecret } from "./present/secrets.ts";
import { presentSchedule } from "./present/schedule.ts";

export interface ShownSchedule {
  schedule: Schedule;
  shown: ReturnType<typeof presentSchedule>;
  /** The next fire that is to run. */
  nextRunAt: Instant | null;
}

/** One query for all last runs, one for the pauses that are open; `fires`: how many next fires each shows. */
export async function viewSchedules(
  deps: FaceDeps,
  schedules: readonly Schedule[],
  fires: number,
): Promise<ShownSchedule[]> {
  if (schedules.length === 0) return [];
  const [last, pauses] = await Promise.all([
    deps.runQueries.lastOf(schedules.map((schedule) => schedule.id)),
    deps.schedules.openPauses(),
  ]);
  return schedules.map((schedule) => {
    const description = deps.schedules.describe(schedule, fires, pauses);
    const spec = deps.jobs.entry(schedule.source, schedule.jobKey)?.spec ?? null;
    const shown = presentSchedule(schedule, {
      ...description,
      suspendedScope: pauses.find(({ id }) => id === description.suspended?.key)?.scope.kind ?? "schedule",
      lastRun: last.get(schedule.id),
      spec,
      drift: deps.schedules.drift(schedule, spec?.schedules ?? [], (param) => isSecret(spec, param)),
      now: deps.clock.now(),
    });
    return { schedule, shown, nextRunAt: description.nextFires[0]?.at ?? null };
  });
}
