// Instants in an explanation, and what the service and its clock did meanwhile, in words.
import type { Instant } from "../clock.ts";
import type { Schedule } from "./schedule.ts";
import { localText } from "./sentence.ts";
import type { ClockStep, Downtime } from "./up-time.ts";

/** "2027-01-10 02:00 +01:00" */
export function timeOf({ timeZone }: Schedule, at: Instant): string {
  return localText(at, timeZone);
}

/** What people and processes do happens at some millisecond, which says nothing. */
export function wholeSecond(at: Instant): Instant {
  return Math.floor(at / 1000) * 1000;
}

/** When something was done, with its day, beside fires that have their own. */
export function momentOf(schedule: Schedule, at: Instant): string {
  return timeOf(schedule, wholeSecond(at));
}

/** Without its day and offset where both are those of `beside`. */
export function shortTime(schedule: Schedule, at: Instant, beside: Instant): string {
  const [text, other] = [timeOf(schedule, at).split(" "), timeOf(schedule, beside).split(" ")];
  return text[0] === other[0] && text[2] === other[2] ? text[1]! : text.join(" ");
}

/** Between two signs of life that are some seconds apart nobody knows when the first of them was the last. */
export function downText(schedule: Schedule, { from, to, stopped, stalled, unwritable }: Downtime): string {
  const last = momentOf(schedule, from);
  const first = to === null ? "" : shortTime(schedule, wholeSecond(to), wholeSecond(from));
  const since = stopped ? `${last} (when it was stopped)` : `some time after ${last} (its last sign of life)`;
  if (to === null)
    return `Nobody has looked for due fires since ${last} (${stopped ? "when the service was stopped" : "the service's last sign of life"}).`;
  if (unwritable !== null)
    return `The service could not write to its database from ${since} to ${first}: ${unwritable}.`;
  if (!stalled) return `The service was down from ${since} to ${first}.`;
  return (
    `The service did not answer from ${since} to ${first}: its process went on then, so it had been stopped or stalled, ` +
    "or the clock was set forward."
  );
}

/** Why there is one row for a time that came twice, and none for each time. */
export function backText(schedule: Schedule, { from, to }: ClockStep): string {
  const [was, is] = [wholeSecond(from), wholeSecond(to)];
  return (
    `The clock of the service went back from ${timeOf(schedule, was)} to ${shortTime(schedule, is, was)}: ` +
    "a fire that had its row by then got no second one."
  );
}
