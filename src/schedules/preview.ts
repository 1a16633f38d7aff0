// What a schedule will do: its sentence, its next fires, and what to be warned of.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { OverlapPolicy } from "../sdk/spec.ts";
import { calendarOf } from "./calendar.ts";
import { clockWarnings, type PreviewWarning } from "./clock-warnings.ts";
import { neverFires, readCron } from "./grammar.ts";
import type { When } from "./schedule.ts";
import { localText, sentenceOf } from "./sentence.ts";
import { zoneOf } from "./zone.ts";

export interface NextFire {
  at: Instant;
  /** RFC 3339 in Z. */
  utc: string;
  /** The same instant in the schedule's zone with its offset: `2027-03-28T03:00:00+02:00`. */
  local: string;
}

export type { PreviewWarning } from "./clock-warnings.ts";

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
  /** How long the job usually takes, when that is known. */
  usual?: UsualDuration;
  /** What is to become of fires that meet a run, when that is known. */
  overlap?: OverlapPolicy;
}

/** The median of a job's last runs that succeeded. */
export interface UsualDuration {
  medianMs: number;
  runs: number;
}

/** Pure: microseconds a fire, about a millisecond for the warnings of a year. Throws CronError for the form alone. */
export function previewOf(when: When, options: PreviewOptions): Preview {
  const timeZone = when.kind === "cron" ? when.timeZone : options.timeZone;
  const never = neverWarning(when, options.from, timeZone);
  const warnings = never ? [never] : [];
  if (options.zoneDefaulted && when.kind === "cron") {
    const message = `no time zone was named, so ${timeZone} holds; name one with timeZone`;
    warnings.push({ code: "zone_defaulted", message });
  }
  warnings.push(...dayWarnings(when));
  if (!never) {
    warnings.push(...shortWarnings(when, options));
    warnings.push(...clockWarnings(when, timeZone, options.from));
  }
  return {
    sentence: sentenceOf(when, timeZone),
    timeZone,
    nextFires: never ? [] : nextFires(when, timeZone, options.from, options.count),
    warnings,
  };
}

/** The next `count` fires after `from`, up to and including `until`. */
export function nextFires(
  when: When,
  timeZone: string,
  from: Instant,
  count: number,
  until: Instant = Infinity,
): NextFire[] {
  const zone = zoneOf(timeZone);
  const fires = calendarOf(when).between(from, until, count);
  return fires.map((at) => {
    const utc = new Date(at).toISOString().replace(".000Z", "Z");
    return { at, utc, local: zone?.localText(at) ?? utc };
  });
}

function neverWarning(when: When, from: Instant, timeZone: string): PreviewWarning | null {
  const never = when.kind === "cron" ? neverFires(readCron(when.cron)) : null;
  if (never !== null) return { code: "never_fires", message: never };
  if (when.kind !== "at" || when.at > from) return null;
  return { code: "never_fires", message: `it never fires: ${localText(when.at, timeZone)} has passed` };
}

const MEETING: Record<OverlapPolicy, string> = {
  skip: "with overlap skip, fires that meet a run are skipped",
  buffer_one: "with overlap buffer_one, one fire waits for the run's end, and others are skipped",
  buffer_all: "with overlap buffer_all, fires wait for the run's end, and later and later each",
  cancel_other: "with overlap cancel_other, each fire cancels the run, which then hardly ever ends by itself",
  allow_all: "with overlap allow_all, runs go on beside each other",
};

/** The shortest time between some of the next fires, against what the job takes. */
function shortWarnings(when: When, { from, usual, overlap }: PreviewOptions): PreviewWarning[] {
  if (!usual || when.kind === "at") return [];
  const fires = calendarOf(when).between(from, Infinity, 50);
  const gaps = fires.slice(1).map((fire, i) => fire - fires[i]!);
  const shortest = Math.min(...gaps);
  if (shortest >= usual.medianMs) return [];
  const message =
    `it fires again after ${formatDuration(shortest)}, and the job usually takes ${formatDuration(usual.medianMs)} ` +
    `(the median of its last ${usual.runs} runs that succeeded): ${overlap ? MEETING[overlap] : "fires will meet a run that still goes on"}`;
  return [{ code: "shorter_than_usual", message }];
}

function dayWarnings(when: When): PreviewWarning[] {
  if (when.kind !== "cron") return [];
  const { eitherDay, fields } = readCron(when.cron);
  if (!eitherDay) return [];
  const message =
    `day-of-month ${fields.dayOfMonth} and day-of-week ${fields.dayOfWeek} are both given: ` +
    "it fires on a day that matches either of them, not only on days that match both";
  return [{ code: "day_or", message }];
}
