// The schedules of the kill suites, each beside what it means in the plainest words, and the oracle that says what they owe.
import { matches, type NaiveCron, type NaiveField, walk } from "../../schedules/naive-calendar.ts";
import type { OverlapPolicy } from "../../../src/sdk/spec.ts";

/** A rhythm that a schedule may have; `cron` null for `every: 1s`. */
export interface Rhythm {
  cron: string | null;
  timeZone: string;
  second: (second: number) => boolean;
  /** Every minute unless given. */
  minute?: (minute: number) => boolean;
}

export interface Planned {
  rhythm: Rhythm;
  overlap: OverlapPolicy;
  catchUp: "skip" | "latest" | "all" | "merge";
  /** Missed fires that `all` runs at most. */
  most?: number;
  /** How long its job takes. */
  ms: number;
}

export const always = () => true;
const EVERY_SECOND: Rhythm[] = [
  { cron: "* * * * * *", timeZone: "UTC", second: always },
  { cron: null, timeZone: "UTC", second: always },
  { cron: "0-59 * * * * *", timeZone: "Asia/Kathmandu", second: always },
  { cron: "*/2,1-59/2 * * * * *", timeZone: "America/New_York", second: always },
  { cron: "0-29,30-59 * * * * *", timeZone: "Australia/Lord_Howe", second: always },
];
const OTHERS: Rhythm[] = [
  { cron: "*/7 * * * * *", timeZone: "Europe/Berlin", second: (s) => s % 7 === 0 },
  { cron: "0,1,2,30 * * * * *", timeZone: "Africa/Cairo", second: (s) => [0, 1, 2, 30].includes(s) },
  { cron: "10-50/20 * * * * *", timeZone: "Pacific/Apia", second: (s) => [10, 30, 50].includes(s) },
  { cron: "* * * * *", timeZone: "America/Santiago", second: (s) => s === 0 },
];
const OVERLAPS = ["skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"] as const;
/** Fires of `buffer_all` and `allow_all` must all be done in the end, at some 10 ms of a core each: a fifth of them is enough. */
const SHARES: readonly OverlapPolicy[] = [
  ...OVERLAPS,
  "skip",
  "buffer_one",
  "skip",
  "cancel_other",
  "buffer_one",
];
const CATCH_UPS = ["latest", "all", "merge", "skip"] as const;
/** Longer than a second, so that the next fire meets it; less for those that all wait and must all be done in the end. */
const LONG_MS: Record<OverlapPolicy, number> = {
  skip: 1_300,
  buffer_one: 1_300,
  buffer_all: 400,
  cancel_other: 1_300,
  allow_all: 0,
};

/** `everySecond` schedules that fire each second, and some of other rhythms; each policy with each. */
export function plannedSchedules(everySecond: number): Planned[] {
  const planned: Planned[] = [];
  for (let i = 0; i < everySecond; i++) {
    const overlap = SHARES[i % SHARES.length]!;
    const mustAllRun = overlap === "buffer_all" || overlap === "allow_all";
    planned.push({
      rhythm: EVERY_SECOND[Math.floor(i / 5) % EVERY_SECOND.length]!,
      overlap,
      catchUp: CATCH_UPS[Math.floor(i / 25) % CATCH_UPS.length]!,
      // Waiting costs no core: so the machine has time for what is killed and starts again.
      ms: i < OVERLAPS.length ? LONG_MS[overlap] : (i % 4) * (mustAllRun ? 6 : 40),
    });
  }
  for (const [i, rhythm] of OTHERS.entries()) {
    planned.push({ rhythm, overlap: OVERLAPS[i]!, catchUp: CATCH_UPS[i]!, ms: 5 });
  }
  return planned;
}

/** Every fire in (after, through], found by asking Intl second by second what the clock of the zone shows. */
export function firesOf(
  { timeZone, second, minute = always }: Rhythm,
  after: number,
  through: number,
): number[] {
  const field: NaiveField = { text: "", wild: true, matches: always };
  const cron: NaiveCron = {
    ...{ text: "", second: { ...field, matches: second } },
    ...{ minute: { ...field, matches: minute }, hour: field, month: field, day: null, weekday: null },
  };
  const { instants, shown } = walk(timeZone, Math.floor(after / 1000) * 1000, through, 1000);
  return instants.filter((instant, i) => instant > after && matches(cron, shown[i]!));
}
