// What the clock changes of the coming year will do to a schedule, date by date.
import type { Instant } from "../clock.ts";
import { localTimesOf } from "./calendar.ts";
import type { LocalTimes } from "./cron-calendar.ts";
import { type CronExpression, readCron } from "./grammar.ts";
import type { When } from "./schedule.ts";
import { type Transition, wallText, type Zone, zoneOf } from "./zone.ts";

export interface PreviewWarning {
  code:
    | "never_fires"
    | "zone_defaulted"
    | "dst_gap"
    | "dst_repeat"
    | "day_or"
    | "every_drifts"
    | "shorter_than_usual";
  message: string;
}

const DAY = 86_400_000;
const YEAR = 366 * DAY;
/** Enough for a year in every zone of today; no list needs more. */
const MOST = 6;

/** Only changes that touch it: an hourly job that just goes on is none of them. */
export function clockWarnings(when: When, timeZone: string, from: Instant): PreviewWarning[] {
  const zone = zoneOf(timeZone);
  if (!zone || when.kind === "at") return [];
  const changes = zone.transitions(from, from + YEAR);
  if (when.kind === "every") return driftWarning(when.everyMs, zone, changes[0]);
  return changes.flatMap((change) => warningOf(when, zone, change) ?? []).slice(0, MOST);
}

/** What one clock change does to a schedule; null when it does not touch it. */
export function warningOf(when: When, zone: Zone, change: Transition): PreviewWarning | null {
  if (when.kind === "at") return null;
  if (when.kind === "every") return driftWarning(when.everyMs, zone, change)[0] ?? null;
  const expression = readCron(when.cron);
  const times = localTimesOf(expression);
  if (expression.fields.hour === "*" && goesOn(times, change)) return null;
  const touched = { change, zone, expression, times, when };
  return change.after > change.before ? gapWarning(touched) : repeatWarning(touched);
}

const HOUR = 3_600_000;

/**
 * Of a text of every hour: whether its fires go on as if nothing had happened. So they do when clocks change by whole
 * hours, and by half an hour (Lord Howe) when those of the hour look the same half an hour later.
 */
function goesOn(times: LocalTimes, { at, before, after }: Transition): boolean {
  if ((after - before) % HOUR === 0) return true;
  const inHour = (from: number) => {
    const found: number[] = [];
    for (let next = times.after(from - 1000); next !== null && next < from + HOUR; next = times.after(next))
      found.push(next - from);
    return found.join();
  };
  return inHour(at + before) === inHour(at + after);
}

interface Touched {
  change: Transition;
  zone: Zone;
  expression: CronExpression;
  times: LocalTimes;
  when: Extract<When, { kind: "cron" }>;
}

const BY_THE_CLOCK = "a text with * or / fires whenever the clock shows its times";

/** The first match in [from, to) of local time, and whether there are more. */
function matchIn(times: LocalTimes, from: number, to: number): { first: number; more: boolean } | null {
  const first = times.after(from - 1000);
  if (first === null || first >= to) return null;
  const second = times.after(first);
  return { first, more: second !== null && second < to };
}

function gapWarning({ change, zone, expression, times, when }: Touched): PreviewWarning | null {
  const [shown, jumped] = [change.at + change.before, change.at + change.after];
  const match = matchIn(times, shown, jumped);
  if (!match) return null;
  const lost = `${timeText(match.first)}${match.more ? " and later ones" : ""}`;
  const end = timeText(jumped, match.first);
  const clocks = `in ${zone.name} clocks go forward from ${timeText(shown)} to ${timeText(jumped, shown)}`;
  const then = !expression.fixed
    ? `fires between these times do not happen that day: ${BY_THE_CLOCK} (dst.gap does nothing for it)`
    : when.gap === "skip"
      ? `${lost} ${match.more ? "do not exist and are" : "does not exist and is"} left out (dst.gap skip)`
      : `${lost} ${match.more ? "do not exist and come to one fire" : "does not exist and fires"} at ${end} instead (dst.gap next)`;
  return { code: "dst_gap", message: `${dayText(match.first)}: ${clocks}; ${then}` };
}

function repeatWarning({ change, zone, expression, times, when }: Touched): PreviewWarning | null {
  const [shown, back] = [change.at + change.before, change.at + change.after];
  const match = matchIn(times, back, shown);
  if (!match) return null;
  const twice = `${timeText(match.first)}${match.more ? " and later ones" : ""}`;
  const clocks = `in ${zone.name} clocks go back from ${timeText(shown, match.first)} to ${timeText(back, match.first)}`;
  const [first, second] = [match.first - change.before, match.first - change.after].map((at) =>
    zone.localText(at),
  );
  const at = match.more ? "from" : "at";
  const then = !expression.fixed
    ? `fires between these times happen twice: ${BY_THE_CLOCK} (dst.repeat does nothing for it)`
    : when.repeat === "both"
      ? `${twice} ${match.more ? "come twice and fire" : "comes twice and fires"} both times, ${at} ${first} and ${second} (dst.repeat both)`
      : `${twice} ${match.more ? "come twice and fire" : "comes twice and fires"} the first time only, ${at} ${first} (dst.repeat first)`;
  return { code: "dst_repeat", message: `${dayText(match.first)}: ${clocks}; ${then}` };
}

/** An interval that comes to the same local times each day: they move when clocks do, unless by whole intervals. */
function driftWarning(everyMs: number, zone: Zone, change: Transition | undefined): PreviewWarning[] {
  const isDaily = everyMs % DAY === 0 || DAY % everyMs === 0;
  if (!change || !isDaily || (change.after - change.before) % everyMs === 0) return [];
  const minutes = Math.abs(change.after - change.before) / 60_000;
  const message =
    `${dayText(change.at + change.after)}: clocks change in ${zone.name}; an interval is elapsed time, so from then on ` +
    `it fires ${minutes} minutes ${change.after > change.before ? "later" : "earlier"} by the local clock; ` +
    "a cron text keeps the local time";
  return [{ code: "every_drifts", message }];
}

function dayText(local: number): string {
  return wallText(local).slice(0, 10);
}

/** "02:30"; with its day when that is another one than that of `beside`. */
function timeText(local: number, beside = local): string {
  const time = wallText(local)
    .slice(11)
    .replace(/^(.{5}):00$/, "$1");
  return dayText(local) === dayText(beside) ? time : `${dayText(local)} ${time}`;
}
