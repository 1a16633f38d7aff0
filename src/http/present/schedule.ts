// A schedule as the API shows it (shape `schedule`).
import type { TaskRun } from "../../runs/task-run.ts";
import type { NextFire } from "../../schedules/preview.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import { shownKey } from "../address.ts";
import type { JobSpec } from "../ports.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { presentRunBriefly } from "./run.ts";
import { maskParams } from "./secrets.ts";

/** What is told of a schedule besides its row. */
export interface ScheduleView {
  sentence: string;
  nextFires: readonly NextFire[];
  lastRun: TaskRun | undefined;
  spec: JobSpec | null;
}

export function presentSchedule(schedule: Schedule, view: ScheduleView): object {
  return {
    id: schedule.id,
    job: shownKey(schedule.jobKey),
    source: schedule.source,
    name: schedule.name,
    ...whenOf(schedule),
    timeZone: schedule.timeZone,
    params: maskParams(schedule.params, view.spec),
    enabled: schedule.enabled,
    paused: null,
    held: null,
    overlap: schedule.overlap,
    catchUp: schedule.catchUp,
    jitterMs: schedule.jitterMs,
    timeoutMs: schedule.timeoutMs,
    retries: schedule.retries,
    startAt: isoTimeOrNull(schedule.startAt),
    endAt: isoTimeOrNull(schedule.endAt),
    maxRuns: schedule.maxRuns,
    maxFailedShare: schedule.maxFailedShare,
    sentence: view.sentence,
    nextFires: view.nextFires.map(presentNextFire),
    lastRun: view.lastRun ? presentRunBriefly(view.lastRun) : null,
    revision: schedule.revision,
    firedThrough: isoTime(schedule.firedThrough),
    origin: schedule.origin,
    createdAt: isoTime(schedule.createdAt),
    updatedAt: isoTime(schedule.updatedAt),
  };
}

export function presentNextFire(fire: NextFire): object {
  return { at: isoTime(fire.at), local: fire.local };
}

function whenOf({ when }: Schedule): object {
  switch (when.kind) {
    case "cron":
      return { cron: when.cron, dst: { gap: when.gap, repeat: when.repeat } };
    case "every":
      return { everyMs: when.everyMs, anchorAt: isoTime(when.anchorAt), dst: null };
    case "at":
      return { at: isoTime(when.at), dst: null };
  }
}
