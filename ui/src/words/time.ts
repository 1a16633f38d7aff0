// Instants and durations as people read them; every instant names its zone.
import { knownZone } from "./zone.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    const { timeZone } = options;
    made = new Intl.DateTimeFormat(
      locale,
      timeZone ? { ...options, timeZone: knownZone(timeZone) } : options,
    );
    formats.set(key, made);
  }
  return made;
}

/** `UTC`, `CET`, `EST`, `GMT+5:30`: as it is called at that instant. One that is not known here is shown as UTC, and says so. */
export function zoneName(at: number, zone: string): string {
  if (zone === "UTC" || zone === "Etc/UTC") return "UTC";
  if (knownZone(zone) !== zone) return `UTC, not ${zone}`;
  const quarter = `${zone} ${Math.floor(at / (HOUR / 4))}`;
  let name = names.get(quarter);
  if (name === undefined) {
    if (names.size >= MOST_NAMES) names.clear();
    names.set(quarter, (name = findName(at, zone)));
  }
  return name;
}

/** Names by quarter of an hour, the shortest time between two of them: to find one takes as long as ten other texts. */
const names = new Map<string, string>();
const MOST_NAMES = 5_000;

function findName(at: number, zone: string): string {
  const of = (locale: string) =>
    format(locale, { timeZone: zone, timeZoneName: "short" })
      .formatToParts(at)
      .find(({ type }) => type === "timeZoneName")?.value ?? zone;
  const american = of("en-US");
  if (!american.startsWith("GMT")) return american;
  const british = of("en-GB");
  return british === "GMT" || !british.startsWith("GMT") ? british : american;
}

/** `2026-11-21` in the zone. */
export function dayOf(at: number, zone: string): string {
  return format("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** `22:31:04` of today, else `20 Nov 22:31`, with the year when it is another one. */
export function clockText(at: number, zone: string, now: number, seconds = true): string {
  const clock: Intl.DateTimeFormatOptions = {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  };
  const [day, today] = [dayOf(at, zone), dayOf(now, zone)];
  if (day === today)
    return format("en-GB", { ...clock, ...(seconds ? { second: "2-digit" } : {}) }).format(at);
  const sameYear = day.slice(0, 4) === today.slice(0, 4);
  const date = format("en-GB", {
    timeZone: zone,
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
  return `${date} ${format("en-GB", clock).format(at)}`;
}

/** `Sat 21 Nov 2026, 22:31:04 UTC`. */
export function fullText(at: number, zone: string): string {
  const text = format("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(at);
  return `${text} ${zoneName(at, zone)}`;
}

/** `in 3 min`, `2 h ago`, `now`. */
export function relativeText(at: number, now: number): string {
  const distance = Math.abs(at - now);
  if (distance < 1_000) return "now";
  const text = roughly(distance);
  return at > now ? `in ${text}` : `${text} ago`;
}

/** One unit, rounded down: `45 s`, `3 min`, `2 h`, `5 d`. */
export function roughly(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `85 ms`, `4.2 s`, `3m 05s`, `2h 10m`, `3d 4h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${two(Math.floor((ms % MINUTE) / 1_000))}s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${two(Math.floor((ms % HOUR) / MINUTE))}m`;
  return `${Math.floor(ms / DAY)}d ${Math.floor((ms % DAY) / HOUR)}h`;
}

/** `1,234`, in one way for everybody; of whole numbers. */
export function numberText(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `812 B`, `88.1 KiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** `1 run`, `2 runs`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

const two = (value: number) => String(value).padStart(2, "0");
