// A schedule as the API shows it (shape `schedule`).
import type { Instant } from "../../clock.ts";
import type { BriefRun } from "../../runs/task-run.ts";
import type { NextFire } from "../../schedules/preview.ts";
import type { AskedSkip, Schedule } from "../../schedules/schedule.ts";
import type { DriftField } from "../../schedules/suggested.ts";
import { type Hold, isOpen, type PauseScope, type Suspension } from "../../schedules/suspension.ts";
import { shownKey } from "../address.ts";
import type { JobSpec } from "../ports.ts";
import type { NEXT_FIRE, SCHEDULE } from "../shapes/schedule.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { presentPause, shownScope } from "./pause.ts";
import { presentRunBriefly } from "./run.ts";
import { maskParams } from "./secrets.ts";

type Suggestion = JobSpec["schedules"][number];

/** What is told of a schedule besides its row. */
export interface ScheduleView {
  sentence: string;
  nextFires: readonly NextFire[];
  suspended: Suspension | null;
  /** What the pause in force covers. */
  suspendedScope: PauseScope["kind"] | "schedule";
  skips: readonly AskedSkip[];
  lastRun: BriefRun | undefined;
  spec: JobSpec | null;
  /** What the job's code suggests in its place, and where it differs. */
  drift: { suggestion: Suggestion; fields: DriftField[] } | undefined;
  now: Instant;
}

export function presentSchedule(schedule: Schedule, view: ScheduleView): Of<typeof SCHEDULE> {
  return {
    id: schedule.id,
    job: shownKey(schedule.jobKey),
    source: schedule.source,
    name: schedule.name,
    ...whenOf(schedule),
    timeZone: schedule.timeZone,
    params: maskParams(schedule.params, view.spec),
    enabled: schedule.enabled,
    paused: isOpen(schedule.paused, view.now) ? presentPause(schedule.paused) : null,
    held: schedule.held && presentHold(schedule.held),
    suspended: view.suspended && presentSuspension(view.suspended, view.suspendedScope),
    skipNext: view.skips.map(({ at, by, reason }) => ({ at: isoTime(at), by, reason })),
    overlap: schedule.overlap,
    catchUp: schedule.catchUp,
    jitterMs: schedule.jitterMs,
    timeoutMs: schedule.timeoutMs,
    retries: schedule.retries,
    startAt: isoTimeOrNull(schedule.startAt),
    endAt: isoTimeOrNull(schedule.endAt),
    maxRuns: schedule.maxRuns,
    maxFailedShare: schedule.maxFailedShare,
    pauseAfterFailures: schedule.pauseAfterFailures,
    sentence: view.sentence,
    nextFires: view.nextFires.map(presentNextFire),
    lastRun: view.lastRun ? presentRunBriefly(view.lastRun) : null,
    revision: schedule.revision,
    firedThrough: isoTime(schedule.firedThrough),
    origin: schedule.origin,
    suggested: view.drift ? presentSuggestion(view.drift.suggestion, view.spec) : null,
    drift: view.drift?.fields ?? [],
    createdAt: isoTime(schedule.createdAt),
    updatedAt: isoTime(schedule.updatedAt),
  };
}

/** What a job suggests, without the values of secrets. */
export function presentSuggestion(one: Suggestion, spec: JobSpec | null): Suggestion {
  return one.params ? { ...one, params: maskParams(one.params, spec) } : one;
}

function presentHold({ by, reason, errors, at }: Hold): Of<typeof SCHEDULE>["held"] {
  return { by, reason, errors, at: isoTime(at) };
}

function presentSuspension(
  { reason, cause, from, until }: Suspension,
  scope: ScheduleView["suspendedScope"],
): Of<typeof SCHEDULE>["suspended"] {
  return { reason, scope: shownScope(scope), cause, since: isoTime(from), until: isoTimeOrNull(until) };
}

export function presentNextFire(fire: NextFire): Of<typeof NEXT_FIRE> {
  return { at: isoTime(fire.at), local: fire.local };
}

function whenOf({
  when,
}: Schedule): Pick<Of<typeof SCHEDULE>, "cron" | "everyMs" | "anchorAt" | "at" | "dst"> {
  switch (when.kind) {
    case "cron":
      return { cron: when.cron, dst: { gap: when.gap, repeat: when.repeat } };
    case "every":
      return { everyMs: when.everyMs, anchorAt: isoTime(when.anchorAt), dst: null };
    case "at":
      return { at: isoTime(when.at), dst: null };
  }
}
