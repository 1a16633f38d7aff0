// Why did it not run at 02:00? Answered on every database by a query, for any instant, past or future (S3).
import { expect } from "chai";
import { DbBatchStore } from "../../src/db/batches.ts";
import { DbScheduleHistory } from "../../src/db/schedule-history.ts";
import { DbUpTimeStore } from "../../src/db/up-time-store.ts";
import { Backfills } from "../../src/runs/backfill.ts";
import { Notices } from "../../src/runs/notices.ts";
import { Controls } from "../../src/schedules/controls.ts";
import { Explainer } from "../../src/schedules/explainer.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import type { Unavailable } from "../../src/schedules/suspension.ts";
import { OPEN_SPEC } from "../support/http-doubles.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const PLACE = { name: null, pid: 1 };
const at = (text: string) => Date.parse(text);
const day = (time: string) => at(`2027-01-10T${time}Z`);

onEveryScheduleStore("explain", (rig) => {
  const clock = { at: day("00:30:00"), now: () => clock.at };
  let schedules: Schedules;
  let controls: Controls;
  let scopes: ScopePauses;
  let explainer: Explainer;
  let upTimes: DbUpTimeStore;
  let unavailable: Unavailable | undefined;
  beforeEach(async () => {
    clock.at = day("00:30:00");
    unavailable = undefined;
    const { store, database } = rig;
    const suspensionOf = () => unavailable;
    schedules = new Schedules({
      store,
      clock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "skip", acceptParams: (params) => params }),
      suspensionOf,
      wake: () => undefined,
    });
    controls = new Controls(schedules, clock);
    scopes = new ScopePauses(store, schedules.settler, clock, "UTC");
    upTimes = new DbUpTimeStore(database);
    await database.write((sql) => sql.run("DELETE FROM up_times"));
    explainer = new Explainer({
      history: new DbScheduleHistory(database),
      upTimes,
      scheduleOf: (id) => schedules.get(id),
      suspensionOf,
      now: clock.now,
    });
  });

  const create = (fields: object) =>
    schedules.create(
      { source: "default", jobKey: "billing/sync", fields: { name: "Nightly", ...fields } },
      "token:ana",
    );
  const settle = async (time: string) => {
    clock.at = time.includes("T") ? at(time) : day(time);
    await schedules.settleDue();
  };
  const verdict = async (id: string, asked: string) => {
    const { explanation, lines } = await explainer.explain(id, asked);
    expect(lines).to.have.length(3);
    for (const line of lines) expect(line).to.not.include("\n").and.not.include("undefined");
    return { ...explanation, answer: lines[1], behind: lines[2], subject: lines[0] };
  };
  const runs = (set: string, ...values: (string | number)[]) =>
    rig.database.write((sql) => sql.run(`UPDATE task_runs SET ${set}`, values));

  it("ran as which run, how late, and how it ended", async () => {
    const { id } = await create({ cron: "0 2 * * *", timeZone: "Europe/Berlin" });
    await settle("01:00:00.100");
    await runs("state = 'succeeded', started_at = ?, finished_at = ?", day("01:00:00.412"), day("01:00:03"));
    clock.at = day("12:00:00");
    const told = await verdict(id, "today 02:00");
    const [run] = await rig.runsOf(id);
    expect(told.verdict).to.equal("ran");
    expect(told.subject).to.equal(
      `"Nightly" (${id}) of the job billing.sync, at 2027-01-10 02:00 +01:00 (Europe/Berlin):`,
    );
    expect(told.answer).to.equal(`It ran as ${run!.id}, 412 ms after its instant, and succeeded after 3s.`);
    expect(told.behind).to.equal(
      "The next fire is 2027-01-11 02:00 +01:00. Revision 1 held then (created by token:ana).",
    );
  });

  it("failed, still runs, waits, is to be tried again, was cancelled", async () => {
    const { id } = await create({ cron: "0 1 * * *" });
    await settle("01:00:00.100");
    clock.at = day("01:10:00");
    expect((await verdict(id, "01:00")).answer).to.match(
      /^Its run run_\w+ waits for a free slot, for 10m 0s/,
    );
    await runs("state = 'running', started_at = ?", day("01:00:01"));
    expect((await verdict(id, "01:00")).answer).to.match(
      /1000 ms after its instant, and has been running for 9m 59s\.$/,
    );
    await runs("state = 'retrying', available_at = ?, cause = 'boom'", day("01:20:00"));
    expect((await verdict(id, "01:00")).answer).to.match(
      /^It ran as run_\w+, and is to be tried again at 2027-01-10 01:20 \+00:00: boom\.$/,
    );
    await runs(
      "state = 'failed', reason = 'timeout', cause = 'timed out after 5m', finished_at = ?",
      day("01:05:01"),
    );
    expect((await verdict(id, "01:00")).answer).to.match(
      /failed \(timeout\) after 5m 0s: timed out after 5m\.$/,
    );
    await runs(
      "state = 'cancelled', reason = 'user', started_at = NULL, cause = 'cancelled before it started'",
    );
    expect(await verdict(id, "01:00")).to.include({ verdict: "cancelled" });
  });

  it("skipped because an earlier run was still running, by the row itself", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await settle("01:00:00.100");
    await runs("state = 'running'");
    await settle("02:00:00.100");
    const [first] = await rig.runsOf(id);
    expect((await verdict(id, "02:00")).answer).to.equal(
      `It did not run (overlap): run ${first!.id} of 2027-01-10 01:00 +00:00 was still running.`,
    );
  });

  it("the service was down: from when, to when, and which range row tells it", async () => {
    const { id } = await create({ cron: "0 * * * *", catchUp: { policy: "skip" } });
    await upTimes.begin("wrk_a", day("00:30:00"), PLACE);
    await upTimes.beat("wrk_a", day("00:30:00"), day("00:58:10"));
    await upTimes.begin("wrk_b", day("04:10:00"), PLACE);
    await settle("04:10:00");
    const told = await verdict(id, "02:00");
    const [row] = await rig.runsOf(id);
    expect(told.verdict).to.equal("skipped");
    expect(told.downtime).to.deep.equal({
      from: day("00:58:10"),
      to: day("04:10:00"),
      stopped: false,
      stalled: false,
      unwritable: null,
    });
    expect(told.answer).to.equal(
      "It did not run (missed): found between 10m 0s and 3h 10m 0s late, and catch-up policy skip runs no missed fire; " +
        `it is one of 4 fires from 01:00 to 04:00 in the row ${row!.id}.`,
    );
    expect(told.behind).to.match(
      /^The service was down from some time after 2027-01-10 00:58:10 \+00:00 \(its last sign of life\) to 04:10\. The next/,
    );
    expect(await verdict(id, "02:30")).to.include({ verdict: "not_a_fire" });
  });

  it("nobody has settled it yet, because nobody is there", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await upTimes.begin("wrk_a", day("00:30:00"), PLACE);
    await upTimes.stop("wrk_a", day("00:30:00"), day("00:50:00"));
    clock.at = day("01:20:00");
    const told = await verdict(id, "01:00");
    expect(told).to.include({
      verdict: "due",
      answer: "It is due since 20m 0s, and nobody has settled it yet.",
    });
    expect(told.behind).to.include(
      "Nobody has looked for due fires since 2027-01-10 00:50 +00:00 (when the service was stopped).",
    );
  });

  it("paused by whom, why and since when: while it goes on, and by its range row afterwards", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await controls.pause(id, { reason: "migration", until: "2027-01-10T05:30:00Z" }, "token:ana");
    await settle("02:10:00");
    expect(await verdict(id, "02:00")).to.include({
      verdict: "suspended",
      answer: "It did not run: the schedule was paused by token:ana: migration, since 00:30, and still is.",
    });
    expect(await verdict(id, "05:00")).to.include({
      verdict: "will_not_fire",
      answer:
        "It would not fire: the schedule was paused by token:ana: migration, since 2027-01-10 00:30 +00:00, " +
        "until 2027-01-10 05:30 +00:00.",
    });
    expect(await verdict(id, "06:00")).to.include({
      verdict: "will_fire",
      answer: "It will fire, in 3h 50m 0s.",
    });
    await settle("06:00:00.100");
    const [range] = await rig.runsOf(id);
    expect(await verdict(id, "02:00")).to.include({
      verdict: "skipped",
      answer:
        "It did not run (paused): the schedule was paused by token:ana: migration; " +
        `it is one of 5 fires from 01:00 to 05:00 in the row ${range!.id}.`,
    });
  });

  it("everything paused, a job paused, a job missing, held, switched off", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await scopes.pause({ kind: "all" }, { reason: "freeze" }, "token:bo");
    await settle("01:10:00");
    expect((await verdict(id, "01:00")).answer).to.match(
      /^It did not run: everything was paused by token:bo: freeze,/,
    );
    await scopes.resume({ kind: "all" }, "the warehouse stands", "token:bo");
    expect((await verdict(id, "01:00")).answer).to.match(
      /^It did not run \(paused\): everything was paused by token:bo/,
    );
    const [, , behind] = (await explainer.explain(id, "2027-01-10T01:00:00Z")).lines;
    expect(behind).to.match(/token:bo resumed it at .*: the warehouse stands\./);
    unavailable = { reason: "job_missing", cause: 'skipped: the folder of the job "billing/sync" is gone' };
    await settle("02:10:00");
    expect((await verdict(id, "02:00")).answer).to.include('the folder of the job "billing/sync" is gone');
    unavailable = undefined;
    await schedules.settler.suspended();
    await controls.hold(id, { reason: "size is unknown to 9c41f02", errors: [] }, "service");
    await settle("03:10:00");
    expect((await verdict(id, "03:00")).answer).to.include(
      "the schedule was held: size is unknown to 9c41f02",
    );
    await controls.release(id, null, "service");
    await schedules.patch(id, { enabled: false }, null, "token:cy");
    await settle("04:10:00");
    expect((await verdict(id, "04:00")).answer).to.include(
      "the schedule was switched off by token:cy, since",
    );
    const told = (await rig.revisionsOf(id)).map(({ action, actor }) => `${action} by ${actor}`);
    expect(told).to.deep.equal([
      "created by token:ana",
      "held by service",
      "released by service",
      "edited by token:cy",
    ]);
  });

  it("asked to be skipped, before and after", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await controls.skipNext(id, { reason: "holiday" }, "token:ana");
    expect(await verdict(id, "01:00")).to.include({
      verdict: "will_not_fire",
      answer: "It will not fire: token:ana asked to skip it: holiday.",
    });
    await settle("01:00:00.100");
    expect(await verdict(id, "01:00")).to.include({
      verdict: "skipped",
      answer: "It did not run (asked): token:ana asked for it: holiday.",
    });
  });

  it("S11: the time does not exist in that zone on that day; where its fire went, and what became of it", async () => {
    clock.at = at("2027-03-27T12:00:00Z");
    const next = await create({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
    const skip = await create({ cron: "30 2 * * *", timeZone: "Europe/Berlin", dst: { gap: "skip" } });
    const hourly = await create({ cron: "*/30 * * * *", timeZone: "Europe/Berlin", overlap: "allow_all" });
    await settle("2027-03-28T01:00:00.100Z");
    await settle("2027-03-29T00:30:00.100Z");
    const lost = await verdict(next.id, "2027-03-28 02:30");
    expect(lost.verdict).to.equal("no_such_time");
    expect(lost.subject).to.match(/, at 2027-03-28 02:30 \(Europe\/Berlin\):$/);
    expect(lost.answer).to.equal(
      "02:30 does not exist in Europe/Berlin on 2027-03-28, where clocks went from 02:00 to 03:00, " +
        "and its fire moved to that instant (dst.gap next).",
    );
    expect(lost.behind).to.match(/^At its end: Its run run_\w+ waits/);
    const moved = await verdict(next.id, "2027-03-28 03:00");
    expect(moved.behind).to.match(
      /^02:30 does not exist in Europe\/Berlin on 2027-03-28, .* \(dst\.gap next\)\./,
    );
    const left = await verdict(skip.id, "2027-03-28 02:30");
    expect(left.answer).to.match(/and its fire was left out \(dst\.gap skip\)\.$/);
    expect(left.behind).to.match(/^At its end: It did not run \(dst_gap\)/);
    const elapsed = await verdict(hourly.id, "2027-03-28 02:30");
    expect(elapsed.answer).to.equal(
      "02:30 does not exist in Europe/Berlin on 2027-03-28, where clocks went from 02:00 to 03:00; " +
        "a text with * or / fires only when the clock shows its times, and owes no fire for it.",
    );
  });

  it("S11: a time that comes twice is explained by its first, and the second is named", async () => {
    clock.at = at("2027-10-30T12:00:00Z");
    const { id } = await create({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
    const told = await verdict(id, "2027-10-31 02:30");
    expect(told).to.include({ verdict: "will_fire", at: at("2027-10-31T00:30:00Z") });
    expect(told.behind).to.match(
      /^That day the clock showed it twice; .* the second was 2027-10-31T01:30:00Z\./,
    );
    expect(await verdict(id, "2027-10-31T01:30:00Z")).to.include({ verdict: "not_a_fire" });
  });

  it("not in the calendar of the revision of that day, whatever the schedule says now", async () => {
    const { id } = await create({ cron: "0 2 * * *" });
    await settle("02:00:00.100");
    clock.at = day("12:00:00");
    await schedules.patch(id, { cron: "0 14 * * *" }, null, "token:bo");
    clock.at = day("13:00:00");
    expect(await verdict(id, "02:00")).to.include({ verdict: "waiting" });
    const morning = await verdict(id, "10:00");
    expect(morning).to.include({ verdict: "not_a_fire", nextFire: day("14:00:00") });
    expect(morning.revision!.revision).to.equal(1);
    expect(morning.answer).to.equal("It had no fire then: the next one is 14:00.");
    expect(morning.behind).to.equal(
      "It fires: At 02:00, every day (UTC). The fire before it: 02:00. Revision 1 held then (created by token:ana).",
    );
    expect(await verdict(id, "14:00")).to.include({ verdict: "will_fire" });
    expect(await verdict(id, "tomorrow 02:00")).to.include({
      verdict: "not_a_fire",
      answer: "It would not fire then: the next one is 14:00.",
    });
  });

  it("before it was made, after it was deleted, before its start, after its end, after its last run", async () => {
    const { id } = await create({
      cron: "0 * * * *",
      startAt: "2027-01-10T02:00:00Z",
      endAt: "2027-01-10T05:00:00Z",
      maxRuns: 1,
      overlap: "allow_all",
    });
    expect(await verdict(id, "00:10")).to.include({ verdict: "not_made_yet" });
    expect(await verdict(id, "01:00")).to.include({
      verdict: "not_begun",
      answer: "It will not have begun: it starts 2027-01-10 02:00 +00:00.",
    });
    expect(await verdict(id, "06:00")).to.include({ verdict: "over" });
    expect(await verdict(id, "03:00")).to.include({ verdict: "over" });
    await settle("02:00:00.100");
    clock.at = day("04:30:00");
    expect((await verdict(id, "03:00")).answer).to.equal(
      "It fires no more then: all of its 1 runs are made (maxRuns).",
    );
    await schedules.remove(id, null, "token:bo");
    clock.at = day("07:00:00");
    expect((await verdict(id, "03:00")).answer).to.match(
      /^It did not run \(limit\): the schedule has made all of its 1 runs/,
    );
    expect(await verdict(id, "05:00")).to.include({
      verdict: "deleted",
      answer: "It was gone: token:bo deleted it at 2027-01-10 04:30 +00:00.",
    });
    expect((await explainer.scheduleOf(id)).jobKey).to.equal("billing/sync");
  });

  it("who names the minute means a fire at any second of it", async () => {
    const { id } = await create({ every: "15m", anchorAt: "2027-01-10T00:09:19Z" });
    await settle("00:39:19.200");
    expect(await verdict(id, "00:39")).to.include({ verdict: "waiting", at: day("00:39:19") });
    expect(await verdict(id, "00:39:00")).to.include({ verdict: "not_a_fire" });
  });

  it("the next fire is none while a suspension without end is open, and that suspension is named", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await controls.pause(id, { reason: "migration" }, "token:ana");
    await settle("02:10:00");
    const none = "none until it is resumed";
    const named = "(the schedule was paused by token:ana: migration, since 2027-01-10 00:30 +00:00)";
    const odd = await verdict(id, "02:15");
    expect(odd).to.include({ verdict: "not_a_fire", nextFire: null });
    expect(odd.heldBack).to.include({ key: "paused", until: null });
    expect(odd.answer).to.equal(`It would not fire then, and there is ${none} ${named}.`);
    expect((await verdict(id, "01:30")).answer).to.equal(
      `It had no fire then, and there is ${none} ${named}.`,
    );
    const within = await verdict(id, "01:00");
    expect(within).to.include({ verdict: "suspended", nextFire: null });
    expect(within.behind).to.include(`The next fire: ${none}.`);
    await controls.resume(id, null, "token:ana");
    expect(await verdict(id, "02:15")).to.include({ nextFire: day("03:00:00"), heldBack: undefined });

    await scopes.pause({ kind: "all" }, { reason: "freeze" }, "token:bo");
    await settle("03:10:00");
    expect((await verdict(id, "03:15")).answer).to.include(`${none} (everything was paused by token:bo`);
    await scopes.resume({ kind: "all" }, "the warehouse stands", "token:bo");
    unavailable = { reason: "job_missing", cause: "skipped: the folder of the job is gone" };
    expect((await verdict(id, "03:15")).answer).to.include("none until it is back (the folder of the job");
    unavailable = undefined;
    await controls.hold(id, { reason: "size is unknown", errors: [] }, "service");
    expect((await verdict(id, "03:15")).answer).to.include(
      "none until it is released (the schedule was held",
    );
    await controls.release(id, null, "service");
    await schedules.patch(id, { enabled: false }, null, "token:cy");
    expect((await verdict(id, "03:15")).answer).to.include(
      "none until it is enabled (the schedule was switched off by token:cy",
    );
  });

  it("the next fire is the first at or after the end of every open suspension", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    await controls.pause(id, { until: "2027-01-10T03:00:00Z" }, "token:ana");
    expect(await verdict(id, "00:45")).to.include({ nextFire: day("03:00:00") });
    await scopes.pause({ kind: "all" }, { until: "2027-01-10T05:30:00Z" }, "token:bo");
    clock.at = day("00:40:00");
    expect(await verdict(id, "00:45")).to.include({ nextFire: day("06:00:00") });
    expect((await verdict(id, "02:00")).behind).to.include("The next fire is 06:00.");
  });

  it("a run that a backfill made of the instant later is named, also before the schedule existed", async () => {
    const { id } = await create({ cron: "0 * * * *", catchUp: { policy: "skip" } });
    await settle("03:10:00");
    const schedule = (await schedules.get(id))!;
    const backfills = new Backfills({
      batches: new DbBatchStore(rig.database),
      alone: (_, work) => work(),
      scheduleOf: () => Promise.resolve(schedule),
      insert: (list, request) => rig.runs.insert(list, request),
      specOf: () => OPEN_SPEC,
      standingOf: () => "ready",
      expect: () => undefined,
      notices: new Notices(),
      now: clock.now,
    });
    const range = { from: "2027-01-10T00:00:00Z", to: "2027-01-10T02:00:00Z" };
    const { batch } = await backfills.start(id, range, { type: "token", name: "ana" });
    const made = (await rig.runsOf(id)).filter((run) => run.batch === batch);
    expect(made).to.have.length(3);
    const told = await verdict(id, "02:00");
    expect(told.verdict).to.equal("skipped");
    expect(told.backfill).to.deep.equal({ batch, run: made[2]!.id, state: "queued" });
    expect(told.answer).to.match(/^It did not run \(missed\): .*; run later by backfill/);
    expect(told.answer).to.include(`; run later by backfill ${batch} as ${made[2]!.id}, queued.`);
    const before = await verdict(id, "00:00");
    expect(before).to.deep.include({ verdict: "not_made_yet" });
    expect(before.answer).to.include(`; run later by backfill ${batch} as ${made[0]!.id}, queued.`);
    expect(await verdict(id, "03:00")).to.include({ backfill: undefined });
  });

  it("before it existed the first fire after its creation is named", async () => {
    const { id } = await create({ cron: "0 * * * *" });
    const told = await verdict(id, "2027-01-09T05:00:00Z");
    expect(told).to.include({ verdict: "not_made_yet", nextFire: day("01:00:00") });
    expect(told.behind).to.include("Its first fire is 2027-01-10 01:00 +00:00.");
  });

  it("a start or an end that is yet to come is told in the future", async () => {
    const dates = { startAt: "2027-01-10T02:00:00Z", endAt: "2027-01-10T05:00:00Z" };
    const { id } = await create({ cron: "0 * * * *", ...dates });
    expect(await verdict(id, "01:00")).to.include({
      verdict: "not_begun",
      nextFire: day("02:00:00"),
      answer: "It will not have begun: it starts 2027-01-10 02:00 +00:00.",
    });
    expect(await verdict(id, "06:00")).to.include({
      verdict: "over",
      answer: "It will be over: its endAt is 2027-01-10 05:00 +00:00.",
    });
    clock.at = day("07:00:00");
    expect((await verdict(id, "01:00")).answer).to.equal(
      "It had not begun: its startAt is 2027-01-10 02:00 +00:00.",
    );
    expect((await verdict(id, "06:00")).answer).to.match(/^It was over:/);
  });

  it("an unknown schedule is 404, a time that cannot be read 422", async () => {
    const error = async (id: string, asked: string) =>
      (await explainer.explain(id, asked).catch((thrown: unknown) => thrown)) as object;
    expect(await error("sch_no", "02:00")).to.include({ status: 404 });
    const { id } = await create({ cron: "0 2 * * *" });
    expect(await error(id, "teatime")).to.include({ status: 422 });
  });
});
