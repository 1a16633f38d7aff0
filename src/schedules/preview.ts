// What a schedule will do, in words: sentence, next fires, and what to be warned of.
import type { Instant } from "../clock.ts";
import type { When } from "./schedule.ts";

export interface NextFire {
  at: Instant;
  /** RFC 3339 in Z. */
  utc: string;
  /** The same instant in the schedule's zone with its offset: `2027-03-28T03:00:00+02:00`. */
  local: string;
}

export interface PreviewWarning {
  code: "never_fires" | "zone_defaulted" | "dst_gap" | "dst_repeat" | "day_or" | "every_drifts";
  message: string;
}

export interface Preview {
  sentence: string;
  timeZone: string;
  nextFires: NextFire[];
  warnings: PreviewWarning[];
}

export interface PreviewOptions {
  from: Instant;
  count: number;
  /** Zone in which `every` and `at` are shown; cron has its own. */
  timeZone: string;
  /** Nobody named a zone: say which one holds. */
  zoneDefaulted?: boolean;
}

/** Pure: tens of microseconds a fire, about a millisecond for the warnings of a year. */
export function previewOf(_when: When, _options: PreviewOptions): Preview {
  throw new Error("not built yet");
}

/** "At 02:30, every day (Europe/Berlin)". */
export function sentenceOf(_when: When, _timeZone: string): string {
  throw new Error("not built yet");
}
