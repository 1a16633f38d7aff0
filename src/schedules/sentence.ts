// When a schedule fires, as a sentence that names its zone.
import cronstrue from "cronstrue";
import { formatDuration } from "../duration.ts";
import { type CronExpression, readCron } from "./grammar.ts";
import { Lru } from "./lru.ts";
import type { When } from "./schedule.ts";
import { wallText, zoneOf } from "./zone.ts";

/** "At 02:30, Monday through Friday (Europe/Berlin)". Throws CronError for a cron text that is none. */
export function sentenceOf(when: When, timeZone: string): string {
  switch (when.kind) {
    case "cron":
      return `${cronSentence(readCron(when.cron))} (${when.timeZone})`;
    case "every":
      return `Every ${everyText(when.everyMs)}, counted from ${localText(when.anchorAt, timeZone)} (${timeZone})`;
    case "at":
      return `Once, at ${localText(when.at, timeZone)} (${timeZone})`;
  }
}

/** "2026-11-21 12:09:19 +01:00", seconds only when there are some. */
export function localText(at: number, timeZone: string): string {
  const text = zoneOf(timeZone)?.localText(at) ?? `${wallText(at)}+00:00`;
  const [, day, minute, second, offset] = /^(.{10})T(.{5})(?::00)?(:[\d.]+)?(.*)$/.exec(text)!;
  return `${day} ${minute}${second ?? ""} ${offset}`;
}

function everyText(ms: number): string {
  const text = formatDuration(ms).replace(/ 0s$/, "");
  const one = { "1s": "second", "1m": "minute", "1h": "hour", "1d": "day" }[text];
  if (one !== undefined) return one;
  const whole = /^(\d+)([smhd])$/.exec(text);
  if (!whole) return text;
  return `${whole[1]} ${{ s: "seconds", m: "minutes", h: "hours", d: "days" }[whole[2] as "s" | "m" | "h" | "d"]}`;
}

/** Pages list hundreds of schedules with few different texts; a sentence takes some 50 microseconds. */
const sentences = new Lru<string, string>(500);

function cronSentence(expression: CronExpression): string {
  const kept = sentences.get(expression.canonical);
  if (kept !== undefined) return kept;
  const sentence = makeSentence(expression);
  sentences.set(expression.canonical, sentence);
  return sentence;
}

function makeSentence({ fields }: CronExpression): string {
  const { second, minute, hour, month } = fields;
  // A day-of-week that is any day leaves nothing to say of a day-of-month either: they are joined by "or".
  const anyDay = isWholeWeek(fields.dayOfWeek);
  const dayOfMonth = anyDay ? "*" : fields.dayOfMonth;
  const dayOfWeek = anyDay ? "*" : fields.dayOfWeek;
  const time = words(`${second} ${minute} ${hour} * * *`);
  // cronstrue joins the two day fields by "and" or nothing at all; they mean "or".
  const days = [
    part(time, `${second} ${minute} ${hour} ${dayOfMonth} * *`, `on day-of-month ${dayOfMonth}`),
    part(time, `${second} ${minute} ${hour} * * ${dayOfWeek}`, `on day-of-week ${dayOfWeek}`),
  ].filter((text) => text !== "");
  const months = part(time, `${second} ${minute} ${hour} * ${month} *`, `in month ${month}`);
  const daily = days.length === 0 && months === "" && time.startsWith("At ") ? "every day" : "";
  const either = days.length === 2 ? days.map((text) => text.replace(/^only /, "")) : days;
  return [time, either.join(", or "), months, daily].filter((text) => text !== "").join(", ");
}

/** "0-7", "1-7", "0,1,2,3,4,5,6": restricted in form only. `*` is none: beside it the day-of-month decides. */
function isWholeWeek(dayOfWeek: string): boolean {
  const items = dayOfWeek.split(",").map((item) => /^(\d)(?:-(\d))?$/.exec(item));
  const days = items.flatMap((item) => {
    if (!item) return [];
    const [from, to] = [Number(item[1]), Number(item[2] ?? item[1])];
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => (from + i) % 7);
  });
  return new Set(days).size === 7;
}

/** What the sentence says beyond the time; `plain` when cronstrue cannot say it (lists with W). */
function part(time: string, cron: string, plain: string): string {
  try {
    const text = words(cron);
    if (text === time) return "";
    return text.startsWith(`${time}, `) ? text.slice(time.length + 2) : plain;
  } catch {
    return plain;
  }
}

function words(cron: string): string {
  return cronstrue.toString(cron, { use24HourTimeFormat: true });
}
