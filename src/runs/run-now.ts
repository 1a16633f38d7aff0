// A run of a schedule that somebody asks for by hand: now, with its params and policies, beside what it owes.
import type { Instant } from "../clock.ts";
import { conflict } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { notBegun } from "./not-begun.ts";
import type { NewRun } from "./store.ts";
import type { Actor, RunOverrides, TaskRun } from "./task-run.ts";

/** Its params have to fit first: 409 while they do not (R7). A paused or disabled schedule may be run by hand. */
export function checkRunnable({ id, held }: Schedule): void {
  if (held === null) return;
  const message = `the schedule ${id} is held because its params do not fit the job (${held.reason}); PATCH its params first`;
  throw conflict("held", message);
}

/** What a schedule says above its job's own declaration. */
export function overridesOf({ timeoutMs, retries, maxFailedShare }: Schedule): RunOverrides {
  return {
    ...(timeoutMs === null ? {} : { timeoutMs }),
    ...(retries === null ? {} : { retries }),
    ...(maxFailedShare === null ? {} : { maxFailedShare }),
  };
}

export function runOfSchedule(
  schedule: Schedule,
  spec: JobSpec,
  params: Record<string, unknown>,
  actor: Actor,
  now: Instant,
): NewRun & TaskRun {
  return {
    id: newId("run", now),
    source: schedule.source,
    jobKey: schedule.jobKey,
    jobName: spec.name,
    scheduleId: schedule.id,
    scheduleRevision: schedule.revision,
    trigger: "manual",
    state: "queued",
    reason: null,
    cause: null,
    // It accounts for no fire: what is due stays due.
    fireAt: null,
    fireThrough: null,
    fireCount: null,
    priority: 0,
    queuedAt: now,
    availableAt: now,
    maxAttempts: schedule.retries?.attempts ?? spec.retries.attempts,
    versionWanted: null,
    exclusive: schedule.overlap !== "allow_all",
    params,
    overrides: overridesOf(schedule),
    actor,
    retryOf: null,
    ...notBegun(),
  };
}
