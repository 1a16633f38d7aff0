// The time before a line: none, on a clock, or since the start of its attempt.
import { knownZone } from "../words/zone.ts";

export const STAMPS = ["off", "local", "utc", "elapsed"] as const;
export type Stamp = (typeof STAMPS)[number];

/** `startedAt`: of the line's attempt; null while it is not known. `timeZone`: the page's own. */
export function stampOf(
  time: number,
  stamp: Stamp,
  startedAt: number | null,
  timeZone: string,
): string | undefined {
  switch (stamp) {
    case "off":
      return undefined;
    case "utc":
      return `${new Date(time).toISOString().slice(11, 23)}Z`;
    case "local":
      return localStamp(time, timeZone);
    case "elapsed":
      return startedAt === null ? "+?" : elapsedText(time - startedAt);
  }
}

/** `+0.123`, `+1:02.003`, `+2:00:00.000` */
export function elapsedText(ms: number): string {
  const sign = ms < 0 ? "-" : "+";
  const whole = Math.abs(ms);
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1000) % 60;
  const rest = String(whole % 1000).padStart(3, "0");
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(seconds)}.${rest}`;
  if (minutes > 0) return `${sign}${minutes}:${two(seconds)}.${rest}`;
  return `${sign}${seconds}.${rest}`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function localStamp(time: number, timeZone: string): string {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: knownZone(timeZone),
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      hourCycle: "h23",
    });
    clocks.set(timeZone, clock);
  }
  return clock.format(time);
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
