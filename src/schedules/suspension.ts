// What keeps a schedule from firing although its calendar has fires: pauses, holds, switches, a job that is not there.
import type { Instant } from "../clock.ts";
import type { FieldError } from "../errors.ts";
import type { Schedule, SkippedReason } from "./schedule.ts";

/** Somebody's wish that nothing fires for a while; `until` passes by itself. */
export interface Pause {
  by: string;
  reason: string | null;
  at: Instant;
  /** The first instant that may fire again; null: until somebody resumes. */
  until: Instant | null;
}

/** The saved params no longer fit the job's version (R7). */
export interface Hold {
  by: string;
  reason: string;
  errors: readonly FieldError[];
  at: Instant;
}

/** A schedule that is switched off (`enabled: false`): by whom and since when. */
export interface SwitchedOff {
  by: string;
  at: Instant;
}

/** The suspension that a schedule is in, as its row keeps it from the first fire that it costs to its end. */
export interface Suspended {
  /** `disabled`, `paused`, `held`, a reason that only the catalog ends, or the id of a pause of more than one schedule. */
  key: string;
  reason: SkippedReason;
  cause: string;
  from: Instant;
}

/** What a pause covers beside single schedules. */
export type PauseScope =
  | { kind: "all" }
  | { kind: "source"; source: string }
  | { kind: "job"; source: string; jobKey: string }
  /** Not paused but switched off: the job's own `enabled` is false. */
  | { kind: "job_off"; source: string; jobKey: string };

/** One row of `pauses`: a pause of a job, of a source or of everything, also when it is over. */
export interface ScopedPause extends Pause {
  id: string;
  scope: PauseScope;
  endedAt: Instant | null;
  /** Null when it passed by itself. */
  endedBy: string | null;
  endedReason: string | null;
}

/** A stretch of time in which a schedule does not fire: after `from`, before `until`. */
export interface Suspension extends Suspended {
  until: Instant | null;
}

/** What a hook knows of a schedule whose fires cannot run now; `since` when it is known. */
export interface Unavailable {
  reason: SkippedReason;
  cause: string;
  since?: Instant;
}

/** Keys of suspensions that end in a change of the schedule itself, never beside it. */
const OWN_KEYS: readonly string[] = ["disabled", "paused", "held"];

/** Whether a suspension with this key may end while nobody touches the schedule's row. */
export function endsBeside(key: string): boolean {
  return !OWN_KEYS.includes(key);
}

/** Whether a pause covers the schedules of this job. */
export function covers(scope: PauseScope, source: string, jobKey: string): boolean {
  if (scope.kind === "all") return true;
  return scope.source === source && (scope.kind === "source" || scope.jobKey === jobKey);
}

/** When a pause ends or has ended; null while nobody knows. An end ahead of `now` was on a clock that went back since. */
export function endOf(
  { until, endedAt }: Pick<ScopedPause, "until" | "endedAt">,
  now: Instant,
): Instant | null {
  if (endedAt === null) return until;
  return Math.min(endedAt, now, until ?? Infinity);
}

/**
 * Everything that suspends the schedule at some time after its cursor, in no order. What is on record holds at `now`,
 * whatever instant it names: one ahead of `now` is of a clock that went back since, and all that the schedule has not
 * settled by now came after it (S6, S7).
 */
export function suspensionsOf(
  schedule: Schedule,
  pauses: readonly ScopedPause[],
  unavailable: Unavailable | undefined,
  now: Instant,
): Suspension[] {
  const { suspended, firedThrough } = schedule;
  return recorded(schedule, pauses, unavailable, now).map((span) => {
    const from = span.from > now ? Math.min(firedThrough, now) : span.from;
    // Once the clock has passed the instant again, the row of the schedule still knows better.
    return { ...span, from: span.key === suspended?.key ? Math.min(from, suspended.from) : from };
  });
}

function recorded(
  schedule: Schedule,
  pauses: readonly ScopedPause[],
  unavailable: Unavailable | undefined,
  now: Instant,
): Suspension[] {
  const found: Suspension[] = [];
  const { disabled, paused, held, firedThrough } = schedule;
  if (!schedule.enabled) {
    const cause = `skipped: the schedule was switched off${disabled ? ` by ${disabled.by}` : ""}`;
    found.push({
      key: "disabled",
      reason: "disabled",
      cause,
      from: disabled?.at ?? firedThrough,
      until: null,
    });
  }
  if (paused) {
    const cause = pausedCause("the schedule", paused);
    found.push({ key: "paused", reason: "paused", cause, from: paused.at, until: paused.until });
  }
  if (held) {
    const cause = `skipped: the schedule was held: ${held.reason}`;
    found.push({ key: "held", reason: "held", cause, from: held.at, until: null });
  }
  for (const pause of pauses) {
    if (!covers(pause.scope, schedule.source, schedule.jobKey)) continue;
    const isOff = pause.scope.kind === "job_off";
    const cause = isOff
      ? `skipped: ${scopeText(pause.scope)} was switched off by ${pause.by}`
      : pausedCause(scopeText(pause.scope), pause);
    const reason = isOff ? "disabled" : "paused";
    found.push({ key: pause.id, reason, cause, from: pause.at, until: endOf(pause, now) });
  }
  if (unavailable) {
    const { reason, cause, since } = unavailable;
    found.push({ key: reason, reason, cause, from: since ?? firedThrough, until: null });
  }
  return found;
}

/** The one in force right after `at`: the one that the schedule is in, else the one that began first. */
export function suspensionAt(
  spans: readonly Suspension[],
  at: Instant,
  open: Suspended | null,
): Suspension | undefined {
  const now = spans.filter(({ from, until }) => from <= at && (until === null || until > at + 1));
  return now.find(({ key }) => key === open?.key) ?? now.sort((a, b) => a.from - b.from)[0];
}

/** Whether a pause is still in force. */
export function isOpen(paused: Pause | null, now: Instant): paused is Pause {
  return paused !== null && (paused.until === null || paused.until > now);
}

/** What a row keeps of it. */
export function asSuspended({ key, reason, cause, from }: Suspension): Suspended {
  return { key, reason, cause, from };
}

/** "the job", "everything": the subject of a sentence about a pause. */
export function scopeText(scope: PauseScope): string {
  if (scope.kind === "all") return "everything";
  return scope.kind === "source" ? `the source "${scope.source}"` : `the job "${scope.jobKey}"`;
}

function pausedCause(what: string, { by, reason }: Pause): string {
  return `skipped: ${what} was paused by ${by}${reason === null ? "" : `: ${reason}`}`;
}
