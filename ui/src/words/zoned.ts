// Between an instant and what the clock of a zone shows: for fields in which people type a local time.
import { knownZone } from "./zone.ts";

/** `2026-11-21T22:31` or with seconds, as a field of date and time holds it. */
export function wallText(at: number, zone: string): string {
  const seconds = Math.floor(at / 1_000) % 60 !== 0;
  return new Date(at + offsetAt(at, zone)).toISOString().slice(0, seconds ? 19 : 16);
}

/** The instant at which the zone's clock shows that; of two the first, of none the one after the gap. Null for no time. */
export function instantOf(wall: string, zone: string): number | null {
  const local = Date.parse(`${wall.length === 16 ? `${wall}:00` : wall}Z`);
  if (Number.isNaN(local)) return null;
  // The offset before a change is the one of a day before; where both fit, the earlier instant has the greater offset.
  const before = local - offsetAt(local - 86_400_000, zone);
  const after = local - offsetAt(local + 86_400_000, zone);
  const fits = [before, after].filter((at) => at + offsetAt(at, zone) === local);
  return fits.length > 0 ? Math.min(...fits) : Math.max(before, after);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds east of UTC; of a zone that is not known here none. */
export function offsetAt(at: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: knownZone(zone),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  // Date.UTC takes the years 0 to 99 for those of the last century; they are there while somebody types 2027.
  const wall = new Date(0);
  wall.setUTCFullYear(year, month - 1, day);
  wall.setUTCHours(hour, minute, second);
  return wall.getTime() - Math.floor(at / 1_000) * 1_000;
}
