// JOBMOUNT_CODE_SCHEDULES=apply: the schedules that jobs suggest in their code are created as the jobs load.
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { JobSpec, SuggestedSchedule } from "../sdk/spec.ts";
import { parseDuration } from "../duration.ts";

/** More code schedules of one job than this are not looked for; nobody writes so many. */
const KNOWN_LIMIT = 200;

export interface SuggestingJob {
  source: string;
  key: string;
  spec: JobSpec;
}

/** Creates what the job suggests and does not have yet; what an admin changed or switched off stays as it is. */
export async function applyCodeSchedules(
  job: SuggestingJob,
  schedules: Schedules,
  log: Logger,
): Promise<void> {
  if (job.spec.schedules.length === 0) return;
  const { source, key } = job;
  const known = await schedules.list({ source, jobKey: key, limit: KNOWN_LIMIT });
  for (const suggestion of job.spec.schedules) {
    if (known.some((schedule) => isFrom(schedule, suggestion))) continue;
    try {
      const made = await schedules.create(
        { source, jobKey: key, fields: { ...suggestion }, origin: "code" },
        "code",
      );
      log.info({ job: key, source, schedule: made.id }, "created the schedule that the job's code suggests");
    } catch (error) {
      log.warn({ job: key, source, error: messageOf(error) }, "a suggested schedule could not be created");
    }
  }
}

function isFrom(schedule: Schedule, suggestion: SuggestedSchedule): boolean {
  if (schedule.origin !== "code") return false;
  if (suggestion.name !== undefined && schedule.name === suggestion.name) return true;
  const { when } = schedule;
  if (when.kind === "cron") return when.cron === suggestion.cron;
  return (
    when.kind === "every" &&
    suggestion.every !== undefined &&
    when.everyMs === parseDuration(suggestion.every)
  );
}
