// Which instants a schedule fires at: cron in a zone with its clock changes, an interval from an anchor, or one instant.
import { CronDate, type CronOptions, CronPattern } from "croner";
import type { Instant } from "../clock.ts";
import { type Calendar, CronCalendar, type LocalTimes } from "./cron-calendar.ts";
import { CronError, type CronExpression, parseCron } from "./grammar.ts";
import { Lru } from "./lru.ts";
import type { When } from "./schedule.ts";
import { zoneOf } from "./zone.ts";

export type { Calendar, LostTime } from "./cron-calendar.ts";

/**
 * A memo and no state: what it forgets is made again in some 30 microseconds. 1,000 calendars take 3 MB (measured; a
 * croner object each would take 80 MB, nearly all of it a table of years that no text of ours can restrict).
 */
const calendars = new Lru<string, Calendar>(1000);
const walks = new Lru<string, LocalTimes>(1000);

/** The calendar of a `when`; for cron one shared object per (text, zone, gap, repeat). Throws CronError. */
export function calendarOf(when: When): Calendar {
  if (when.kind === "every") return everyCalendar(when.everyMs, when.anchorAt);
  if (when.kind === "at") return atCalendar(when.at);
  const key = `${when.cron}|${when.timeZone}|${when.gap}|${when.repeat}`;
  const kept = calendars.get(key);
  if (kept) return kept;
  const expression = parseCron(when.cron);
  const zone = zoneOf(when.timeZone);
  if (!zone) throw new CronError("cron", null, `the time zone ${when.timeZone} is not known here`);
  const calendar = new CronCalendar(localTimesOf(expression), zone, {
    fixed: expression.fixed,
    gap: when.gap,
    repeat: when.repeat,
  });
  calendars.set(key, calendar);
  return calendar;
}

/** The local times of an expression, whatever the zone. */
export function localTimesOf(expression: CronExpression): LocalTimes {
  const kept = walks.get(expression.canonical);
  if (kept) return kept;
  const walk = new CronerWalk(expression.canonical);
  walks.set(expression.canonical, walk);
  return walk;
}

/**
 * croner as a walk over days and times of a clock that never changes. Clock changes are CronCalendar's: croner asks Intl
 * several times a step for them (35 to 90 microseconds, 3 to 19 without), has no `gap: skip` and no `repeat: both`, and
 * loses a fixed time whose gap ends on the next day (Nuuk, Apia).
 */
class CronerWalk implements LocalTimes {
  readonly #pattern: CronPattern;
  readonly #options: CronOptions = { domAndDow: false };

  constructor(canonical: string) {
    this.#pattern = new CronPattern(canonical, undefined, { mode: "6-part" });
    // 10,000 numbers, each pattern its own; with every year allowed croner only looks at `starYear`.
    this.#pattern.year = ANY_YEAR;
  }

  after(local: number): number | null {
    // Offset 0: croner's own arithmetic in UTC, without any zone.
    const found = new CronDate(new Date(local), 0).increment(this.#pattern, this.#options, false);
    return found === null ? null : found.getTime();
  }

  before(local: number, n: number): number[] {
    const found: number[] = [];
    let at = local;
    while (found.length < n) {
      const previous = new CronDate(new Date(at), 0).decrement(this.#pattern, this.#options, false);
      if (previous === null) break;
      at = previous.getTime();
      found.push(at);
    }
    return found;
  }
}

const ANY_YEAR: number[] = [];

/** Every `everyMs` from the anchor on; the anchor itself is the first fire. */
function everyCalendar(everyMs: number, anchorAt: Instant): Calendar {
  const nextAfter = (instant: Instant): Instant =>
    anchorAt + Math.max(0, Math.floor((instant - anchorAt) / everyMs) + 1) * everyMs;
  return {
    nextAfter,
    between(from, to, limit) {
      const first = nextAfter(from);
      const count = first > to ? 0 : Math.min(limit, Math.floor((to - first) / everyMs) + 1);
      return Array.from({ length: count }, (_, i) => first + i * everyMs);
    },
    newestUpTo(instant, n) {
      const steps = Math.floor((instant - anchorAt) / everyMs);
      const count = Math.max(0, Math.min(n, steps + 1));
      return Array.from({ length: count }, (_, i) => anchorAt + (steps - count + 1 + i) * everyMs);
    },
    lostIn: () => [],
  };
}

function atCalendar(at: Instant): Calendar {
  return {
    nextAfter: (instant) => (instant < at ? at : null),
    between: (from, to, limit) => (from < at && at <= to && limit > 0 ? [at] : []),
    newestUpTo: (instant, n) => (at <= instant && n > 0 ? [at] : []),
    lostIn: () => [],
  };
}
