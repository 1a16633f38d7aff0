// The fires between a schedule's cursor and now, enumerated as far as that is bounded (S10).
import type { Instant } from "../clock.ts";
import type { Calendar } from "./calendar.ts";
import type { Schedule } from "./schedule.ts";

/** Beyond so many steps (a few microseconds each) only the newest fires are enumerated. */
export const MAX_STEPS = 1000;
/** As many as catch-up may run. */
const NEWEST = 100;

/**
 * A fire found at most this late counts as on time, if somebody was there to find it all the while; only another one is
 * the catch-up policy's. A healthy service finds a fire within 1.5 s (the ticker's second and S4's half second for 10,000
 * rows), and one whose event loop stalls for 5 s, or that waits for a database to fail over, has not been down: twice
 * that leaves room for a lock or two. After a restart, however quick, what was due before it was missed.
 */
export const ON_TIME_MS = 10_000;

/** No calendar fires more often than each second: so many fires may be on time together. */
const ON_TIME = ON_TIME_MS / 1000 + 1;

/** A range of fires too long to be counted; both ends are fires. */
export interface Uncounted {
  from: Instant;
  through: Instant;
  /** Set when they were counted all the same. */
  count?: number;
}

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
  { startAt, endAt, skips }: Schedule,
  calendar: Calendar,
  after: Instant,
  until: Instant,
): Owed {
  const from = Math.max(after, (startAt ?? 0) - 1);
  const to = Math.min(until, endAt ?? Infinity);
  if (from >= to) return { older: null, fires: [] };
  const fires = calendar.between(from, to, MAX_STEPS + 1);
  if (fires.length <= MAX_STEPS) return { older: null, fires };
  // What is on time, or to be left out, takes no place of those that catch-up may run.
  const [through, ...newest] = calendar.newestUpTo(to, NEWEST + ON_TIME + skips.length + 1);
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

/** The range of the fires from `from` to `to`, of which there is one at least; with their number if it is not too large. */
export function counted(calendar: Calendar, from: Instant, to: Instant): Uncounted {
  const fires = calendar.between(from - 1, to, MAX_STEPS + 1);
  if (fires.length <= MAX_STEPS) return { from, through: fires.at(-1)!, count: fires.length };
  return { from, through: calendar.newestUpTo(to, 1)[0]! };
}
