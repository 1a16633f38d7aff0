// The fires between a schedule's cursor and now, enumerated as far as that is bounded (S10).
import type { Instant } from "../clock.ts";
import type { Calendar } from "./calendar.ts";
import type { Uncounted } from "./rows.ts";
import type { Schedule } from "./schedule.ts";

/** Beyond so many steps (a few microseconds each) only the newest fires are enumerated. */
export const MAX_STEPS = 1000;
export const NEWEST = 100;

export interface Owed {
  /** The fires before `fires` when there are too many of them to enumerate. */
  older: Uncounted | null;
  /** In ascending order. */
  fires: readonly Instant[];
}

/** The fires in (firedThrough, now] within startAt and endAt, both of which belong to it. */
export function owedFires(schedule: Schedule, calendar: Calendar, now: Instant): Owed {
  const from = Math.max(schedule.firedThrough, (schedule.startAt ?? 0) - 1);
  const to = Math.min(now, schedule.endAt ?? Infinity);
  if (from >= to) return { older: null, fires: [] };
  const fires = calendar.between(from, to, MAX_STEPS + 1);
  if (fires.length <= MAX_STEPS) return { older: null, fires };
  const [through, ...newest] = calendar.newestUpTo(to, NEWEST + 1);
  return { older: { from: fires[0]!, through: through! }, fires: newest };
}
