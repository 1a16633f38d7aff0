// What a schedule owes, by tables: being on time, limits, pauses, jitter, the cursor.
import { expect } from "chai";
import { calendarOf } from "../../src/schedules/calendar.ts";
import { jitterOf } from "../../src/schedules/jitter.ts";
import { nextFireOf, ON_TIME_MS, plan, planSuspended } from "../../src/schedules/plan.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { costMs } from "../support/cost.ts";
import { activeRun, at, brief, cronAt, makeSchedule } from "./make-schedule.ts";

const day = (time: string) => at(`2027-01-10T${time}Z`);

describe("the plan", () => {
  it("S1: one fire due is one run, and the cursor stands at now", () => {
    const schedule = makeSchedule();
    const planned = plan(schedule, day("01:00:00.400"), []);
    expect(planned).to.deep.equal({
      rows: [
        {
          outcome: "run",
          reason: null,
          cause: null,
          fireAt: day("01:00:00"),
          fireThrough: null,
          fireCount: null,
          availableAt: day("01:00:00"),
          missed: null,
        },
      ],
      firedThrough: day("01:00:00.400"),
      nextFireAt: day("02:00:00"),
      runsCounted: 1,
      cancel: [],
    });
  });

  it("S1: nothing due is no row; the cursor moves on all the same", () => {
    const planned = plan(makeSchedule(), day("00:59:59.999"), []);
    expect(planned.rows).to.deep.equal([]);
    expect(planned.firedThrough).to.equal(day("00:59:59.999"));
    expect(planned.nextFireAt).to.equal(day("01:00:00"));
  });

  it("S6: a clock behind the cursor owes nothing and moves nothing", () => {
    const schedule = makeSchedule({ firedThrough: day("03:30:00") });
    const planned = plan(schedule, day("01:15:00"), [activeRun("run_a", "running")]);
    expect(planned).to.deep.equal({
      rows: [],
      firedThrough: day("03:30:00"),
      nextFireAt: day("04:00:00"),
      runsCounted: 0,
      cancel: [],
    });
  });

  it("S6: planning the same instant twice makes no second row", () => {
    const schedule = makeSchedule();
    const now = day("01:00:00");
    const { firedThrough, nextFireAt } = plan(schedule, now, []);
    expect(plan({ ...schedule, firedThrough, nextFireAt }, now, []).rows).to.deep.equal([]);
  });

  it("S10: a fire found up to 10 s late is on time, one later is the catch-up policy's", () => {
    const schedule = makeSchedule({ catchUp: { policy: "skip", windowMs: 3_600_000, max: 100 } });
    expect(brief(plan(schedule, day("01:00:00") + ON_TIME_MS, []).rows)).to.deep.equal(["run 01:00"]);
    expect(brief(plan(schedule, day("01:00:00") + ON_TIME_MS + 1, []).rows)).to.deep.equal([
      "skip missed 01:00",
    ]);
  });

  it("takes at most two calendar steps for one due fire", () => {
    const schedule = makeSchedule(cronAt("0 17 * * *"));
    const calendar = calendarOf(schedule.when);
    const before = [calendar.nextAfter(schedule.firedThrough), calendar.nextAfter(day("17:00:00"))];
    const planAThousand = () => {
      for (let i = 0; i < 1000; i++) plan(schedule, day("17:00:00") + i, []);
    };
    // A step that is not remembered takes more than this alone: 50 microseconds a call.
    expect(costMs(planAThousand, 50)).to.be.below(50);
    expect(before).to.deep.equal([day("17:00:00"), day("17:00:00") + 86_400_000]);
  });

  describe("limits", () => {
    it("S12: maxRuns: the last run ends the schedule, and nothing wakes it again", () => {
      const schedule = makeSchedule({ maxRuns: 3, runsCounted: 2 });
      const planned = plan(schedule, day("01:00:00"), []);
      expect(brief(planned.rows)).to.deep.equal(["run 01:00"]);
      expect(planned).to.include({ runsCounted: 3, nextFireAt: null });
    });

    it("S12, S3: fires after the last run are one range row that says so, whenever somebody settles", () => {
      const schedule = makeSchedule({ maxRuns: 3, runsCounted: 3 });
      const planned = plan(schedule, day("05:20:00"), []);
      expect(brief(planned.rows)).to.deep.equal(["skip limit 01:00..05:00 x5"]);
      expect(planned.rows[0]!.cause).to.contain("all of its 3 runs");
      expect(planned).to.include({ runsCounted: 3, nextFireAt: null });
    });

    it("S12: maxRuns counts only fires that run", () => {
      const schedule = makeSchedule({ maxRuns: 3, ...cronAt("* * * * * *"), firedThrough: day("01:00:00") });
      const planned = plan(schedule, day("01:00:05"), [activeRun("run_a", "running")]);
      expect(planned.runsCounted).to.equal(0);
      const all = plan({ ...schedule, overlap: "allow_all" }, day("01:00:05"), []);
      expect(brief(all.rows)).to.deep.equal([
        "run 01:00:01",
        "run 01:00:02",
        "run 01:00:03",
        "skip limit 01:00:04..01:00:05 x2",
      ]);
      const replacing = plan({ ...schedule, overlap: "cancel_other" }, day("01:00:05"), []);
      expect(replacing.runsCounted).to.equal(1);
      expect(brief(replacing.rows).at(-1)).to.equal("run 01:00:05");
    });

    it("S12: nothing is owed before startAt or after endAt, both of which belong to the schedule", () => {
      const schedule = makeSchedule({
        startAt: day("02:00:00"),
        endAt: day("04:00:00"),
        catchUp: { policy: "all", windowMs: 86_400_000, max: 100 },
      });
      expect(schedule.nextFireAt).to.equal(day("02:00:00"));
      const planned = plan(schedule, day("09:00:00"), []);
      expect(brief(planned.rows)).to.deep.equal(["run 02:00", "run 03:00", "run 04:00"]);
      expect(planned.nextFireAt).to.equal(null);
      const after = plan({ ...schedule, firedThrough: planned.firedThrough }, day("12:00:00"), []);
      expect(after.rows).to.deep.equal([]);
    });

    it("S12: one instant fires once and then never", () => {
      const schedule = makeSchedule({ when: { kind: "at", at: day("01:00:00.500") } });
      const planned = plan(schedule, day("01:00:01"), []);
      expect(planned.rows.map(({ fireAt, outcome }) => [fireAt, outcome])).to.deep.equal([
        [day("01:00:00.500"), "run"],
      ]);
      expect(planned.nextFireAt).to.equal(null);
    });
  });

  describe("suspensions", () => {
    it("S3, S7: a schedule that is switched off owes one range row, and wakes nobody", () => {
      const schedule = makeSchedule({ enabled: false });
      expect(schedule.nextFireAt).to.equal(null);
      const planned = plan(schedule, day("04:30:00"), []);
      expect(brief(planned.rows)).to.deep.equal(["skip disabled 01:00..04:00 x4"]);
      expect(planned.nextFireAt).to.equal(null);
      expect(brief(plan(schedule, day("01:30:00"), []).rows)).to.deep.equal(["skip disabled 01:00"]);
      expect(plan(schedule, day("00:40:00"), []).rows).to.deep.equal([]);
    });

    it("S7: any other suspension settles the same way", () => {
      const planned = planSuspended(makeSchedule(), day("04:30:00"), "paused", "skipped: paused by ana");
      expect(brief(planned.rows)).to.deep.equal(["skip paused 01:00..04:00 x4"]);
      expect(planned.rows[0]!.cause).to.equal("skipped: paused by ana");
      expect(planned.nextFireAt).to.equal(day("05:00:00"));
    });

    it("S10: a suspension of many fires is one range that nobody counts", () => {
      const schedule = makeSchedule({ enabled: false, ...cronAt("* * * * *") });
      const planned = plan(schedule, day("23:30:00"), []);
      expect(brief(planned.rows)).to.deep.equal(["skip disabled 00:31..23:30 x?"]);
    });
  });

  describe("clock changes", () => {
    const spring = (gap: "next" | "skip", cron = "30 2 * * *") =>
      makeSchedule({
        ...cronAt(cron, "Europe/Berlin", { gap }),
        firedThrough: at("2027-03-27T12:00:00Z"),
        catchUp: { policy: "all", windowMs: 7 * 86_400_000, max: 100 },
      });

    it("S11: gap next runs at the end of the gap; the row keeps that instant", () => {
      const planned = plan(spring("next"), at("2027-03-28T01:00:00Z"), []);
      expect(planned.rows.map(({ fireAt, outcome }) => [fireAt, outcome])).to.deep.equal([
        [at("2027-03-28T01:00:00Z"), "run"],
      ]);
    });

    it("S3, S11: gap skip has a row that says which time did not exist, at the next fire at the latest", () => {
      const schedule = spring("skip");
      expect(schedule.nextFireAt).to.equal(at("2027-03-29T00:30:00Z"));
      const planned = plan(schedule, at("2027-03-29T00:30:00Z"), []);
      expect(planned.rows.map(({ fireAt, reason }) => [fireAt, reason])).to.deep.equal([
        [at("2027-03-28T01:00:00Z"), "dst_gap"],
        [at("2027-03-29T00:30:00Z"), null],
      ]);
      expect(planned.rows[0]!.cause).to.contain("2027-03-28T02:30:00 does not exist in Europe/Berlin");
      expect(planned.runsCounted).to.equal(1);
    });

    it("S1: inside a range row, or while switched off, the lost time has no row of its own", () => {
      const schedule = { ...spring("skip"), firedThrough: at("2027-03-25T12:00:00Z") };
      const now = at("2027-03-30T12:00:00Z");
      const reasons = (changes: Partial<Schedule>) =>
        plan({ ...schedule, ...changes }, now, []).rows.map(({ reason }) => reason);
      expect(reasons({ catchUp: { policy: "skip", windowMs: 1000, max: 1 } })).to.deep.equal(["missed"]);
      expect(reasons({ enabled: false })).to.deep.equal(["disabled"]);
      expect(reasons({})).to.deep.equal([null, null, "dst_gap", null, null]);
    });
  });

  describe("jitter", () => {
    it("S12: moves availableAt only, by the same for every fire of a schedule", () => {
      const schedule = makeSchedule({ jitterMs: 60_000 });
      const first = plan(schedule, day("01:00:00"), []).rows[0]!;
      const second = plan({ ...schedule, firedThrough: day("01:30:00") }, day("02:00:00.900"), []).rows[0]!;
      expect(first.fireAt).to.equal(day("01:00:00"));
      expect(first.availableAt - first.fireAt).to.equal(jitterOf(schedule));
      expect(second.availableAt - second.fireAt).to.equal(jitterOf(schedule));
    });

    it("S12: spreads schedules over the whole of it", () => {
      const jitters = Array.from({ length: 1000 }, (_, i) =>
        jitterOf({ id: `sch_01kad000000000000000${i}`, jitterMs: 1000 }),
      );
      expect(Math.min(...jitters)).to.be.within(0, 50);
      expect(Math.max(...jitters)).to.be.within(950, 999);
      expect(new Set(jitters.map((jitter) => Math.floor(jitter / 100))).size).to.equal(10);
      expect(jitterOf({ id: "sch_a", jitterMs: 0 })).to.equal(0);
    });

    it("S12: never reaches the next fire, whatever is saved", () => {
      for (const id of ["sch_a", "sch_b", "sch_c", "sch_d", "sch_e", "sch_f"]) {
        const schedule = makeSchedule({ id, jitterMs: 86_400_000 });
        expect(plan(schedule, day("01:00:00"), []).rows[0]!.availableAt).to.be.below(day("02:00:00"));
      }
    });
  });

  it("nextFireOf: after the cursor, within the window, only while there is something left", () => {
    expect(nextFireOf(makeSchedule())).to.equal(day("01:00:00"));
    expect(nextFireOf(makeSchedule({ enabled: false }))).to.equal(null);
    expect(nextFireOf(makeSchedule({ maxRuns: 1, runsCounted: 1 }))).to.equal(null);
    expect(nextFireOf(makeSchedule({ endAt: day("00:59:59") }))).to.equal(null);
    expect(nextFireOf(makeSchedule({ endAt: day("01:00:00") }))).to.equal(day("01:00:00"));
    expect(nextFireOf(makeSchedule({ startAt: day("05:00:00") }))).to.equal(day("05:00:00"));
    expect(nextFireOf(makeSchedule({ startAt: day("05:00:01") }))).to.equal(day("06:00:00"));
  });
});
