// What a request may say of a pause, a resume, a skip or a copy, checked.
import type { Instant } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import { invalid } from "../errors.ts";
import { LATEST, Problems, show } from "./input-values.ts";
import { wallText } from "./zone.ts";

/** Nothing is believed before it is checked. */
export interface PauseFields {
  reason?: unknown;
  /** RFC 3339, or a duration from now ("2h"). */
  until?: unknown;
}

/** Fires that one request may ask to leave out; fewer than a plan enumerates after a long outage. */
export const MOST_SKIPS = 50;

/** Nobody reads more in a list. */
const MAX_REASON = 500;

/** What a request says of a pause; undefined: it says nothing of it. */
export interface AskedPause {
  reason: string | null | undefined;
  until: Instant | null | undefined;
}

/** Throws ExpectedError 422 with a pointer for every wrong field. */
export function readPause(fields: PauseFields, now: Instant): AskedPause {
  const problems = new Problems();
  const reason = readReasonInto(fields.reason, problems);
  const until = readUntil(fields.until, now, problems);
  if (problems.errors.length > 0) throw invalid(problems.errors);
  return {
    reason: fields.reason === undefined ? undefined : (reason ?? null),
    until: fields.until === undefined ? undefined : (until ?? null),
  };
}

/** Paused again, it keeps what the request does not speak of: whoever gives a reason does not take the end away. */
export function pausedAs(
  { reason, until }: AskedPause,
  open?: { reason: string | null; until: Instant | null },
): { reason: string | null; until: Instant | null } {
  return {
    reason: reason === undefined ? (open?.reason ?? null) : reason,
    until: until === undefined ? (open?.until ?? null) : until,
  };
}

export function readReason(value: unknown): string | null {
  const problems = new Problems();
  const reason = readReasonInto(value, problems);
  if (problems.errors.length > 0) throw invalid(problems.errors);
  return reason ?? null;
}

/** 0 takes the skips that were asked for back; 1 unless given. */
export function readSkipCount(value: unknown): number {
  const problems = new Problems();
  if (value === undefined || value === null) return 1;
  const count = problems.number(value, "/count", { min: 0, max: MOST_SKIPS, whole: true });
  if (count === undefined) throw invalid(problems.errors);
  return count;
}

function readReasonInto(value: unknown, problems: Problems): string | null | undefined {
  if (value === undefined || value === null) return null;
  const text = problems.text(value, "/reason", MAX_REASON)?.trim();
  if (text !== undefined && /\p{Cc}/u.test(text))
    return problems.add("/reason", "pattern", "must be one line of text");
  return text === "" ? null : text;
}

function readUntil(value: unknown, now: Instant, problems: Problems): Instant | null | undefined {
  if (value === undefined || value === null) return null;
  const after = typeof value === "string" ? parseDuration(value.trim()) : undefined;
  if (typeof value === "string" && after === undefined && !/^\s*\d{4}-/.test(value)) {
    const form = 'must be an instant such as "2027-03-28T14:30:00Z", or a duration from now such as "2h"';
    return problems.add("/until", "instant", `${form}, but is ${show(value)}`);
  }
  const until = after === undefined ? problems.instant(value, "/until") : now + after;
  if (until === undefined) return undefined;
  if (until <= now) return problems.add("/until", "past", `must lie in the future; now is ${wallText(now)}Z`);
  if (until >= LATEST) return problems.add("/until", "instant", "must lie before the year 2200");
  return until;
}
