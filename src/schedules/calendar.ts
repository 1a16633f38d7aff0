// Which instants a schedule fires at: cron in a zone with its clock changes, an interval from an anchor, or one instant.
import type { Instant } from "../clock.ts";
import type { When } from "./schedule.ts";

/** The fires of one `when`, without policies. Every answer is in ascending order. */
export interface Calendar {
  /** The first fire after `instant`, or null when there is none any more. */
  nextAfter(instant: Instant): Instant | null;
  /** The fires in (from, to], the oldest first, at most `limit`. */
  between(from: Instant, to: Instant, limit: number): Instant[];
  /** The newest `n` fires up to and including `instant`. */
  newestUpTo(instant: Instant, n: number): Instant[];
  /** Ends of the gaps in (from, to] that swallowed a fixed local time (`gap: skip`), each with the time that was lost. */
  lostIn(from: Instant, to: Instant): { at: Instant; local: string }[];
}

/** The calendar of a `when`; for cron one shared object per (expression, zone, gap, repeat). Throws CronError. */
export function calendarOf(_when: When): Calendar {
  throw new Error("not built yet");
}
