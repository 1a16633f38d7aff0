// Random cron texts for the property tests, each beside what it means in the plainest words there are.
import type { NaiveCron, NaiveDate, NaiveField } from "./naive-calendar.ts";

export type Random = () => number;

/** A small generator of its own (mulberry32), so that a seed gives the same cases everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const whole = (random: Random, from: number, to: number) =>
  from + Math.floor(random() * (to - from + 1));
export const pick = <T>(random: Random, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)]!;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** `near`: the date around which the test looks; fields often aim at it, so that fires are there. */
export interface Aim {
  hours: readonly number[];
  date: NaiveDate;
  seconds: boolean;
}

export function randomCron(random: Random, aim: Aim): NaiveCron {
  const second = aim.seconds ? randomField(random, 0, 59, [0, 30, 59]) : only(0);
  const minute = randomField(random, 0, 59, [0, 15, 30, 45, 59]);
  const hour = randomField(random, 0, 23, aim.hours);
  const month = random() < 0.75 ? star() : randomMonth(random, aim.date.month);
  const [dayText, day] = random() < 0.6 ? (["*", null] as const) : randomDay(random, aim.date.day);
  const [weekdayText, weekday] = random() < 0.6 ? (["*", null] as const) : randomWeekday(random);
  const days = `${dayText === "*" && random() < 0.1 ? "?" : dayText} ${month.text} ${weekdayText}`;
  const text = `${aim.seconds ? `${second.text} ` : ""}${minute.text} ${hour.text} ${days}`;
  return { text, second, minute, hour, month, day, weekday };
}

function listed(text: string, values: Iterable<number>, wild = false): NaiveField {
  const allowed: boolean[] = [];
  for (const value of values) allowed[value] = true;
  return { text, wild, matches: (value) => allowed[value] === true };
}

const star = (): NaiveField => ({ text: "*", wild: true, matches: () => true });
const only = (value: number) => listed(String(value), [value]);

function randomField(random: Random, min: number, max: number, near: readonly number[]): NaiveField {
  const value = () => (random() < 0.7 ? pick(random, near) : whole(random, min, max));
  const kind = random();
  if (kind < 0.15) return star();
  if (kind < 0.3) {
    const step = whole(random, 2, Math.min(30, max));
    return listed(`*/${step}`, range(min, max, step), true);
  }
  if (kind < 0.6) return only(value());
  if (kind < 0.8) {
    const values = Array.from({ length: whole(random, 2, 4) }, value);
    return listed(values.join(","), values);
  }
  const from = value();
  const to = whole(random, from, max);
  if (kind < 0.92) return listed(`${from}-${to}`, range(from, to, 1));
  const step = whole(random, 2, 20);
  return listed(`${from}-${to}/${step}`, range(from, to, step), true);
}

function range(from: number, to: number, step: number): number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

function randomMonth(random: Random, near: number): NaiveField {
  const month = random() < 0.8 ? near : whole(random, 1, 12);
  const kind = random();
  if (kind < 0.4) return only(month);
  if (kind < 0.7) return listed(MONTHS[month - 1]!, [month]);
  if (kind < 0.85) return listed(`${month}-12`, range(month, 12, 1));
  const step = whole(random, 2, 6);
  return listed(`*/${step}`, range(1, 12, step), true);
}

type DayRule = readonly [string, (date: NaiveDate) => boolean];

const lastDay = ({ year, month }: NaiveDate) => new Date(Date.UTC(year, month, 0)).getUTCDate();
const weekdayOf = ({ year, month, day }: NaiveDate) => new Date(Date.UTC(year, month - 1, day)).getUTCDay();

export function randomDay(random: Random, near: number): DayRule {
  const kind = random();
  const day = random() < 0.6 ? near : whole(random, 1, 28);
  if (kind < 0.3) return [String(day), (date) => date.day === day];
  if (kind < 0.45) {
    const to = whole(random, day, 31);
    return [`${day}-${to}`, (date) => date.day >= day && date.day <= to];
  }
  if (kind < 0.6) {
    const step = whole(random, 2, 10);
    return [`*/${step}`, (date) => (date.day - 1) % step === 0];
  }
  if (kind < 0.7) return ["L", (date) => date.day === lastDay(date)];
  if (kind < 0.75) return [`${day},L`, (date) => date.day === day || date.day === lastDay(date)];
  if (kind < 0.85) return ["LW", (date) => date.day === nearestWeekday({ ...date, day: lastDay(date) })];
  return [`${day}W`, (date) => day <= lastDay(date) && date.day === nearestWeekday({ ...date, day })];
}

/** The weekday nearest to a day without leaving its month. */
function nearestWeekday(date: NaiveDate): number {
  for (const away of [0, -1, 1, -2, 2]) {
    const day = date.day + away;
    if (day < 1 || day > lastDay(date)) continue;
    const weekday = weekdayOf({ ...date, day });
    if (weekday !== 0 && weekday !== 6) return day;
  }
  throw new Error("every month has weekdays");
}

export function randomWeekday(random: Random): DayRule {
  const day = whole(random, 0, 7);
  const name = random() < 0.3 && day < 7 ? WEEKDAYS[day]! : String(day);
  const isIt = (date: NaiveDate) => weekdayOf(date) === day % 7;
  const kind = random();
  if (kind < 0.35) return [name, isIt];
  if (kind < 0.5) {
    const other = whole(random, 0, 6);
    return [`${name},${other}`, (date) => isIt(date) || weekdayOf(date) === other];
  }
  if (kind < 0.65) {
    const from = whole(random, 0, 6);
    const to = whole(random, from, 7);
    const days = range(from, to, 1).map((each) => each % 7);
    return [`${from}-${to}`, (date) => days.includes(weekdayOf(date))];
  }
  if (kind < 0.75) return ["*/2", (date) => weekdayOf(date) % 2 === 0];
  if (kind < 0.88) {
    const nth = whole(random, 1, 5);
    return [`${name}#${nth}`, (date) => isIt(date) && Math.ceil(date.day / 7) === nth];
  }
  return [`${name}L`, (date) => isIt(date) && date.day + 7 > lastDay(date)];
}
