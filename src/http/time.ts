// Instants as the API writes them: RFC 3339, in UTC with `Z` on the way out, with any offset on the way in.
import type { Instant } from "../clock.ts";
import { parseDuration } from "../duration.ts";

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Epoch milliseconds of an RFC 3339 text with its offset, or undefined when it is none or names a day that is not. */
export function parseInstant(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number((fraction ?? "").slice(0, 3).padEnd(3, "0")),
  );
  // Date.UTC rolls 30 February over into March, and takes the years 0 to 99 for 1900 to 1999.
  if (new Date(local).toISOString().slice(0, 19) !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) {
    return undefined;
  }
  const offset = offsetMs(zone!);
  return offset === undefined ? undefined : local - offset;
}

/** The last instant whose year has four digits, as RFC 3339 has it. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** An instant, or a duration back from now (`24h`), from 1970 to 9999: nothing of ours is older. */
export function parseInstantOrAgo(text: string, now: Instant): Instant | undefined {
  const ago = parseDuration(text);
  const at = ago === undefined ? parseInstant(text) : now - ago;
  return at !== undefined && at >= 0 && at <= LAST ? at : undefined;
}

/** `2026-01-02T03:04:05.678Z` */
export function isoTime(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function isoTimeOrNull(instant: Instant | null): string | null {
  return instant === null ? null : isoTime(instant);
}

function offsetMs(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  const size = (hours * 60 + minutes) * 60_000;
  return zone.startsWith("-") ? -size : size;
}
