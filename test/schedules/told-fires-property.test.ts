// What a schedule is said to fire next, against what it then does: pauses, skips, limits and ends at random.
import { expect } from "chai";
import { calendarOf } from "../../src/schedules/calendar.ts";
import { describe as describeSchedule } from "../../src/schedules/describe.ts";
import { comingFire } from "../../src/schedules/next-fire.ts";
import { nextFireOf } from "../../src/schedules/plan.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { settle } from "../../src/schedules/settle.ts";
import { type ScopedPause, suspensionsOf } from "../../src/schedules/suspension.ts";
import { makeSchedule } from "./make-schedule.ts";
import { pick, type Random, randomOf, whole } from "./random-cron.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_270_611);
const CASES = 500;
const START = Date.UTC(2027, 9, 30, 22);
const CRONS = ["*/7 * * * * *", "* * * * *", "*/15 * * * *", "30 2 * * *", "0,30 1-3 * * *", "15 2 * * 0"];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
const AHEAD = 30;

function randomCase(random: Random) {
  const maybe = <T>(share: number, value: () => T): T | null => (random() < share ? value() : null);
  const timeZone = pick(random, ZONES);
  const gap = pick(random, ["next", "skip"] as const);
  const repeat = pick(random, ["first", "both"] as const);
  const now = START + whole(random, 0, 999);
  const when =
    random() < 0.3
      ? { kind: "every" as const, everyMs: pick(random, [1_000, 60_000, 7_200_000]), anchorAt: START - 5_000 }
      : { kind: "cron" as const, cron: pick(random, CRONS), timeZone, gap, repeat };
  const fires = calendarOf(when).between(now, Infinity, AHEAD);
  const near = () => pick(random, fires) + pick(random, [-1, 0, 0, 1, 500]);
  const until = () => maybe(0.85, () => Math.max(near(), now + 1));
  const maxRuns = maybe(0.3, () => whole(random, 1, 12));
  const pause = maybe(0.3, () => ({
    by: "ana",
    reason: null,
    at: now - whole(random, 0, 5_000),
    until: until(),
  }));
  const skipped = random() < 0.3 ? fires.filter(() => random() < 0.2) : [];
  const schedule: Schedule = {
    ...makeSchedule({ when, timeZone, overlap: "allow_all", firedThrough: now }),
    paused: pause,
    skips: skipped.map((at) => ({ at, by: "ana", reason: null })),
    startAt: maybe(0.2, near),
    endAt: maybe(0.2, () => near() + 3_600_000),
    maxRuns,
    runsCounted: maxRuns === null ? 0 : whole(random, 0, maxRuns),
  };
  const pauses: ScopedPause[] = Array.from({ length: whole(random, 0, 2) }, (_, i) => ({
    id: `pau_${i}`,
    scope: { kind: "all" },
    by: "bo",
    reason: null,
    at: now - whole(random, 0, 9_000),
    until: until(),
    endedAt: null,
    endedBy: null,
    endedReason: null,
  }));
  return { schedule, pauses, now, fires };
}

/** The runs that it makes when it is looked at at each fire of its calendar, and whenever it asks to be. */
function runsOf(first: Schedule, pauses: readonly ScopedPause[], fires: readonly number[]): number[] {
  let schedule = first;
  const runs: number[] = [];
  const looks = [...new Set([...fires, ...pauses.flatMap(({ until }) => until ?? [])])].sort((a, b) => a - b);
  for (const now of looks) {
    if (now > fires.at(-1)!) break;
    const spans = suspensionsOf(schedule, pauses, undefined, now);
    const {
      rows,
      firedThrough,
      runsCounted,
      suspended = null,
    } = settle(schedule, { now, active: [], spans });
    runs.push(...rows.filter(({ outcome }) => outcome === "run").map(({ fireAt }) => fireAt));
    schedule = { ...schedule, firedThrough, runsCounted, suspended };
  }
  return runs;
}

describe("what is told of the fires to come", function () {
  this.timeout(60_000);

  it("S3, S12: the next fires of a schedule are those that run when their time comes", () => {
    const random = randomOf(seed);
    let told = 0;
    for (let i = 0; i < CASES; i++) {
      const { schedule, pauses, now, fires } = randomCase(random);
      const what = `seed ${seed}, case ${i}, ${new Date(now).toISOString()}: ${JSON.stringify({ schedule, pauses })}`;
      const spans = suspensionsOf(schedule, pauses, undefined, now);
      const runs = runsOf(schedule, pauses, fires);
      const { nextFires } = describeSchedule(schedule, spans, now, AHEAD);
      const last = fires.at(-1)!;
      const shown = nextFires.map(({ at }) => at).filter((at) => at <= last);
      expect(
        shown.map((at) => new Date(at).toISOString()),
        what,
      ).to.deep.equal(
        runs
          .slice(0, shown.length < AHEAD ? undefined : shown.length)
          .map((at) => new Date(at).toISOString()),
      );
      const start = Math.max(now, (schedule.startAt ?? 0) - 1);
      const { nextFire } = comingFire(schedule, calendarOf(schedule.when).nextAfter(start), spans);
      const first = nextFires[0]?.at ?? null;
      expect(nextFire, `explain: ${what}`).to.equal(first);
      if (schedule.paused === null && pauses.length === 0 && schedule.skips.length === 0)
        expect(nextFireOf(schedule), `wakes: ${what}`).to.equal(first);
      told += shown.length;
    }
    console.log(`      seed ${seed}: ${CASES} schedules, ${told} fires told`);
  });
});
