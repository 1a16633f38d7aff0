// The fields of a cron text as data: bounds, names, nicknames, and the marks that only the day fields know.

export type CronField = "second" | "minute" | "hour" | "dayOfMonth" | "month" | "dayOfWeek";

export const ALL_FIELDS: readonly CronField[] = [
  "second",
  "minute",
  "hour",
  "dayOfMonth",
  "month",
  "dayOfWeek",
];

export interface FieldRule {
  field: CronField;
  label: string;
  min: number;
  max: number;
  names: readonly string[] | null;
  /** The value of the first name. */
  namesFrom: number;
  /** The day fields take `?` for `*`. */
  dayField: boolean;
  /** In words, for messages. */
  allowed: string;
  /** Canonical text of an item that is special to this field; undefined when it is none. */
  special?(item: string): string | undefined;
}

/** Days of each month, with a leap year's February. */
export const MONTH_DAYS: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function plain(field: CronField, label: string, min: number, max: number): FieldRule {
  const allowed = `${min}-${max}, lists (1,2), ranges (1-5), steps (*/5, 10-30/5) or *`;
  return { field, label, min, max, names: null, namesFrom: 0, dayField: false, allowed };
}

export const fieldRules: Readonly<Record<CronField, FieldRule>> = {
  second: plain("second", "second", 0, 59),
  minute: plain("minute", "minute", 0, 59),
  hour: plain("hour", "hour", 0, 23),
  dayOfMonth: {
    ...plain("dayOfMonth", "day-of-month", 1, 31),
    dayField: true,
    allowed:
      "1-31, lists, ranges, steps (*/2), L (last day), LW (last weekday), 15W (weekday nearest to the 15th), * or ?",
    special: (item) => {
      if (/^lw?$/i.test(item)) return item.toUpperCase();
      const day = /^(\d{1,2})w$/i.exec(item);
      if (day === null || Number(day[1]) < 1 || Number(day[1]) > 31) return undefined;
      return `${Number(day[1])}W`;
    },
  },
  month: {
    ...plain("month", "month", 1, 12),
    names: MONTHS,
    namesFrom: 1,
    allowed: "1-12 or jan-dec, lists, ranges, steps (*/3) or *",
  },
  dayOfWeek: {
    ...plain("dayOfWeek", "day-of-week", 0, 7),
    names: WEEKDAYS,
    dayField: true,
    allowed:
      "0-7 (0 and 7 are Sunday, 1 is Monday) or sun-sat, lists, ranges, steps, 5#2 (second Friday), 5L (last Friday), * or ?",
    special: (item) => {
      const match = /^([0-7]|sun|mon|tue|wed|thu|fri|sat)(?:#([1-5])|l)$/i.exec(item);
      if (match === null) return undefined;
      const day = /\d/.test(match[1]!) ? Number(match[1]) % 7 : WEEKDAYS.indexOf(match[1]!.toLowerCase());
      return match[2] === undefined ? `${day}L` : `${day}#${match[2]}`;
    },
  },
};
