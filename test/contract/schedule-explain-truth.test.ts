// An explanation must not say more than is known, and nothing that another row, revision or wish contradicts.
import { expect } from "chai";
import { formatDuration } from "../../src/duration.ts";
import { jitterOf } from "../../src/schedules/jitter.ts";
import { ExplainRig } from "./explain-rig.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const PLACE = { name: null, pid: 1 };
const at = (text: string) => Date.parse(text);
const day = (time: string) => at(`2027-01-10T${time}Z`);

onEveryScheduleStore("explain, and what is true", (store) => {
  let rig: ExplainRig;
  beforeEach(async () => {
    rig = new ExplainRig(store);
    await store.database.write((sql) => sql.run("DELETE FROM up_times"));
  });

  it("a process that was stopped and went on did not answer: it is not called down", async () => {
    const { id } = await rig.create({ cron: "0 * * * *", catchUp: { policy: "skip" } });
    await rig.upTimes.begin("wrk_a", day("00:30:00"), PLACE);
    await rig.upTimes.beat("wrk_a", day("00:30:00"), day("00:59:55.250"));
    await rig.upTimes.begin("wrk_a", day("01:00:40.750"), PLACE);
    await rig.settle("01:00:40.800");
    const told = await rig.told(id, "01:00");
    expect(told.downtime).to.include({ stalled: true, stopped: false });
    expect(told.behind).to.match(
      /^The service did not answer from some time after 2027-01-10 00:59:55 \+00:00 \(its last sign of life\) to 01:00:40: its process went on then, so it had been stopped or stalled, or the clock was set forward\./,
    );
    await rig.upTimes.begin("wrk_b", day("01:00:20"), PLACE);
    expect((await rig.told(id, "01:00")).behind).to.match(
      /^The service was down from some time after 2027-01-10 00:59:55 \+00:00 \(its last sign of life\) to 01:00:20\./,
    );
  });

  it("a run that was caught up tells the downtime that made it late; one that ran before it tells none", async () => {
    const { id } = await rig.create({
      cron: "*/30 * * * *",
      catchUp: { policy: "all" },
      overlap: "allow_all",
    });
    await rig.upTimes.begin("wrk_a", day("00:40:00"), PLACE);
    await rig.upTimes.beat("wrk_a", day("00:40:00"), day("00:59:58"));
    await rig.settle("01:00:00.050");
    const ran = (runId: string, from: string) =>
      store.database.write((sql) =>
        sql.run(
          "UPDATE task_runs SET state = 'failed', cause = 'boom', started_at = ?, finished_at = ? WHERE id = ?",
          [day(from), day(from) + 500, runId],
        ),
      );
    await ran((await store.runsOf(id))[0]!.id, "01:00:00.080");
    await rig.upTimes.begin("wrk_b", day("02:10:00"), PLACE);
    await rig.settle("02:10:00.100");
    const waits = await rig.told(id, "01:30");
    expect(waits.behind).to.match(/^The service was down from some time after 2027-01-10 00:59:58/);
    await ran((await store.runsOf(id))[1]!.id, "02:10:00.200");
    const late = await rig.told(id, "01:30");
    expect(late.answer).to.match(
      /^It ran as run_\w+, 40m 0s after its instant, and failed after 500ms: boom\.$/,
    );
    expect(late.behind).to.match(/^The service was down from some time after 2027-01-10 00:59:58/);
    // Killed within five seconds of its last beat: what it ran in these was on time.
    const onTime = await rig.told(id, "01:00");
    expect(onTime).to.include({ downtime: undefined });
    expect(onTime.answer).to.include("80 ms after its instant");
  });

  it("S6: on a clock that went back, the next fire is one that can come, and what happened to the clock is told", async () => {
    const { id } = await rig.create({ cron: "*/10 * * * *", catchUp: { policy: "skip" } });
    await rig.upTimes.begin("wrk_a", day("00:30:00"), PLACE);
    await rig.settle("02:00:01");
    await rig.upTimes.begin("wrk_a", day("02:00:01"), PLACE);
    await rig.settle("01:00:01");
    await rig.upTimes.begin("wrk_a", day("01:00:01"), PLACE, day("02:00:02"));
    const missed = await rig.told(id, "01:20");
    expect(missed.answer).to.match(/^It did not run \(missed\)/);
    expect(missed).to.deep.include({
      nextFire: day("02:10:00"),
      downtime: undefined,
      clockBack: { from: day("02:00:02"), to: day("01:00:01") },
    });
    expect(missed.behind).to.match(
      /^The clock of the service went back from 2027-01-10 02:00:02 \+00:00 to 01:00:01: a fire that had its row by then got no second one\. The next fire is 02:10\./,
    );
    expect(await rig.told(id, "01:01")).to.include({ verdict: "not_a_fire", nextFire: day("02:10:00") });
    const other = await rig.create({ cron: "*/10 * * * *" });
    expect((await rig.told(other.id, "01:10")).verdict).to.equal("will_fire");
  });

  it("a run that waited for its jitter says how much of its delay that was", async () => {
    const { id } = await rig.create({ cron: "0 * * * *", jitter: "1m" });
    await rig.settle("01:00:00.100");
    const jitter = jitterOf({ id, jitterMs: 60_000 });
    await store.database.write((sql) =>
      sql.run("UPDATE task_runs SET state = 'running', started_at = ?, attempt = 1 WHERE schedule_id = ?", [
        day("01:00:00") + jitter + 281,
        id,
      ]),
    );
    rig.clock.at = day("01:02:00");
    const text = (ms: number) => (ms < 10_000 ? `${ms} ms` : formatDuration(ms));
    expect((await rig.told(id, "01:00")).answer).to.contain(
      `${text(jitter + 281)} after its instant, ${text(jitter)} of them its jitter`,
    );
  });

  it("who asks for now in the second of a fire is told of a moment after it", async () => {
    const { id } = await rig.create({ cron: "* * * * * *", overlap: "allow_all" });
    await rig.settle("00:30:05.250");
    const told = await rig.told(id, "now");
    expect(told).to.include({ verdict: "not_a_fire", previousFire: day("00:30:05") });
    expect(told.subject).to.include(", at 2027-01-10 00:30:05.250 +00:00 (UTC):");
    expect(told.behind).to.include("The fire before it: 00:30:05.");
  });

  it("one that was stopped in order was down from that very second on", async () => {
    const { id } = await rig.create({ cron: "0 * * * *", catchUp: { policy: "skip" } });
    await rig.upTimes.begin("wrk_a", day("00:30:00"), PLACE);
    await rig.upTimes.stop("wrk_a", day("00:30:00"), day("00:50:00.400"));
    await rig.upTimes.begin("wrk_b", day("01:10:00.300"), PLACE);
    await rig.settle("01:10:00.400");
    expect((await rig.told(id, "01:00")).behind).to.match(
      /^The service was down from 2027-01-10 00:50 \+00:00 \(when it was stopped\) to 01:10\./,
    );
  });

  it("S11: a local time that never was is told of a schedule's own fire, or as no fire of it with the next one", async () => {
    rig.clock.at = at("2027-03-27T12:00:00Z");
    const zone = { timeZone: "Europe/Berlin" };
    const quarter = await rig.create({ cron: "15 2 * * *", ...zone });
    const afternoon = await rig.create({ cron: "0 14 * * *", ...zone });
    const interval = await rig.create({ every: "7h", anchorAt: "2027-03-27T00:00:00Z", ...zone });
    const gap = "2027-03-28, where clocks went from 02:00 to 03:00";
    const own = await rig.told(quarter.id, "2027-03-28 02:15");
    expect(own.answer).to.equal(
      `02:15 does not exist in Europe/Berlin on ${gap}, and its fire moved to that instant (dst.gap next).`,
    );
    const other = await rig.told(quarter.id, "2027-03-28 02:30");
    expect(other.answer).to.equal(
      `02:30 does not exist in Europe/Berlin on ${gap}, and the schedule has no fire then: the next one is 03:00.`,
    );
    expect(other.behind).to.include("02:15 does not exist in Europe/Berlin");
    expect((await rig.told(afternoon.id, "2027-03-28 02:30")).answer).to.equal(
      `02:30 does not exist in Europe/Berlin on ${gap}, and the schedule has no fire then: the next one is 14:00.`,
    );
    expect((await rig.told(interval.id, "2027-03-28 02:30")).answer).to.match(
      /and the schedule has no fire then: the next one is 06:00\.$/,
    );
    await rig.schedules.remove(quarter.id, null, "token:bo");
    rig.clock.at = at("2027-04-01T12:00:00Z");
    const gone = await rig.told(quarter.id, "2027-03-28 02:15");
    expect(gone.answer).not.to.include("moved");
    expect(gone.behind).to.include("At its end: It was gone: token:bo deleted it");
  });

  it("S11: no fire moved anywhere before the schedule starts", async () => {
    rig.clock.at = at("2027-03-27T12:00:00Z");
    const start = { startAt: "2027-04-01T00:00:00Z" };
    const { id } = await rig.create({ cron: "30 2 * * *", timeZone: "Europe/Berlin", ...start });
    const told = await rig.told(id, "2027-03-28 03:00");
    expect(told).to.include({ verdict: "not_begun", lost: undefined });
    expect(`${told.answer} ${told.behind}`).not.to.include("moved");
    expect((await rig.told(id, "2027-03-28 02:30")).answer).not.to.include("moved");
  });

  it("the next fire is one that runs: it passes over skipped ones and says so, and ends with maxRuns", async () => {
    const { id } = await rig.create({ cron: "0 * * * *", maxRuns: 2 });
    await rig.controls.skipNext(id, { count: 2, reason: "holiday" }, "token:ana");
    const odd = await rig.told(id, "00:45");
    expect(odd.nextFire).to.equal(day("03:00:00"));
    expect(odd.passedOver).to.have.length(2);
    expect(odd.answer).to.equal(
      "It would not fire then: the next one is 03:00 (01:00 and 1 more are left out: token:ana asked for it: holiday).",
    );
    const asked = await rig.told(id, "01:00");
    expect(asked.behind).to.include(
      "The next fire is 03:00 (02:00 is left out: token:ana asked for it: holiday).",
    );
    // 03:00 and 04:00 are its two runs: the skipped ones are none.
    expect(await rig.told(id, "04:00")).to.include({ verdict: "will_fire", nextFire: null });
    expect((await rig.told(id, "04:00")).behind).to.include(
      "No fire comes after it: all of its 2 runs are made by then (maxRuns).",
    );
    expect(await rig.told(id, "05:00")).to.include({
      verdict: "over",
      answer: "It fires no more then: all of its 2 runs are made by then (maxRuns).",
    });
    const { explanation } = await rig.explainer.explain(id, "04:30");
    expect(explanation).to.include({ nextFire: null, usedUp: "by_then" });
  });

  it("the fire before an instant to come is one that comes", async () => {
    const { id } = await rig.create({ cron: "0 * * * *", maxRuns: 2 });
    expect(await rig.told(id, "02:30")).to.include({ previousFire: day("02:00:00") });
    expect(await rig.told(id, "03:30"), "the third is beyond maxRuns").to.include({ previousFire: null });
    await rig.controls.pause(id, { until: "2027-01-10T02:00:00Z" }, "token:ana");
    expect(await rig.told(id, "01:30")).to.include({ previousFire: null });
    expect(await rig.told(id, "02:30")).to.include({ previousFire: day("02:00:00") });
  });

  it("the fire before an instant is one that was: none after maxRuns, none of a pause that goes on", async () => {
    const { id } = await rig.create({ every: "1s", maxRuns: 5, overlap: "allow_all" });
    for (let n = 1; n <= 5; n++) await rig.settle(`00:30:0${n}`);
    rig.clock.at = day("00:30:09");
    const told = await rig.told(id, "2027-01-10T00:30:08.500Z");
    expect(told).to.include({ verdict: "not_a_fire", previousFire: day("00:30:05") });
    expect(told.behind).to.include("The fire before it: 00:30:05.");
    const other = await rig.create({ cron: "*/10 * * * *" });
    await rig.settle("00:40:00");
    await rig.controls.pause(other.id, {}, "token:ana");
    rig.clock.at = day("01:25:00");
    const paused = await rig.told(other.id, "01:05");
    expect(paused).to.include({ previousFire: day("00:40:00"), nextFire: null });
    expect(paused.answer).to.match(
      /^It had no fire then, and there is none until it is resumed \(the schedule was paused by token:ana, since /,
    );
  });

  it("fires beside an instant are those of the revision that owed them, through every change of the times", async () => {
    const { id } = await rig.create({ cron: "0 * * * *" });
    await rig.settle("02:10:00");
    await rig.schedules.patch(id, { cron: "30 * * * *" }, null, "token:bo");
    await rig.settle("02:20:00");
    await rig.schedules.patch(id, { name: "x" }, null, "token:bo");
    await rig.settle("04:40:00");
    const before = await rig.told(id, "02:05");
    expect(before).to.include({ verdict: "not_a_fire", previousFire: day("02:00:00") });
    expect(before.revision!.revision).to.equal(1);
    // Revision 1 would have fired at 03:00; revision 2 held by then.
    expect(before).to.include({ nextFire: day("02:30:00") });
    expect(await rig.told(id, "02:15")).to.include({ previousFire: day("02:00:00") });
    expect(await rig.told(id, "02:25")).to.include({ previousFire: day("02:00:00") });
    expect(await rig.told(id, "03:00")).to.include({ verdict: "not_a_fire", previousFire: day("02:30:00") });
    expect(await rig.told(id, "02:00")).to.include({ verdict: "waiting" });
    expect((await rig.told(id, "00:40")).previousFire, "it did not exist at 00:00").to.equal(null);
  });

  it("what it was when it was deleted, and its last fire, are told afterwards", async () => {
    const { id } = await rig.create({ cron: "0 * * * *" });
    await rig.settle("02:00:00.100");
    rig.clock.at = day("02:10:00.345");
    await rig.schedules.remove(id, null, "token:bo");
    rig.clock.at = day("09:00:00");
    const told = await rig.told(id, "now");
    expect(told.answer).to.equal("It was gone: token:bo deleted it at 2027-01-10 02:10 +00:00.");
    expect(told.behind).to.equal(
      "It fired: Every hour (UTC). Its last fire: 2027-01-10 02:00 +00:00; its rows are kept.",
    );
    const young = await rig.create({ cron: "0 0 1 1 *" });
    await rig.schedules.remove(young.id, null, "token:bo");
    rig.clock.at += 1000;
    expect((await rig.told(young.id, "now")).behind).to.match(/It never had a fire; its rows are kept\.$/);
  });

  it("an edit that dropped an asked skip says so beside its revision", async () => {
    const { id } = await rig.create({ cron: "0 * * * *" });
    await rig.controls.skipNext(id, {}, "token:ana");
    await rig.schedules.patch(id, { cron: "30 * * * *" }, null, "token:bo");
    rig.clock.at += 1000;
    const told = await rig.told(id, "01:00");
    expect(told.verdict).to.equal("not_a_fire");
    expect(told.behind).to.include(
      "(edited by token:bo: the skip of 2027-01-10T01:00:00.000Z that token:ana asked for was dropped",
    );
  });

  it("nobody is told of milliseconds that no fire has", async () => {
    rig.clock.at = day("00:30:00.123");
    const { id } = await rig.create({ cron: "0 * * * *" });
    rig.clock.at = day("00:40:00.456");
    await rig.controls.pause(id, { reason: "x", until: "3h" }, "token:ana");
    rig.clock.at = day("04:10:00.789");
    await rig.schedules.settleDue();
    for (const time of ["now", "2h ago", "in 3h", "00:35", "00:10", "2027-01-10T00:10:00.5Z"]) {
      const { subject, answer, behind } = await rig.told(id, time);
      expect(`${subject} ${answer} ${behind}`, time).not.to.match(/:\d\d\.\d/);
    }
  });
});
