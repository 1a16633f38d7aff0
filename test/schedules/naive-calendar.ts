// An independent calendar for tests alone: walks instants one by one, asks Intl what the clock shows, matches naively.
// It shares nothing with src: no grammar, no croner, no idea of offsets.

/** One field as what it allows: a star, a star with a step, or a list of values. */
export interface NaiveField {
  text: string;
  /** Contains `*` or `/`. */
  wild: boolean;
  matches(value: number): boolean;
}

export interface NaiveCron {
  text: string;
  second: NaiveField;
  minute: NaiveField;
  hour: NaiveField;
  month: NaiveField;
  /** Null for `*`; judges a whole day. */
  day: ((date: NaiveDate) => boolean) | null;
  weekday: ((date: NaiveDate) => boolean) | null;
}

export interface NaiveDate {
  year: number;
  /** 1 to 12 */
  month: number;
  day: number;
}

/** What the clock shows, as digits in a row and as milliseconds as if it were UTC. */
export interface Shown extends NaiveDate {
  hour: number;
  minute: number;
  second: number;
  local: number;
}

export interface Rules {
  gap: "next" | "skip";
  repeat: "first" | "both";
}

/** One instant after the other with what the clock of a zone shows; the same for all expressions. */
export interface Walk {
  zone: string;
  stepMs: number;
  instants: number[];
  shown: Shown[];
  /** The clock showed this very time before. */
  again: boolean[];
}

export function walk(zone: string, from: number, to: number, stepMs: number): Walk {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const instants: number[] = [];
  const shown: Shown[] = [];
  for (let at = from; at <= to; at += stepMs) {
    const digits = format.format(at).match(/\d+/g)!.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    instants.push(at);
    shown.push(fields(Date.UTC(digits[0], digits[1] - 1, digits[2], digits[3], digits[4], digits[5])));
  }
  const seen = new Set<number>();
  const again = shown.map(({ local }) => seen.size === seen.add(local).size);
  return { zone, stepMs, instants, shown, again };
}

function fields(local: number): Shown {
  const date = new Date(local);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    local,
  };
}

export function matches(cron: NaiveCron, shown: Shown): boolean {
  return (
    cron.second.matches(shown.second) &&
    cron.minute.matches(shown.minute) &&
    cron.hour.matches(shown.hour) &&
    cron.month.matches(shown.month) &&
    dayMatches(cron, shown)
  );
}

/** Both given: either one is enough. */
export function dayMatches({ day, weekday }: NaiveCron, date: NaiveDate): boolean {
  if (day !== null && weekday !== null) return day(date) || weekday(date);
  return (day?.(date) ?? true) && (weekday?.(date) ?? true);
}

/** The fires of the walk from index `first` on, at most `most`. */
export function naiveFires(
  cron: NaiveCron,
  rules: Rules,
  walked: Walk,
  first: number,
  most: number,
): number[] {
  const { instants, shown, again, stepMs } = walked;
  const fixed = !cron.second.wild && !cron.minute.wild && !cron.hour.wild;
  const fires: number[] = [];
  for (let i = Math.max(1, first); i < instants.length && fires.length < most; i++) {
    const now = shown[i]!;
    const before = shown[i - 1]!;
    let fire = matches(cron, now) && !(fixed && rules.repeat === "first" && again[i]);
    if (fixed && rules.gap === "next") {
      // The clock went on by more than the time that passed: what lies between was never shown.
      for (let local = before.local + stepMs; local < now.local && !fire; local += stepMs) {
        fire = matches(cron, fields(local));
      }
    }
    if (fire) fires.push(instants[i]!);
  }
  return fires;
}
