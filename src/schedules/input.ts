// A request's fields into a schedule, or the list of what is wrong with them; and a merge patch onto one.
import type { Instant } from "../clock.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import type { Schedule, When } from "./schedule.ts";

/**
 * What POST and PATCH say about a schedule; nothing is believed before it is checked. Durations are texts ("15m") under
 * the plain name or whole milliseconds under the name with `Ms`; instants are RFC 3339 texts. Null means the default.
 */
export interface ScheduleFields {
  name?: unknown;
  cron?: unknown;
  every?: unknown;
  everyMs?: unknown;
  anchorAt?: unknown;
  at?: unknown;
  timeZone?: unknown;
  params?: unknown;
  enabled?: unknown;
  overlap?: unknown;
  catchUp?: unknown;
  dst?: unknown;
  jitter?: unknown;
  jitterMs?: unknown;
  timeout?: unknown;
  timeoutMs?: unknown;
  retries?: unknown;
  maxFailedShare?: unknown;
  startAt?: unknown;
  endAt?: unknown;
  maxRuns?: unknown;
}

/** What the fields of a schedule come to: all of a Schedule that a request may decide. */
export type Definition = Pick<
  Schedule,
  | "name"
  | "when"
  | "timeZone"
  | "params"
  | "enabled"
  | "overlap"
  | "catchUp"
  | "jitterMs"
  | "timeoutMs"
  | "retries"
  | "maxFailedShare"
  | "startAt"
  | "endAt"
  | "maxRuns"
>;

export interface InputDefaults {
  now: Instant;
  /** Zone of schedules that name none (JOBMOUNT_TIME_ZONE). */
  timeZone: string;
  /** The job's declared overlap. */
  overlap: OverlapPolicy;
}

/** Throws ExpectedError 422 with a pointer for every wrong field. */
export function readDefinition(_fields: ScheduleFields, _defaults: InputDefaults): Definition {
  throw new Error("not built yet");
}

/** RFC 7396 onto what there is; only what the patch touches is checked against the clock. Throws as above. */
export function patchDefinition(
  _current: Definition,
  _patch: ScheduleFields,
  _defaults: InputDefaults,
): Definition {
  throw new Error("not built yet");
}

/** The part of a preview request that says when. */
export function readWhen(
  _fields: ScheduleFields,
  _defaults: InputDefaults,
): { when: When; timeZone: string; zoneDefaulted: boolean } {
  throw new Error("not built yet");
}
