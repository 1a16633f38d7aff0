// A pause that was made on a clock that went back since: it is on record, so it holds, whatever instant it names (S6, S7).
import { expect } from "chai";
import type { PauseScope } from "../../src/schedules/suspension.ts";
import { ExplainRig } from "./explain-rig.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const day = (time: string) => Date.parse(`2027-01-10T${time}Z`);
const second = (n: number) => `01:00:${String(n).padStart(2, "0")}`;
const ALL: PauseScope = { kind: "all" };
const JOB: PauseScope = { kind: "job", source: "default", jobKey: "billing/sync" };
const OFF: PauseScope = { ...JOB, kind: "job_off" };
const EACH_SECOND = { every: "1s", overlap: "allow_all" };

onEveryScheduleStore("a pause on a clock that went back", (store) => {
  let rig: ExplainRig;
  beforeEach(() => void (rig = new ExplainRig(store)));

  /** Looks at the schedules in each of these seconds. */
  async function settleFrom(from: number, to: number): Promise<void> {
    for (let n = from; n <= to; n++) await rig.settle(second(n));
  }

  async function rowsOf(id: string) {
    return (await store.runsOf(id)).map(({ state, reason, fireAt, fireThrough, fireCount }) => ({
      state,
      reason,
      from: fireAt! - day("01:00:00"),
      through: (fireThrough ?? fireAt!) - day("01:00:00"),
      count: fireThrough === null ? 1 : fireCount,
    }));
  }

  for (const [what, scope, reason] of [
    ["everything", ALL, "paused"],
    ["a job", JOB, "paused"],
    ["a job that is switched off", OFF, "disabled"],
  ] as const) {
    it(`S7: ${what}: a schedule that is made afterwards does not fire, and each fire is in its one range row`, async () => {
      rig.clock.at = day("02:00:00.500");
      await rig.scopes.pause(scope, { reason: "inventory" }, "ana");
      rig.clock.at = day("01:00:00.500");
      const { id } = await rig.create(EACH_SECOND);
      await settleFrom(1, 5);
      expect(await rowsOf(id)).to.deep.equal([]);
      const schedule = (await rig.schedules.get(id))!;
      const described = rig.schedules.describe(schedule, 3, await rig.schedules.openPauses());
      expect(described.suspended).to.include({ reason, until: null });
      expect(described.nextFires).to.deep.equal([]);
      expect(await rig.told(id, "01:00:03")).to.include({ verdict: "suspended", nextFire: null });
      expect(await rig.told(id, "01:20:00")).to.include({ verdict: "will_not_fire", nextFire: null });
      // Also once the clock shows again what it showed when the pause was made.
      await rig.settle("02:00:07");
      expect(await rowsOf(id)).to.deep.equal([]);
      expect(await rig.told(id, "01:30:00")).to.include({ verdict: "suspended" });
      rig.clock.at = day("02:00:07.500");
      await rig.scopes.resume(scope, null, "ana");
      await rig.settle("02:00:09");
      const [range, ...runs] = await rowsOf(id);
      expect(range).to.deep.equal({ state: "skipped", reason, from: 1_000, through: 3_607_000, count: null });
      expect(runs.map(({ state, from }) => [state, from])).to.deep.equal([
        ["queued", 3_608_000],
        ["queued", 3_609_000],
      ]);
    });
  }

  it("resumed on the clock that went back: the range ends at once, counted, and fires go on", async () => {
    rig.clock.at = day("02:00:00.500");
    await rig.scopes.pause(ALL, {}, "ana");
    rig.clock.at = day("01:00:00.500");
    const { id } = await rig.create(EACH_SECOND);
    await settleFrom(1, 4);
    rig.clock.at = day("01:00:04.500");
    await rig.scopes.resume(ALL, null, "ana");
    await settleFrom(5, 6);
    expect(await rowsOf(id)).to.deep.equal([
      { state: "skipped", reason: "paused", from: 1_000, through: 4_000, count: 4 },
      { state: "queued", reason: null, from: 5_000, through: 5_000, count: 1 },
      { state: "queued", reason: null, from: 6_000, through: 6_000, count: 1 },
    ]);
  });

  it("a pause that was over before the clock went back suspends nothing when its time comes again", async () => {
    rig.clock.at = day("01:00:05.500");
    await rig.scopes.pause(ALL, {}, "ana");
    rig.clock.at = day("01:00:09.500");
    await rig.scopes.resume(ALL, null, "ana");
    rig.clock.at = day("01:00:03.500");
    const { id } = await rig.create(EACH_SECOND);
    await settleFrom(4, 8);
    expect((await rowsOf(id)).map(({ state, from }) => [state, from / 1000])).to.deep.equal(
      [4, 5, 6, 7, 8].map((n) => ["queued", n]),
    );
  });

  it("a schedule that was paused itself is told as suspended, and has no next fire", async () => {
    rig.clock.at = day("02:00:00.500");
    const { id } = await rig.create(EACH_SECOND);
    await rig.controls.pause(id, {}, "ana");
    rig.clock.at = day("01:00:00.500");
    const schedule = (await rig.schedules.get(id))!;
    const described = rig.schedules.describe(schedule, 3, []);
    expect(described.suspended).to.include({ key: "paused" });
    expect(described.nextFires).to.deep.equal([]);
    await settleFrom(1, 3);
    expect(await rowsOf(id)).to.deep.equal([]);
  });

  describe("and then a downtime over the instant that it names", () => {
    const place = { name: "here", pid: 1 };
    const EACH_MINUTE = {
      cron: "* * * * *",
      timeZone: "UTC",
      overlap: "allow_all",
      catchUp: { policy: "all", window: "1d" },
    };

    beforeEach(() => store.database.write((sql) => sql.run("DELETE FROM up_times")));

    /** The service is down from 01:02 to 02:30, and had seen the clock go back before, or sees it by what is written. */
    async function downOver(seen: "itself" | "by what is written"): Promise<string> {
      if (seen === "itself") await rig.upTimes.begin("wrk_a", day("01:00:00.500"), place, day("02:10:00"));
      else {
        await rig.upTimes.begin("wrk_a", day("00:30:00"), place);
        await rig.upTimes.beat("wrk_a", day("00:30:00"), day("02:10:00"));
        await rig.upTimes.begin("wrk_b", day("01:00:00.500"), place);
      }
      rig.clock.at = day("01:00:30.500");
      return (await rig.create(EACH_MINUTE)).id;
    }

    for (const seen of ["itself", "by what is written"] as const) {
      it(`S6, S7: it holds from the step on, which the service has seen ${seen}`, async () => {
        rig.clock.at = day("02:00:00.500");
        await rig.scopes.pause(ALL, { reason: "inventory" }, "ana");
        const id = await downOver(seen);
        await rig.settle("02:30:00");
        expect(await rowsOf(id)).to.deep.equal([]);
        expect(await rig.told(id, "01:30:00")).to.include({ verdict: "suspended" });
        expect((await rig.told(id, "01:30:00")).answer).to.include("everything was paused by ana: inventory");
        rig.clock.at = day("02:30:30");
        await rig.scopes.resume(ALL, null, "ana");
        await rig.settle("02:31:00");
        expect(await rowsOf(id)).to.deep.equal([
          { state: "skipped", reason: "paused", from: 60_000, through: 5_400_000, count: 90 },
          { state: "queued", reason: null, from: 5_460_000, through: 5_460_000, count: 1 },
        ]);
      });
    }

    it("its own end stays the instant that somebody named", async () => {
      rig.clock.at = day("02:00:00.500");
      await rig.scopes.pause(ALL, { until: "2027-01-10T02:29:00Z" }, "ana");
      const id = await downOver("itself");
      await rig.settle("02:30:00");
      expect(await rowsOf(id)).to.deep.equal([
        { state: "skipped", reason: "paused", from: 60_000, through: 5_280_000, count: 88 },
        { state: "queued", reason: null, from: 5_340_000, through: 5_340_000, count: 1 },
        { state: "queued", reason: null, from: 5_400_000, through: 5_400_000, count: 1 },
      ]);
    });

    it("one that was over by then costs none of the fires that come again", async () => {
      rig.clock.at = day("02:00:00.500");
      await rig.scopes.pause(ALL, {}, "ana");
      rig.clock.at = day("02:09:00.500");
      await rig.scopes.resume(ALL, null, "ana");
      const id = await downOver("itself");
      await rig.settle("02:30:00");
      const states = new Set((await rowsOf(id)).map(({ state, reason }) => `${state} ${reason}`));
      expect([...states]).to.deep.equal(["queued null"]);
    });

    it("a pause of before the step, and one of after it, keep their instants", async () => {
      rig.clock.at = day("00:40:00");
      await rig.scopes.pause(JOB, {}, "ana");
      await downOver("itself");
      rig.clock.at = day("01:01:00");
      await rig.scopes.pause(ALL, {}, "ana");
      await rig.upTimes.begin("wrk_b", day("01:01:30"), place);
      const open = await rig.schedules.openPauses();
      expect(open.map(({ at }) => at)).to.deep.equal([day("00:40:00"), day("01:01:00")]);
    });
  });
});
