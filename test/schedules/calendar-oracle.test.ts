// The calendar against a brute-force one, around the clock changes of many zones.
import { expect } from "chai";
import { calendarOf } from "../../src/schedules/calendar.ts";
import { dayMatches, type NaiveCron, naiveFires, type Rules, type Walk, walk } from "./naive-calendar.ts";
import { type Aim, pick, type Random, randomCron, randomOf, whole } from "./random-cron.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Years with changes that differ: midnight gaps, half hours, a quarter, a day that was left out, Ramadan pauses. */
const ZONES: Readonly<Record<string, readonly number[]>> = {
  "America/New_York": [2026, 2027],
  "Europe/London": [2026, 2027],
  "Europe/Berlin": [2026, 2027],
  "Australia/Lord_Howe": [2026, 2027],
  "Africa/Cairo": [2014, 2026],
  "America/Santiago": [2022, 2026],
  "America/Sao_Paulo": [2017, 2018],
  "Asia/Kathmandu": [1985, 1986],
  "Pacific/Apia": [2011, 2020],
  "America/Nuuk": [2027],
};
const MINUTE_CASES = 16_000;
const SECOND_CASES = 6_000;

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_261_121);

describe("the calendar against a brute-force walk", function () {
  this.timeout(60_000);
  const changes = Object.entries(ZONES).flatMap(([zone, years]) =>
    years.flatMap((year) => changesOf(zone, year)),
  );

  it("S11, S2: has the fires of a minute-by-minute walk, no more and no less, around every clock change", () => {
    const windows = changes.map(({ zone, at }) => walk(zone, at - 30 * HOUR, at + 42 * HOUR, MINUTE));
    compare(windows, MINUTE_CASES, false, randomOf(seed));
  });

  it("S11, S2: has the fires of a second-by-second walk through the hours of every clock change", () => {
    const windows = changes.map(({ zone, at }) => walk(zone, at - 100 * MINUTE, at + 100 * MINUTE, 1000));
    compare(windows, SECOND_CASES, true, randomOf(seed + 1));
  });

  it("S11: has the days of a day-by-day walk over five years, with L, W, # and either day field", () => {
    const random = randomOf(seed + 2);
    const from = Date.UTC(2027, 0, 1, 12);
    const days = walk("UTC", from, from + 5 * 366 * 24 * HOUR, 24 * HOUR);
    let fires = 0;
    for (let i = 0; i < 500; i++) {
      const date = { year: 2027, month: whole(random, 1, 12), day: whole(random, 1, 31) };
      const cron = randomCron(random, { hours: [12], date, seconds: false });
      const [, , ...dayFields] = cron.text.split(" ");
      const calendar = calendarAt(`0 12 ${dayFields.join(" ")}`, "UTC", { gap: "next", repeat: "first" });
      if (!calendar) continue;
      const first = whole(random, 1, 300);
      const expected = days.instants.filter(
        (_, at) =>
          at >= first && cron.month.matches(days.shown[at]!.month) && dayMatches(cron, days.shown[at]!),
      );
      fires += expected.length;
      const [start, end] = [days.instants[first - 1]!, days.instants.at(-1)!];
      expect(calendar.between(start, end, Infinity).join(), cron.text).to.equal(expected.join());
      const newest = Math.min(7, expected.length);
      expect(calendar.newestUpTo(end, newest), cron.text).to.deep.equal(expected.slice(-7));
    }
    expect(fires).to.be.above(20_000);
  });

  function compare(windows: readonly Walk[], cases: number, seconds: boolean, random: Random): void {
    let [compared, fires] = [0, 0];
    while (compared < cases) {
      const window = windows[compared % windows.length]!;
      const change = Math.floor(window.instants.length / (seconds ? 2 : 2.4));
      const cron = randomCron(random, aimAt(window, change, seconds));
      const rules: Rules = { gap: pick(random, ["next", "skip"]), repeat: pick(random, ["first", "both"]) };
      const calendar = calendarAt(cron.text, window.zone, rules);
      // 30 February and the like: refused, which has tests of its own.
      if (!calendar) continue;
      compared++;
      const first = whole(random, 1, Math.floor(change * 1.3));
      const expected = naiveFires(cron, rules, window, first, 50);
      fires += expected.length;
      const from = window.instants[first - 1]! + whole(random, 0, 999);
      const to = window.instants.at(-1)!;
      const what = describeCase(cron, window, rules, from);
      expect(calendar.between(from, to, 50), what).to.deep.equal(expected);
      if (expected.length < 50) {
        const newest = calendar.newestUpTo(to + whole(random, 0, 999), Math.min(4, expected.length));
        expect(newest, `${what}, newest`).to.deep.equal(expected.slice(-4));
      }
    }
    console.log(
      `      seed ${seed}: ${compared} cases (expression, zone, start) with ${fires} fires, ${windows.length} clock changes`,
    );
    expect(fires).to.be.above(cases);
  }
});

function calendarAt(cron: string, timeZone: string, rules: Rules) {
  try {
    return calendarOf({ kind: "cron", cron, timeZone, ...rules });
  } catch (error) {
    if (error instanceof Error && error.message.includes("never fire")) return undefined;
    throw error;
  }
}

/** Hours on both sides of the change, and the days around it. */
function aimAt(window: Walk, change: number, seconds: boolean): Aim {
  const at = window.shown[change]!;
  const hours = [-2, -1, 0, 1, 2].map((away) => (at.hour + away + 24) % 24);
  return { hours: [...hours, 0, 23, 2], date: at, seconds };
}

function describeCase({ text }: NaiveCron, { zone }: Walk, rules: Rules, from: number): string {
  return `${text} in ${zone}, gap ${rules.gap}, repeat ${rules.repeat}, after ${new Date(from).toISOString()}`;
}

/** The minute at which the clock first shows something that does not follow from the minute before. */
function changesOf(zone: string, year: number): { zone: string; at: number }[] {
  const found: { zone: string; at: number }[] = [];
  const coarse = walk(zone, Date.UTC(year, 0, 1) - 6 * HOUR, Date.UTC(year + 1, 0, 1), 6 * HOUR);
  for (let i = 1; i < coarse.instants.length; i++) {
    if (coarse.shown[i]!.local - coarse.shown[i - 1]!.local === 6 * HOUR) continue;
    const fine = walk(zone, coarse.instants[i - 1]!, coarse.instants[i]!, MINUTE);
    const index = fine.shown.findIndex(
      (shown, at) => at > 0 && shown.local - fine.shown[at - 1]!.local !== MINUTE,
    );
    found.push({ zone, at: fine.instants[index]! });
  }
  return found;
}
