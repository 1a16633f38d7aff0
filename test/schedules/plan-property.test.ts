// Random schedules through random times: every owed fire in exactly one row, whatever clocks and runs do meanwhile.
import { expect } from "chai";
import { calendarOf } from "../../src/schedules/calendar.ts";
import { ON_TIME_MS, plan } from "../../src/schedules/plan.ts";
import type { ActiveRun, Plan, PlannedRow, Schedule, When } from "../../src/schedules/schedule.ts";
import { makeSchedule } from "./make-schedule.ts";
import { pick, type Random, randomOf, whole } from "./random-cron.ts";

const seed = Number(process.env["JOBMOUNT_TEST_SEED"] ?? 20_261_121);
const CASES = 1500;
const START = Date.UTC(2027, 2, 27, 20);

const CRONS = [
  "* * * * * *",
  "*/7 * * * * *",
  "* * * * *",
  "*/5 * * * *",
  "0 * * * *",
  "30 2 * * *",
  "0,30 1-3 * * *",
  "15 */6 * * 1-5",
  "0 0 13 * 5",
  "0 0 29 2 *",
];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"];

function randomWhen(random: Random): { when: When; periodMs: number } {
  const kind = random();
  if (kind < 0.1) return { when: { kind: "at", at: START + whole(random, 1, 4e8) }, periodMs: 1e8 };
  if (kind < 0.3) {
    const everyMs = pick(random, [1000, 7000, 60_000, 900_000, 86_400_000]);
    return {
      when: { kind: "every", everyMs, anchorAt: START + whole(random, -50, 50) * 1000 },
      periodMs: everyMs,
    };
  }
  const cron = pick(random, CRONS);
  const timeZone = pick(random, ZONES);
  const gap = pick(random, ["next", "skip"] as const);
  const repeat = pick(random, ["first", "both"] as const);
  const when: When = { kind: "cron", cron, timeZone, gap, repeat };
  const fires = calendarOf(when).between(START, Infinity, 3);
  return { when, periodMs: fires[2]! - fires[1]! };
}

function randomSchedule(random: Random): { schedule: Schedule; periodMs: number } {
  const { when, periodMs } = randomWhen(random);
  const maybe = <T>(share: number, value: () => T): T | null => (random() < share ? value() : null);
  const startAt = maybe(0.15, () => START + whole(random, -3, 30) * periodMs);
  const schedule = makeSchedule({
    id: `sch_${whole(random, 0, 1e9)}`,
    when,
    timeZone: when.kind === "cron" ? when.timeZone : "UTC",
    enabled: random() > 0.1,
    overlap: pick(random, ["skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"] as const),
    catchUp: {
      policy: pick(random, ["skip", "latest", "all", "merge"] as const),
      windowMs: pick(random, [1000, 20_000, 3_600_000, 7 * 86_400_000]),
      max: pick(random, [1, 5, 100]),
    },
    jitterMs: pick(random, [0, 0, 500, 60_000]),
    startAt,
    endAt: maybe(0.15, () => (startAt ?? START) + whole(random, 1, 200) * periodMs),
    maxRuns: maybe(0.2, () => whole(random, 1, 40)),
    firedThrough: START + whole(random, 0, 999),
  });
  return { schedule, periodMs };
}

/** A schedule as its rows grow, with runs that begin and end as they like. */
class History {
  readonly rows: PlannedRow[] = [];
  active: ActiveRun[] = [];
  #runs = 0;

  constructor(
    public schedule: Schedule,
    readonly random: Random,
  ) {}

  step(now: number): Plan {
    const planned = plan(this.schedule, now, this.active);
    this.active = this.active.filter((run) => !planned.cancel.includes(run.id));
    for (const row of planned.rows) {
      this.rows.push(row);
      if (row.outcome === "run")
        this.active.push({ id: `run_${++this.#runs}`, state: "queued", fireAt: row.fireAt });
    }
    const { firedThrough, nextFireAt, runsCounted } = planned;
    this.schedule = { ...this.schedule, firedThrough, nextFireAt, runsCounted };
    return planned;
  }

  /** Some runs start, some end. */
  live(): void {
    this.active = this.active.filter(() => this.random() < 0.4);
    for (const run of this.active) run.state = pick(this.random, ["queued", "running", "retrying"] as const);
  }
}

describe("the plan, over random schedules and times", function () {
  this.timeout(60_000);

  it("S1, S6, S9, S10: every owed fire lies in exactly one row, and the cursor never moves back", () => {
    const random = randomOf(seed);
    let [fires, rows, ranges] = [0, 0, 0];
    for (let i = 0; i < CASES; i++) {
      const { schedule, periodMs } = randomSchedule(random);
      const what = `seed ${seed}, case ${i}: ${JSON.stringify(schedule)}`;
      const history = new History(schedule, random);
      let now = schedule.firedThrough;
      for (let step = 0; step < 15; step++) {
        now += randomJump(random, periodMs);
        const before = history.schedule;
        const active = structuredClone(history.active);
        const planned = history.step(now);
        checkStep(before, active, planned, now, what);
        history.live();
        if (random() < 0.05) toggle(history);
      }
      fires += checkAll(schedule, history, what);
      rows += history.rows.length;
      ranges += history.rows.filter((row) => row.fireThrough !== null).length;
    }
    console.log(
      `      seed ${seed}: ${CASES} schedules, ${fires} owed fires in ${rows} rows, ${ranges} of them ranges`,
    );
    expect(fires).to.be.above(CASES * 10);
    expect(ranges).to.be.above(CASES / 5);
  });
});

/** Mostly around a period; sometimes an outage; sometimes a clock that goes back. */
function randomJump(random: Random, periodMs: number): number {
  const kind = random();
  if (kind < 0.1) return -whole(random, 0, 3 * periodMs);
  if (kind < 0.6) return whole(random, 0, 2 * periodMs);
  if (kind < 0.8) return whole(random, 0, 20_000);
  if (kind < 0.95) return whole(random, 0, 60) * periodMs;
  return Math.min(whole(random, 900, 2500) * periodMs, 40 * 86_400_000);
}

/** Switched off or on between two plans, as an edit does after it has settled. */
function toggle(history: History): void {
  const enabled = !history.schedule.enabled;
  history.schedule = { ...history.schedule, enabled };
}

function checkStep(before: Schedule, active: ActiveRun[], planned: Plan, now: number, what: string): void {
  expect(planned.firedThrough, what).to.equal(Math.max(now, before.firedThrough));
  const runs = planned.rows.filter((row) => row.outcome === "run");
  expect(planned.runsCounted, what).to.equal(before.runsCounted + runs.length);
  if (before.maxRuns !== null)
    expect(planned.runsCounted, what).to.be.at.most(Math.max(before.maxRuns, before.runsCounted));
  const next = calendarOf(before.when).nextAfter(Math.max(planned.firedThrough, (before.startAt ?? 0) - 1));
  const over = next === null || next > (before.endAt ?? Infinity);
  const used = before.maxRuns !== null && planned.runsCounted >= before.maxRuns;
  expect(planned.nextFireAt, what).to.equal(!before.enabled || used || over ? null : next);
  let previous = before.firedThrough;
  for (const row of planned.rows) {
    expect(row.fireAt, what).to.be.above(previous);
    previous = row.fireThrough ?? row.fireAt;
    expect(previous, what).to.be.within(row.fireAt, now);
    expect(row.reason === null, what).to.equal(row.outcome === "run");
    if (row.outcome === "skip") expect(row.cause, what).to.be.a("string").and.not.equal("");
    if (row.outcome === "run") checkRun(before, row, now, what);
  }
  checkOverlap(before, active, planned, what);
  if (before.overlap === "buffer_one" && before.catchUp.policy === "all")
    checkPlaces(before, active, planned, now, what);
}

/** With one place to run and one to wait, the newest of what is caught up take those that are free, and no more, no less. */
function checkPlaces(before: Schedule, active: ActiveRun[], planned: Plan, now: number, what: string): void {
  if (!before.enabled || before.maxRuns !== null || now < before.firedThrough) return;
  const { windowMs, max } = before.catchUp;
  const from = Math.max(before.firedThrough, (before.startAt ?? 0) - 1);
  const late = calendarOf(before.when)
    .newestUpTo(Math.min(now, before.endAt ?? Infinity), 50)
    .filter((fire) => fire > from && now - fire > ON_TIME_MS && now - fire <= windowMs);
  const places = Math.min(max, Math.max(0, 2 - active.length));
  const caught = planned.rows.filter((row) => row.outcome === "run" && row.cause !== null);
  expect(
    caught.map(({ fireAt }) => fireAt),
    what,
  ).to.deep.equal(late.slice(late.length - Math.min(places, late.length)));
}

function checkRun(before: Schedule, row: PlannedRow, now: number, what: string): void {
  const late = now - row.fireAt > ON_TIME_MS;
  expect(row.availableAt, what).to.be.at.least(row.fireAt);
  if (!before.enabled) throw new Error(`a run while switched off: ${what}`);
  if (late) {
    expect(before.catchUp.policy, what).to.not.equal("skip");
    expect(now - row.fireAt, what).to.be.at.most(before.catchUp.windowMs);
    expect(row.cause, what).to.be.a("string");
  }
  const following = calendarOf(before.when).nextAfter(row.fireAt);
  if (!late && row.missed === null && following !== null)
    expect(row.availableAt, what).to.be.below(following);
}

function checkOverlap(before: Schedule, active: ActiveRun[], planned: Plan, what: string): void {
  const runs = planned.rows.filter((row) => row.outcome === "run");
  const caughtUp = runs.filter((row) => row.cause !== null).length;
  expect(caughtUp, what).to.be.at.most(before.catchUp.policy === "all" ? before.catchUp.max : 1);
  const onTime = runs.length - caughtUp;
  const all = active.length + runs.length;
  const waiting = active.filter(({ state }) => state === "queued").length + caughtUp;
  switch (before.overlap) {
    case "skip":
      if (active.length + caughtUp > 0) expect(onTime, what).to.equal(0);
      expect(onTime, what).to.be.at.most(1);
      if (caughtUp > 0)
        expect(waiting, what).to.be.at.most(before.catchUp.policy === "all" ? before.catchUp.max : 1);
      break;
    case "buffer_one":
      if (runs.length > 0) expect(all, what).to.be.at.most(2);
      break;
    case "buffer_all":
      if (runs.length > 0) expect(all, what).to.be.at.most(101);
      break;
    case "cancel_other":
      expect(runs.length, what).to.be.at.most(1);
      expect(planned.cancel, what).to.deep.equal(runs.length > 0 ? active.map((run) => run.id) : []);
      break;
    case "allow_all":
      if (runs.length > 0) expect(all, what).to.be.at.most(1000);
      break;
  }
  if (before.overlap !== "cancel_other") expect(planned.cancel, what).to.deep.equal([]);
}

/** The whole calendar up to the cursor against the rows: each fire once, and nothing that is no fire. */
function checkAll(schedule: Schedule, history: History, what: string): number {
  const calendar = calendarOf(schedule.when);
  const from = Math.max(schedule.firedThrough, (schedule.startAt ?? 0) - 1);
  const to = Math.min(history.schedule.firedThrough, schedule.endAt ?? Infinity);
  const owed = from < to ? calendar.between(from, to, Infinity) : [];
  const rows = history.rows.filter((row) => row.reason !== "dst_gap");
  let row = 0;
  let inRow = 0;
  for (const fire of owed) {
    while (row < rows.length && fire > (rows[row]!.fireThrough ?? rows[row]!.fireAt)) {
      checkCount(rows[row]!, inRow, what);
      [row, inRow] = [row + 1, 0];
    }
    const at = rows[row];
    if (!at || fire < at.fireAt) throw new Error(`${new Date(fire).toISOString()} has no row; ${what}`);
    if (inRow === 0) expect(fire, `the row begins at a fire; ${what}`).to.equal(at.fireAt);
    inRow++;
  }
  if (owed.length > 0) checkCount(rows[row]!, inRow, what);
  expect(rows.length, `a row without a fire; ${what}`).to.equal(owed.length > 0 ? row + 1 : 0);
  for (const lost of history.rows.filter(({ reason }) => reason === "dst_gap")) {
    expect(
      calendar.lostIn(from, to).map(({ at }) => at),
      what,
    ).to.include(lost.fireAt);
  }
  return owed.length;
}

function checkCount(row: PlannedRow, fires: number, what: string): void {
  expect(fires, what).to.be.above(0);
  if (row.fireThrough === null) expect(fires, what).to.equal(1);
  else if (row.fireCount !== null) expect(fires, what).to.equal(row.fireCount);
  else expect(fires, `a range without a number is long; ${what}`).to.be.above(800);
}
