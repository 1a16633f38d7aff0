// An instant as people ask for it: "yesterday 02:00" on the clock of a zone, where it may not exist or come twice.
import type { Instant } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import { LATEST, Problems, show } from "./input-values.ts";
import { type Transition, zoneOf } from "./zone.ts";

export type AskedTime =
  /** `minute`: seconds were not named, so any fire of that minute is meant. */
  | { kind: "instant"; at: Instant; minute: boolean }
  /** The clock showed it twice. */
  | { kind: "twice"; at: Instant; again: Instant; minute: boolean }
  /** The clock jumped over it; `local` is the wall clock in ms as if it were UTC. */
  | { kind: "lost"; local: number; change: Transition; minute: boolean };

export const ASKED_FORM =
  'must be an instant such as 2027-03-28T02:30:00Z, a local time such as "2027-03-28 02:30" or "yesterday 02:00" ' +
  '(also today, tomorrow, monday, last monday, next monday), "2h ago", "in 2h" or now';

/** What to say of a day without a time; undefined when it is none. */
export function dayAlone(text: string): string | undefined {
  const words = plainWords(text);
  if (words === undefined || dayOf(words, 0) === undefined) return undefined;
  return `must name a time of that day too, such as ${JSON.stringify(`${words} 02:00`)}`;
}

/**
 * What is wrong with a value that `readAskedTime` does not take: its cause where that is known, else `form`, which says
 * what would do.
 */
export function wrongTime(value: unknown, now: Instant, timeZone: string, form = ASKED_FORM): string {
  const words = typeof value === "string" ? plainWords(value) : undefined;
  return `${(words && causeOf(words, now, timeZone)) ?? form}, but is ${show(value)}`;
}

function causeOf(words: string, now: Instant, timeZone: string): string | undefined {
  const years = "must lie in the years 1970 to 2199";
  const date = /^(\d{4})-(\d{2})-(\d{2})(?=[ t]|$)/.exec(words);
  if (date && dayOf(date[0], 0) === undefined) return "must be a day that exists";
  const alone = dayAlone(words);
  if (alone) return alone;
  const distance = RELATIVE.exec(words);
  if (distance) return COUNT.test(distance[1] ?? distance[2]!) ? years : undefined;
  // A time of day is what is wrong when another year would not mend it.
  if (date && read(words.replace(/^\d{4}/, "2024"), now, timeZone)) return years;
  return undefined;
}

const DAY = 86_400_000;
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?$/;
/** "2am", "2:30pm". */
const HALF_DAY = /^(\d{1,2})(:\d{2}(?::\d{2})?)?(am|pm)$/;
/** As explanations write an instant: "2027-03-28 02:30:15.250 +01:00". */
const PRINTED = /^(\d{4}-\d{2}-\d{2})[ t](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)? ([+-]\d{2}:\d{2})$/;
/** "2h", "1 minute", "an hour". */
const COUNT = /^(?:(\d{1,12}) ?|an? )(ms|[smhd]|(?:sec|min)s?|(?:second|minute|hour|day|week)s?)$/;
const RELATIVE = /^(?:in (.+)|(.+) ago)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * Undefined when it is none of the forms, a day that does not exist, or outside of 1970 to 2199. `timeZone` has to be
 * known here.
 */
export function readAskedTime(text: string, now: Instant, timeZone: string): AskedTime | undefined {
  const time = read(text, now, timeZone);
  if (!time) return undefined;
  const at = time.kind === "lost" ? time.change.at : time.at;
  return at >= 0 && at < LATEST ? time : undefined;
}

function read(text: string, now: Instant, timeZone: string): AskedTime | undefined {
  const asked = plainWords(text);
  if (asked === undefined) return undefined;
  if (asked === "now") return { kind: "instant", at: now, minute: false };
  const relative = RELATIVE.exec(asked);
  if (relative) {
    const ms = countedMs(relative[1] ?? relative[2]!);
    if (ms === undefined) return undefined;
    // Who counts in minutes or more means a minute; and nobody means milliseconds.
    const step = ms % 60_000 === 0 ? 60_000 : 1000;
    const at = relative[1] ? now + ms : now - ms;
    return { kind: "instant", at: Math.floor(at / step) * step, minute: step === 60_000 };
  }
  const exact = new Problems().instant(asked.toUpperCase(), "");
  if (exact !== undefined) return { kind: "instant", at: exact, minute: false };
  const printed = PRINTED.exec(asked);
  if (printed) {
    const [, day, time, seconds, offset] = printed;
    const at = new Problems().instant(`${day}T${time}${seconds ?? ":00"}${offset}`, "");
    return at === undefined ? undefined : { kind: "instant", at, minute: seconds === undefined };
  }
  const local = localOf(asked, now, timeZone);
  return local && onClock(local.ms, timeZone, local.minute);
}

/** Undefined when there is nothing, or too much: before anything walks the text (S13). */
function plainWords(text: string): string | undefined {
  if (text.length > 200) return undefined;
  const words = text.trim().toLowerCase().replace(/\s+/g, " ");
  return words === "" || words.length > 60 ? undefined : words;
}

/** "2h", "2 hours", "in 2 hours": milliseconds from now on. */
export function readDistance(text: string): number | undefined {
  const asked = plainWords(text);
  return asked === undefined ? undefined : countedMs(asked.replace(/^in /, ""));
}

function countedMs(text: string): number | undefined {
  const match = COUNT.exec(text);
  if (!match) return undefined;
  const [, count = "1", unit] = match;
  if (unit!.startsWith("week")) return Number(count) * 7 * DAY;
  return parseDuration(`${count}${unit === "ms" ? unit : unit!.slice(0, 1)}`);
}

/** The instants at which the clock of the zone showed `local`. */
export function onClock(local: number, timeZone: string, minute: boolean): AskedTime | undefined {
  const zone = zoneOf(timeZone);
  if (!zone) return undefined;
  const near = local - zone.offsetAt(local);
  const changes = zone.transitions(near - 2 * DAY, near + 2 * DAY);
  const offsets = new Set([zone.offsetAt(near), ...changes.flatMap(({ before, after }) => [before, after])]);
  const shown = [...offsets]
    .map((offset) => local - offset)
    .filter((at) => at + zone.offsetAt(at) === local)
    .sort((a, b) => a - b);
  const [at, again] = shown;
  if (at !== undefined && again !== undefined) return { kind: "twice", at, again, minute };
  if (at !== undefined) return { kind: "instant", at, minute };
  const change = changes.find(({ at, before, after }) => at + before <= local && local < at + after);
  return change && { kind: "lost", local, change, minute };
}

/** The wall clock that the words mean, in ms as if it were UTC. */
function localOf(asked: string, now: Instant, timeZone: string): { ms: number; minute: boolean } | undefined {
  const words = asked
    .replace(/^(\d{4}-\d{2}-\d{2})t/, "$1 ")
    .replace(/(\d) (am|pm)\b/, "$1$2")
    .split(" ");
  const clock = clockOf(words.at(-1)!);
  // "tomorrow 14:30" and "14:30 tomorrow".
  if (clock) words.pop();
  const read = clock ?? clockOf(words.shift()!);
  if (!read) return undefined;
  const [hour, minute, second] = [Number(read[1]), Number(read[2]), Number(read[3] ?? 0)];
  const ms = Math.round(Number(read[4] ?? 0) * 1000);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const today = now + (zoneOf(timeZone)?.offsetAt(now) ?? 0);
  const day = dayOf(words.join(" "), Math.floor(today / DAY) * DAY);
  if (day === undefined) return undefined;
  return { ms: day + ((hour * 60 + minute) * 60 + second) * 1000 + ms, minute: read[3] === undefined };
}

function clockOf(word: string): RegExpExecArray | null {
  const half = HALF_DAY.exec(word);
  if (!half) return CLOCK.exec(word);
  const hour = Number(half[1]);
  if (hour < 1 || hour > 12) return null;
  return CLOCK.exec(`${(hour % 12) + (half[3] === "pm" ? 12 : 0)}${half[2] ?? ":00"}`);
}

function dayOf(words: string, today: number): number | undefined {
  if (words === "" || words === "today") return today;
  if (words === "yesterday") return today - DAY;
  if (words === "tomorrow") return today + DAY;
  const date = DATE.exec(words);
  if (date) {
    const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
    const ms = Date.UTC(year, month - 1, day);
    return new Date(ms).toISOString().startsWith(words) ? ms : undefined;
  }
  const [which, name] = words.includes(" ") ? words.split(" ") : ["", words];
  const weekday = WEEKDAYS.findIndex((one) => one === name || (name!.length === 3 && one.startsWith(name!)));
  if (weekday < 0 || !["", "last", "next"].includes(which!)) return undefined;
  const since = (new Date(today).getUTCDay() - weekday + 7) % 7;
  if (which === "next") return today + (7 - since) * DAY;
  // "monday" is the latest one, today too; "last monday" is never today.
  return today - (which === "last" && since === 0 ? 7 : since) * DAY;
}
