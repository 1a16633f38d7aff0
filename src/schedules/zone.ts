// A time zone as arithmetic: its offsets and clock changes, asked from Intl once and kept by the month.
import type { Instant } from "../clock.ts";
import { Lru } from "./lru.ts";

/** The clocks of a zone change at `at` from one offset (ms east of UTC) to another. */
export interface Transition {
  at: Instant;
  before: number;
  after: number;
}

const DAY = 86_400_000;
/** Offsets are looked up by blocks of 25 days. */
const BLOCK = 25 * DAY;
/** Between two looks nothing may change twice: measured, the shortest time between two changes since 1970 is 7 days. */
const LOOK = 2.5 * DAY;

interface Block {
  offset: number;
  transitions: readonly Transition[];
}

export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #blocks = new Lru<number, Block>(400);

  /** Throws RangeError for a name that Intl does not know; use `zoneOf`. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    // Intl takes any case and answers the usual one, but also replaces names (Asia/Kathmandu): only the case is taken.
    const usual = this.#format.resolvedOptions().timeZone;
    this.name = usual.toLowerCase() === name.toLowerCase() ? usual : name;
  }

  /** Milliseconds east of UTC at this instant. */
  offsetAt(instant: Instant): number {
    const block = this.#block(Math.floor(instant / BLOCK));
    let offset = block.offset;
    for (const transition of block.transitions) if (transition.at <= instant) offset = transition.after;
    return offset;
  }

  /** The clock changes in (from, to], the oldest first. */
  transitions(from: Instant, to: Instant): Transition[] {
    const found: Transition[] = [];
    for (let index = Math.floor(from / BLOCK); index * BLOCK <= to; index++) {
      for (const transition of this.#block(index).transitions) {
        if (transition.at > from && transition.at <= to) found.push(transition);
      }
    }
    return found;
  }

  /** The first clock change in (from, to]. */
  firstTransition(from: Instant, to: Instant): Transition | undefined {
    for (let index = Math.floor(from / BLOCK); index * BLOCK <= to; index++) {
      for (const transition of this.#block(index).transitions) {
        if (transition.at > from) return transition.at <= to ? transition : undefined;
      }
    }
    return undefined;
  }

  /** `2027-03-28T03:00:00+02:00`; milliseconds only when there are some. */
  localText(instant: Instant): string {
    const offset = this.offsetAt(instant);
    return wallText(instant + offset) + offsetText(offset);
  }

  /** Block i answers for [i × BLOCK, (i+1) × BLOCK); a change exactly at its start belongs to it. */
  #block(index: number): Block {
    const kept = this.#blocks.get(index);
    if (kept) return kept;
    const end = (index + 1) * BLOCK - 1000;
    let at = index * BLOCK - 1000;
    let offset = this.#ask(at);
    const block = { offset, transitions: [] as Transition[] };
    while (at < end) {
      const next = Math.min(at + LOOK, end);
      const after = this.#ask(next);
      if (after !== offset)
        block.transitions.push({ at: this.#change(at, next, offset), before: offset, after });
      [at, offset] = [next, after];
    }
    this.#blocks.set(index, block);
    return block;
  }

  /** The first whole second in (from, to] at which the offset is no longer `before`. */
  #change(from: Instant, to: Instant, before: number): Instant {
    let [same, changed] = [from, to];
    while (changed - same > 1000) {
      const middle = same + Math.floor((changed - same) / 2000) * 1000;
      if (this.#ask(middle) === before) same = middle;
      else changed = middle;
    }
    return changed;
  }

  /** The offset by Intl (about 3 microseconds). `instant` is a whole second. */
  #ask(instant: Instant): number {
    const [month, day, year, hour, minute, second] = this.#format.format(instant).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - instant;
  }
}

const zones = new Lru<string, Zone>(200);

/** The zone of an IANA name, or undefined when there is none. A memo, so that all calendars of a zone share it. */
export function zoneOf(name: string): Zone | undefined {
  const kept = zones.get(name);
  if (kept) return kept;
  // Intl also takes "+02:00" on newer Node: an offset knows no clock changes and is not what S11 allows.
  if (!/^[A-Za-z][\w+-]{0,30}(?:\/[A-Za-z][\w+-]{0,30}){0,2}$/.test(name)) return undefined;
  try {
    const zone = new Zone(name);
    zones.set(name, zone);
    return zone;
  } catch {
    return undefined;
  }
}

/** `2027-03-28T03:00:00` of local milliseconds (an instant plus its offset). */
export function wallText(local: number): string {
  return new Date(local).toISOString().replace(/(?:\.000)?Z$/, "");
}

/** `+02:00`, `-09:30`, `+00:00`. */
export function offsetText(offset: number): string {
  const seconds = Math.abs(offset) / 1000;
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  const odd = seconds % 60 === 0 ? "" : `:${two(seconds % 60)}`;
  return `${offset < 0 ? "-" : "+"}${two(seconds / 3600)}:${two((seconds / 60) % 60)}${odd}`;
}

/** At most two zones that a wrong name may have meant: the same city, or a name a letter or two away. */
export function nearestZones(wrong: string): string[] {
  const asked = fold(wrong);
  if (asked.length < 3 || asked.length > 40) return [];
  const near: { name: string; away: number }[] = [];
  for (const name of Intl.supportedValuesOf("timeZone")) {
    const folded = fold(name);
    const city = folded.slice(folded.lastIndexOf("/") + 1);
    const askedCity = asked.slice(asked.lastIndexOf("/") + 1);
    const away = city === askedCity ? 0 : Math.min(edits(asked, folded), edits(askedCity, city) + 1);
    if (away <= 2) near.push({ name, away });
  }
  near.sort((a, b) => a.away - b.away);
  return near.slice(0, 2).map(({ name }) => name);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[ _-]/g, "");
}

/** Letters to add, drop or change; 3 stands for more than that. */
function edits(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
