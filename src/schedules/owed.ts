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
  /** Of these the ones from some instant on, when there are too many of them as well. */
  within?: Uncounted;
  /** In ascending order. */
  fires: readonly Instant[];
}

/** The fires in (after, until] within startAt and endAt, both of which belong to it. */
export function owedFires(
  { startAt, endAt }: Schedule,
  calendar: Calendar,
  after: Instant,
  until: Instant,
): Owed {
  const from = Math.max(after, (startAt ?? 0) - 1);
  const to = Math.min(until, endAt ?? Infinity);
  if (from >= to) return { older: null, fires: [] };
  const fires = calendar.between(from, to, MAX_STEPS + 1);
  if (fires.length <= MAX_STEPS) return { older: null, fires };
  const [through, ...newest] = calendar.newestUpTo(to, NEWEST + 1);
  return { older: { from: fires[0]!, through: through! }, fires: newest };
}

/**
 * The same fires, with those from `start` on told apart from what lies before: enumerated up to MAX_STEPS of them, else
 * `within`. What stands for all of a window has to know where it begins.
 */
export function enumerateFrom(owed: Owed, calendar: Calendar, start: Instant): Owed {
  const { older, fires } = owed;
  if (older === null) return owed;
  const first = calendar.nextAfter(Math.max(start, older.from) - 1);
  if (first === null || first > older.through) return owed;
  const before = first === older.from ? null : counted(calendar, older.from, first - 1);
  const within = calendar.between(first - 1, older.through, MAX_STEPS + 1);
  if (within.length <= MAX_STEPS) return { older: before, fires: [...within, ...fires] };
  return { older: before, within: { from: first, through: older.through }, fires };
}

function counted(calendar: Calendar, from: Instant, to: Instant): Uncounted {
  const fires = calendar.between(from - 1, to, MAX_STEPS + 1);
  if (fires.length <= MAX_STEPS) return { from, through: fires.at(-1)!, count: fires.length };
  return { from, through: calendar.newestUpTo(to, 1)[0]! };
}
