// What a request may say of a preview, checked.
import type { Instant } from "../clock.ts";
import { readAskedTime, wrongTime } from "./asked-time.ts";
import { readWhen, type ScheduleFields } from "./input.ts";
import { Problems } from "./input-values.ts";
import { OVERLAPS } from "./policy-input.ts";
import type { PreviewOptions } from "./preview.ts";
import type { When } from "./schedule.ts";
import { zoneOf } from "./zone.ts";

/** Nothing is believed before it is checked. */
export interface PreviewRequest extends Pick<
  ScheduleFields,
  "cron" | "every" | "everyMs" | "anchorAt" | "at" | "timeZone" | "dst"
> {
  /** A time as `explain` reads it, on the clock of the zone; the fires are those after it. Now unless given. */
  from?: unknown;
  /** 1 to 100; 5 unless given. */
  count?: unknown;
  /** What is to become of fires that meet a run; the job's own unless given. */
  overlap?: unknown;
}

/** Throws ExpectedError 422 with a pointer for every wrong field. */
export function readPreview(
  request: PreviewRequest,
  defaults: { now: Instant; timeZone: string },
): { when: When; options: PreviewOptions } {
  const problems = new Problems();
  const { from: fromGiven, count: countGiven, overlap: overlapGiven, ...fields } = request;
  const { now } = defaults;
  const from = (fromGiven ?? null) === null ? now : readFrom(fromGiven, fields.timeZone, defaults, problems);
  const bounds = { min: 1, max: 100, whole: true };
  const count = (countGiven ?? null) === null ? 5 : problems.number(countGiven, "/count", bounds);
  const overlap =
    (overlapGiven ?? null) === null ? undefined : problems.oneOf(overlapGiven, "/overlap", OVERLAPS);
  const { when, timeZone, zoneDefaulted } = readWhen(fields, { ...defaults, now: from ?? now }, problems);
  return { when, options: { from: from!, count: count!, timeZone, zoneDefaulted, overlap } };
}

/** A local time that the clock jumps over is the end of the gap; of one that comes twice, the first. */
function readFrom(
  value: unknown,
  given: unknown,
  { now, timeZone }: { now: Instant; timeZone: string },
  problems: Problems,
): Instant | undefined {
  const zone = (typeof given === "string" && zoneOf(given.trim())?.name) || timeZone;
  const time = typeof value === "string" ? readAskedTime(value, now, zone) : undefined;
  if (!time) return problems.add("/from", "instant", wrongTime(value, now, zone));
  return time.kind === "lost" ? time.change.at : time.at;
}
