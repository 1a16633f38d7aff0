// What a request may say of a pause, a resume, a skip or a copy, checked.
import type { Instant } from "../clock.ts";
import { invalid } from "../errors.ts";
import { ASKED_FORM, readAskedTime, readDistance, wrongTime } from "./asked-time.ts";
import { LATEST, Problems } from "./input-values.ts";
import { wallText } from "./zone.ts";

/** Nothing is believed before it is checked. */
export interface PauseFields {
  reason?: unknown;
  /** A duration from now ("2h"), or a time as `explain` reads it, on the clock of the zone. */
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

/** Throws ExpectedError 422 with a pointer for every wrong field. `timeZone`: the one whose clock `until` means. */
export function readPause(fields: PauseFields, now: Instant, timeZone: string): AskedPause {
  const problems = new Problems();
  const reason = readReasonInto(fields.reason, problems);
  const until = readUntil(fields.until, { now, timeZone }, problems);
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

const UNTIL_FORM = `must be a duration from now such as "2h", or ${ASKED_FORM.slice("must be ".length)}`;

function readUntil(
  value: unknown,
  { now, timeZone }: { now: Instant; timeZone: string },
  problems: Problems,
): Instant | null | undefined {
  if (value === undefined || value === null) return null;
  const until = typeof value === "string" ? untilOf(value, now, timeZone) : undefined;
  if (until === undefined)
    return problems.add("/until", "instant", wrongTime(value, now, timeZone, UNTIL_FORM));
  if (until <= now) return problems.add("/until", "past", `must lie in the future; now is ${wallText(now)}Z`);
  if (until >= LATEST) return problems.add("/until", "instant", "must lie before the year 2200");
  return until;
}

/** "06:00" and "monday 06:00" are the next ones: what has passed ends no pause. */
function untilOf(text: string, now: Instant, timeZone: string): Instant | undefined {
  const distance = readDistance(text);
  if (distance !== undefined) return now + distance;
  const read = [text, `tomorrow ${text}`, `next ${text}`].map((asked) => instantOf(asked, now, timeZone));
  return read.find((at) => at !== undefined && at > now) ?? read[0];
}

/** A local time that the clock jumps over is the end of the gap; of one that comes twice, the first that is still to come. */
function instantOf(text: string, now: Instant, timeZone: string): Instant | undefined {
  const time = readAskedTime(text, now, timeZone);
  if (time?.kind === "lost") return time.change.at;
  return time?.kind === "twice" && time.at <= now ? time.again : time?.at;
}
