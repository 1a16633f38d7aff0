// The strict check in front of every cron text (S13): bounded, in plain words, before any library sees it.
import {
  ALL_FIELDS,
  type CronField,
  type FieldRule,
  fieldRules,
  MONTH_DAYS,
  nicknames,
} from "./cron-fields.ts";

export type { CronField } from "./cron-fields.ts";

/** A cron text that passed: what the calendar and the sentence are made from. */
export interface CronExpression {
  /** As it was given, without the space around it. */
  text: string;
  /** Six fields in numbers, single spaces: equal for most texts that mean the same, so calendars are shared by it. */
  canonical: string;
  fields: Readonly<Record<CronField, string>>;
  /** No `*` and no `/` in second, minute and hour: local times that a clock change may move (S11). */
  fixed: boolean;
  /** Both day fields are restricted: a day that matches either of them fires. */
  eitherDay: boolean;
}

/** Why a cron text was refused; `field` is null when it is about the whole text. */
export class CronError extends Error {
  override readonly name = "CronError";
  constructor(
    readonly code: "cron" | "never_fires",
    readonly field: CronField | null,
    message: string,
  ) {
    super(message);
  }
}

const MAX_LENGTH = 100;

/** Reads a cron text of any length in well under 5 ms, or throws CronError: for its form, or because it never fires. */
export function parseCron(text: string): CronExpression {
  const expression = readCron(text);
  const never = neverFires(expression);
  if (never !== null) throw new CronError("never_fires", "dayOfMonth", never);
  return expression;
}

/** The form alone. */
export function readCron(text: string): CronExpression {
  // Before anything walks the text: a megabyte costs no more than this comparison.
  if (text.length > MAX_LENGTH) {
    refuse(null, `the text has ${text.length} characters; allowed are at most ${MAX_LENGTH}`);
  }
  const trimmed = text.trim();
  const parts = (trimmed.startsWith("@") ? expandNickname(trimmed) : trimmed).split(/[ \t]+/);
  if (trimmed === "" || parts.length < 5 || parts.length > 6) refuseCount(trimmed === "" ? 0 : parts.length);
  if (parts.length === 5) parts.unshift("0");
  const fields = {} as Record<CronField, string>;
  ALL_FIELDS.forEach((field, index) => {
    fields[field] = canonicalField(fieldRules[field], parts[index]!);
  });
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  return {
    text: trimmed,
    canonical: [second, minute, hour, dayOfMonth, month, dayOfWeek].join(" "),
    fields,
    fixed: !/[*/]/.test(second + minute + hour),
    eitherDay: dayOfMonth !== "*" && dayOfWeek !== "*",
  };
}

function refuse(rule: FieldRule | null, message: string): never {
  if (rule === null) throw new CronError("cron", null, message);
  throw new CronError("cron", rule.field, `${rule.label}: ${message}; allowed is ${rule.allowed}`);
}

function refuseCount(count: number): never {
  const found = count === 0 ? "it is empty" : `it has ${count} ${count === 1 ? "field" : "fields"}`;
  const years = count === 7 ? " (there is no field for years)" : "";
  refuse(
    null,
    `${found}${years}; allowed are five (minute hour day-of-month month day-of-week), six (second in front of them), ` +
      `or one of ${Object.keys(nicknames).join(" ")}`,
  );
}

function expandNickname(text: string): string {
  const expanded = nicknames[text.toLowerCase()];
  if (expanded === undefined) {
    refuse(null, `${quote(text)} is not known; allowed are ${Object.keys(nicknames).join(" ")}`);
  }
  return expanded;
}

/** At most 100 characters arrive here; what is shown of them is shorter still. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function canonicalField(rule: FieldRule, given: string): string {
  if (given === "?" && rule.dayField) return "*";
  const items = given.split(",");
  if (items.length > 1) {
    for (const item of items) {
      if (item === "") refuse(rule, `${quote(given)} has nothing on one side of a comma`);
      if (item === "*" || item === "?") {
        refuse(rule, `"${item}" in the list ${quote(given)} would make the rest of it mean nothing`);
      }
      if (/^lw$/i.test(item)) refuse(rule, `"LW" stands alone and cannot be in the list ${quote(given)}`);
    }
  }
  return items.map((item) => canonicalItem(rule, item)).join(",");
}

/** One item of a list: `*`, `7`, `1-5`, `1-30/5`, a star with a step, and what only the day fields know. */
function canonicalItem(rule: FieldRule, item: string): string {
  if (item === "*") return "*";
  const special = rule.special?.(item);
  if (special !== undefined) return special;
  const [base, step, ...rest] = item.split("/");
  if (rest.length > 0) refuse(rule, `${quote(item)} has more than one "/"`);
  if (step === undefined) return canonicalRange(rule, base!);
  const size = rule.field === "dayOfWeek" ? 7 : rule.max - rule.min + 1;
  const every = number(step);
  if (every === undefined || every < 1 || every > size) {
    refuse(rule, `the step ${quote(step)} is not between 1 and ${size}`);
  }
  if (base === "*") return every === 1 ? "*" : `*/${every}`;
  if (!base!.includes("-")) {
    refuse(rule, `${quote(item)} has a step from a single value; write ${base || "*"}-${rule.max}/${step}`);
  }
  const range = canonicalRange(rule, base!);
  return every === 1 ? range : `${range}/${every}`;
}

function canonicalRange(rule: FieldRule, text: string): string {
  if (rule.field === "dayOfMonth" && /^l-/i.test(text)) {
    refuse(rule, `${quote(text)}, so many days before the last one, is not understood`);
  }
  const ends = text.split("-");
  if (ends.length === 1) {
    const value = valueOf(rule, text);
    return String(rule.field === "dayOfWeek" && value === 7 ? 0 : value);
  }
  if (ends.length > 2) refuse(rule, `${quote(text)} is not a range`);
  const from = valueOf(rule, ends[0]!);
  let to = valueOf(rule, ends[1]!);
  // Sunday closes a week as well as it opens one: fri-sun is 5-7.
  if (rule.field === "dayOfWeek" && to === 0 && from > 0) to = /\d/.test(ends[1]!) ? to : 7;
  if (from > to) {
    const last = rule.field === "dayOfWeek" ? 6 : rule.max;
    const tail = from >= last ? `${from}` : `${from}-${last}`;
    const head = to === rule.min ? `${to}` : `${rule.min}-${to}`;
    refuse(rule, `the range ${quote(text)} runs backwards; write ${tail},${head}`);
  }
  return `${from}-${to}`;
}

function valueOf(rule: FieldRule, text: string): number {
  const named = rule.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = named >= 0 ? named + rule.namesFrom : number(text);
  if (value === undefined)
    refuse(rule, text === "" ? "a value is missing" : `${quote(text)} is not understood`);
  if (value < rule.min || value > rule.max) refuse(rule, `${text} is out of bounds`);
  return value;
}

function number(text: string): number | undefined {
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

/** Why it never fires, or null: a day of the month that none of its months has, and no weekday beside it. */
export function neverFires({ fields }: CronExpression): string | null {
  if (fields.dayOfWeek !== "*" || fields.dayOfMonth === "*") return null;
  const days = fields.dayOfMonth.split(",").map((item) => (/^LW?$/.test(item) ? 1 : parseInt(item, 10) || 1));
  const first = Math.min(...days);
  const longest = Math.max(...monthsOf(fields.month).map((month) => MONTH_DAYS[month - 1]!));
  if (first <= longest) return null;
  return (
    `day-of-month: it would never fire: no month of ${quote(fields.month)} has a day ${first}; ` +
    `allowed there is a day up to ${longest}, or L for the last one`
  );
}

function monthsOf(field: string): number[] {
  const months: number[] = [];
  for (const item of field.split(",")) {
    const [base, step] = item.split("/");
    const [from, to] = base === "*" ? [1, 12] : base!.split("-").map(Number);
    for (let month = from!; month <= (to ?? from!); month += Number(step ?? 1)) months.push(month);
  }
  return months;
}
