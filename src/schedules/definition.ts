// What a request may say of a schedule, and what that comes to once it is checked.
import type { Instant } from "../clock.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import type { Schedule } from "./schedule.ts";

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
  startAt?: unknown;
  endAt?: unknown;
  maxRuns?: unknown;
  maxFailedShare?: unknown;
  pauseAfterFailures?: unknown;
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
  | "pauseAfterFailures"
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
