// A fire that somebody asked to leave out, through edits; and what a dry run calls the next fire.
import { expect } from "chai";
import { Controls } from "../../src/schedules/controls.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import { day, refusal, setUp } from "./service-set-up.ts";

describe("asked skips and edits", () => {
  const rig = () => {
    const world = setUp();
    const controls = new Controls(world.schedules, world.clock);
    const scopes = new ScopePauses(world.store, world.schedules.settler, world.clock, "UTC");
    return { ...world, controls, scopes };
  };
  const skipsOf = ({ skips }: { skips: readonly { at: number }[] }) => skips.map(({ at }) => at);

  it("S8: other times that have the instant too keep the skip, and its fire is skipped", async () => {
    const { create, schedules, controls, clock, rows } = rig();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC" });
    await controls.skipNext(id, { reason: "holiday" }, "token:ana");
    const { schedule, droppedSkips } = await schedules.patchAndTell(id, { cron: "*/20 * * * *" }, null, "a");
    expect(skipsOf(schedule)).to.deep.equal([day("01:00:00")]);
    expect(droppedSkips).to.deep.equal([]);
    for (const time of ["00:40:00", "01:00:00"]) {
      clock.at = day(time);
      await schedules.settleDue();
    }
    expect(rows(id)).to.deep.equal(["run 00:40", "skip asked 01:00"]);
  });

  it("S3: other times, another zone, start or end that do not have it drop the skip, and say so for good", async () => {
    const edits = [
      { cron: "30 * * * *" },
      { timeZone: "Asia/Kathmandu" },
      { startAt: "2027-01-10T01:30:00Z" },
      { every: "7m" },
    ];
    for (const edit of edits) {
      const { create, schedules, controls, store } = rig();
      const { id } = await create({ cron: "0 * * * *", timeZone: "UTC" });
      await controls.skipNext(id, { count: 1, reason: "holiday" }, "token:ana");
      const would = await schedules.wouldPatch(id, edit, null, "a");
      const dropped = [{ at: day("01:00:00"), by: "token:ana", reason: "holiday" }];
      expect(would.droppedSkips, JSON.stringify(edit)).to.deep.equal(dropped);
      const { schedule, droppedSkips } = await schedules.patchAndTell(id, edit, null, "a");
      expect(droppedSkips, JSON.stringify(edit)).to.deep.equal(dropped);
      expect(schedule.skips).to.deep.equal([]);
      expect(store.changes.at(-1)!.reason).to.equal(
        "the skip of 2027-01-10T01:00:00.000Z that token:ana asked for was dropped: there is no fire then any more",
      );
    }
  });

  it("S8: of several skips those stay whose instants the new times have; what is not about times drops none", async () => {
    const { create, schedules, controls } = rig();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC" });
    await controls.skipNext(id, { count: 3 }, "token:ana");
    const renamed = await schedules.patchAndTell(id, { name: "x", enabled: false }, null, "a");
    expect(skipsOf(renamed.schedule)).to.have.length(3);
    const { schedule, droppedSkips } = await schedules.patchAndTell(id, { cron: "0 */2 * * *" }, null, "a");
    expect(skipsOf(schedule)).to.deep.equal([day("02:00:00")]);
    expect(skipsOf({ skips: droppedSkips })).to.deep.equal([day("01:00:00"), day("03:00:00")]);
  });

  it("the next fire is one that would run: behind a pause with an end, and none when all runs are made", async () => {
    const { create, schedules, controls, scopes, clock, rows } = rig();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC", maxRuns: 1 });
    await controls.pause(id, { until: "2027-01-10T01:30:00Z" }, "token:ana");
    await scopes.pause({ kind: "all" }, { until: "2027-01-10T02:30:00Z" }, "token:ana");
    expect(skipsOf(await controls.skipNext(id, { count: 1 }, "token:ana"))).to.deep.equal([day("03:00:00")]);
    clock.at = day("03:00:00");
    await schedules.settleDue();
    clock.at = day("04:00:00");
    await schedules.settleDue();
    expect(rows(id)).to.deep.equal([
      "skip paused 01:00",
      "skip paused 02:00",
      "skip asked 03:00",
      "run 04:00",
    ]);
    const refused = await refusal(controls.skipNext(id, { count: 1 }, "token:ana"));
    expect(refused).to.include({ status: 409 });
    expect(refused.message).to.equal(
      "The schedule has no fire any more that could be skipped: all of its 1 runs are made (maxRuns).",
    );
    const held = await create({ cron: "0 * * * *", timeZone: "UTC" });
    await controls.pause(held.id, {}, "token:ana");
    // Nobody knows when it ends: the next of its times is meant.
    expect(skipsOf(await controls.skipNext(held.id, {}, "token:ana"))).to.deep.equal([day("05:00:00")]);
  });

  it("a dry run names the next fire that will run: behind asked skips and suspensions, none beyond maxRuns", async () => {
    const { create, schedules, controls, scopes } = rig();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC", maxRuns: 5 });
    await controls.skipNext(id, { count: 2 }, "token:ana");
    const next = async (patch: object) => (await schedules.wouldPatch(id, patch, null, "a")).nextFireAt;
    expect(await next({ name: "x" })).to.equal(day("03:00:00"));
    await controls.pause(id, { until: "2027-01-10T04:30:00Z" }, "token:ana");
    expect(await next({ name: "x" })).to.equal(day("05:00:00"));
    expect(await next({ enabled: false })).to.equal(null);
    expect((await controls.wouldResume(id, "token:ana")).nextFireAt).to.equal(day("03:00:00"));
    await controls.resume(id, null, "token:ana");
    await scopes.pause({ kind: "all" }, {}, "token:ana");
    expect(await next({ name: "x" })).to.equal(null);
    // No fire has met the pause yet: all the same there is one after it.
    expect((await scopes.wouldResume({ kind: "all" })).effect.nextFireAt).to.equal(day("03:00:00"));
  });

  it("a resume of a pause that has passed by itself ends nothing, and is no revision", async () => {
    const { create, schedules, controls, clock } = rig();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC" });
    await controls.pause(id, { until: "2027-01-10T01:30:00Z" }, "token:ana");
    clock.at = day("02:10:00");
    await schedules.settleDue();
    expect(await controls.resume(id, null, "token:bo")).to.include({ revision: 2 });
    clock.at = day("02:20:00");
    expect(await controls.resume(id, null, "token:bo")).to.include({ revision: 2 });
  });

  it("a pause that has passed does not keep a schedule from pausing itself, and failures before its end do not count", async () => {
    const { pauseOfFailures } = await import("../../src/schedules/failures.ts");
    const { makeSchedule } = await import("./make-schedule.ts");
    const paused = { by: "a", reason: null, at: day("00:10:00"), until: day("01:00:00") };
    const schedule = makeSchedule({ pauseAfterFailures: 2, failuresSince: 0, paused });
    const failed = (time: string) => ({
      id: `run_${time}`,
      state: "failed" as const,
      finishedAt: day(time),
      cause: null,
    });
    const late = [failed("02:00:00"), failed("01:30:00")];
    expect(pauseOfFailures(schedule, late, day("02:00:01"))).to.include({ by: "service", until: null });
    expect(pauseOfFailures(schedule, late, day("00:30:00")), "it is paused").to.equal(undefined);
    const across = [failed("02:00:00"), failed("00:50:00")];
    expect(pauseOfFailures(schedule, across, day("02:00:01"))).to.equal(undefined);
  });

  it("paused again, it keeps the end and the reason that the request does not speak of; null takes them away", async () => {
    const { create, controls, scopes } = rig();
    const { id } = await create({ cron: "0 * * * *" });
    const until = "2027-01-10T03:00:00Z";
    const told = { until: Date.parse(until), reason: "migration" };
    await controls.pause(id, { until }, "token:ana");
    const again = await controls.pause(id, { reason: "migration" }, "token:bo");
    expect(again.paused).to.deep.include({ ...told, by: "token:bo" });
    expect((await controls.pause(id, {}, "token:cy")).paused).to.deep.equal(again.paused);
    const open = await controls.pause(id, { until: null }, "token:bo");
    expect(open.paused).to.deep.include({ until: null, reason: "migration" });
    await scopes.pause({ kind: "all" }, { until }, "token:ana");
    expect(await scopes.pause({ kind: "all" }, { reason: "migration" }, "token:bo")).to.deep.include(told);
  });
});
