// Schedules that ask for it pause themselves as soon as enough of their runs in a row have failed.
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Settler } from "../schedules/settler.ts";

/** Never rejects: the next fire would pause it as well. */
export async function pauseFailing(settler: Settler, scheduleId: string, log: Logger): Promise<void> {
  try {
    const schedule = await settler.failed(scheduleId);
    if (schedule) log.warn({ schedule: scheduleId, reason: schedule.paused?.reason }, "it paused itself");
  } catch (error) {
    log.warn({ schedule: scheduleId, error: messageOf(error) }, "a failing schedule could not be paused");
  }
}
