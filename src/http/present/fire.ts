// A fire that is planned, as the API shows it.
import { shownKey } from "../address.ts";
import type { PlannedFire } from "../agenda.ts";
import type { PLANNED_FIRE } from "../shapes/figures.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime } from "../time.ts";

export function presentFire({ schedule, fire }: PlannedFire): Of<typeof PLANNED_FIRE> {
  return {
    at: isoTime(fire.at),
    local: fire.local,
    timeZone: schedule.when.kind === "cron" ? schedule.when.timeZone : schedule.timeZone,
    schedule: schedule.id,
    scheduleName: schedule.name,
    job: shownKey(schedule.jobKey),
    source: schedule.source,
  };
}
