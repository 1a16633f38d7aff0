// The service over schedules: creating, settling, previewing, on a store that keeps its promises.
import { expect } from "chai";
import { invalid } from "../../src/errors.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { cronAt, makeSchedule } from "./make-schedule.ts";
import { day, refusal, setUp } from "./service-set-up.ts";

describe("schedules", () => {
  it("creates one with the cursor at now, the job's overlap and the zone of the service", async () => {
    const { create, schedules, store } = setUp({ overlap: "buffer_all" });
    const schedule = await create({ cron: "0 2 * * *", params: { a: 1 } });
    expect(schedule).to.deep.include({
      source: "default",
      jobKey: "echo",
      overlap: "buffer_all",
      timeZone: "Europe/Berlin",
      params: { a: 1, checked: true },
      revision: 1,
      runsCounted: 0,
      origin: "api",
      suggested: null,
      firedThrough: day("00:30:00"),
      nextFireAt: day("01:00:00"),
      createdAt: day("00:30:00"),
    });
    expect(schedule.id).to.match(/^sch_[0-9a-z]{26}$/);
    expect(await schedules.get(schedule.id)).to.deep.equal(schedule);
    expect(store.actors).to.deep.equal(["token:ci"]);
  });

  it("A3: creates nothing for an unknown job, wrong fields or wrong params", async () => {
    const { schedules, store, create } = setUp({
      acceptParams: () => {
        throw invalid([{ pointer: "/params/size", code: "min", message: "must be at least 1" }]);
      },
    });
    const wrongJob = await refusal(
      schedules.create({ source: "default", jobKey: "no", fields: { cron: "@daily" } }, "a"),
    );
    expect(wrongJob.fields[0]).to.include({ pointer: "/job", code: "unknown_job" });
    expect((await refusal(create({ cron: "61 * * * *" }))).fields[0]).to.include({ pointer: "/cron" });
    expect((await refusal(create({ cron: "@daily" }))).fields[0]).to.include({ pointer: "/params/size" });
    expect(store.schedules.size).to.equal(0);
  });

  it("A1: hands the request on, so that the transaction of the effect records it", async () => {
    const { schedules, store } = setUp();
    const idempotency = { actor: "a", key: "k", digest: "d" };
    await schedules.create(
      { source: "default", jobKey: "echo", fields: { cron: "@daily" }, idempotency },
      "a",
    );
    expect(store.requests).to.deep.equal([idempotency]);
  });

  it("S1: settles what is due, wakes once there is work, and is done when nothing is due", async () => {
    const { create, schedules, clock, rows, wakes } = setUp();
    const hourly = await create({ cron: "0 * * * *" });
    await create({ cron: "0 0 1 1 *" });
    expect(await schedules.settleDue()).to.equal(0);
    expect(wakes()).to.equal(0);
    clock.at = day("01:00:00.200");
    expect(await schedules.settleDue()).to.equal(1);
    expect(wakes()).to.equal(1);
    expect(rows(hourly.id)).to.deep.equal(["run 01:00"]);
    expect(await schedules.settleDue()).to.equal(0);
    expect(await schedules.get(hourly.id)).to.include({ nextFireAt: day("02:00:00"), runsCounted: 1 });
  });

  it("S1: settles more than one batch", async () => {
    const { create, schedules, clock, store } = setUp();
    for (let i = 0; i < 1100; i++) await create({ cron: "* * * * *" });
    clock.at = day("00:31:00");
    expect(await schedules.settleDue()).to.equal(1100);
    expect(store.rows).to.have.length(1100);
  });

  it("one schedule that cannot be planned holds nobody up and is tried again in a minute", async () => {
    const { create, schedules, clock, store, rows, troubles } = setUp();
    const good = await create({ cron: "* * * * *" });
    const bad = { ...makeSchedule(), id: "sch_bad", ...cronAt("* * * * *"), nextFireAt: day("00:31:00") };
    store.schedules.set("sch_bad", {
      ...bad,
      when: { ...cronAt("* * * * *").when, timeZone: "Gone/Zone" } as Schedule["when"],
    });
    clock.at = day("00:31:00");
    expect(await schedules.settleDue()).to.equal(2);
    expect(rows(good.id)).to.deep.equal(["run 00:31"]);
    expect(troubles).to.deep.equal(["sch_bad"]);
    expect(await schedules.get("sch_bad")).to.include({
      nextFireAt: day("00:32:00"),
      firedThrough: day("00:30:00"),
    });
  });

  it("previews what it would create, from any instant, also what never fires", () => {
    const { schedules } = setUp();
    const preview = schedules.preview({ cron: "0 2 * * *", from: "2027-06-01T00:00:00Z", count: 2 });
    expect(preview.sentence).to.equal("At 02:00, every day (Europe/Berlin)");
    expect(preview.nextFires.map(({ local }) => local)).to.deep.equal([
      "2027-06-02T02:00:00+02:00",
      "2027-06-03T02:00:00+02:00",
    ]);
    expect(preview.warnings.map(({ code }) => code)).to.include("zone_defaulted");
    expect(schedules.preview({ cron: "0 0 30 2 *" }).warnings.map(({ code }) => code)).to.include(
      "never_fires",
    );
    expect(schedules.preview({ every: "15m", timeZone: "UTC" }).nextFires).to.have.length(5);
    expect(schedules.preview({ at: "2027-06-01T00:00:00Z" }).nextFires).to.have.length(1);
    expect(
      schedules.preview({ cron: "0 * * * *", dst: { gap: "skip" }, count: null }).nextFires,
    ).to.have.length(5);
  });

  it("previews from a time as explain reads it, on the clock of the zone that is asked for", () => {
    const { schedules, clock } = setUp();
    clock.at = Date.parse("2027-03-29T12:00:00Z");
    const first = (from: string, timeZone = "Europe/Berlin") =>
      schedules.preview({ cron: "* * * * *", timeZone, from, count: 1 }).nextFires[0]!.local;
    expect(first("yesterday 01:00")).to.equal("2027-03-28T01:01:00+01:00");
    expect(first("yesterday 01:00", "America/New_York")).to.equal("2027-03-28T01:01:00-04:00");
    expect(first("2h ago")).to.equal("2027-03-29T12:01:00+02:00");
    // It never was: from the end of the gap on. It came twice: from the first time on.
    expect(first("2027-03-28 02:30")).to.equal("2027-03-28T03:01:00+02:00");
    expect(first("2027-10-31 02:30")).to.equal("2027-10-31T02:31:00+02:00");
    const wrong = (from: unknown) =>
      refusal(Promise.resolve().then(() => schedules.preview({ cron: "@daily", timeZone: "UTC", from })));
    return Promise.all(
      [
        ["someday", /must be an instant such as .* "yesterday 02:00"/],
        ["tomorrow", /must name a time of that day too, such as "tomorrow 02:00"/],
        [5, /must be an instant such as .*, but is 5/],
      ].map(async ([from, message]) => {
        const { fields } = await wrong(from);
        expect(fields.map(({ pointer }) => pointer)).to.deep.equal(["/from"]);
        expect(fields[0]!.message).to.match(message as RegExp);
      }),
    );
  });

  it("A3: tells everything that is wrong with a preview at once", async () => {
    const { schedules } = setUp();
    const request = { cron: "61 * * * *", timeZone: "Mars/Base", from: "soon", count: 1000 };
    const error = await refusal(Promise.resolve().then(() => schedules.preview(request)));
    expect(error.fields.map(({ pointer }) => pointer)).to.have.members([
      "/cron",
      "/timeZone",
      "/from",
      "/count",
    ]);
  });

  it("describes a saved schedule: its sentence, and the fires that are left to it", async () => {
    const { create, schedules, clock } = setUp();
    const fires = (schedule: Schedule) =>
      schedules.describe(schedule, 5).nextFires.map((fire) => fire.utc.slice(11, 16));
    const schedule = await create({ cron: "0 * * * *", timeZone: "UTC" });
    expect(schedules.describe(schedule, 2)).to.deep.include({ sentence: "Every hour (UTC)" });
    expect(fires(schedule)).to.deep.equal(["01:00", "02:00", "03:00", "04:00", "05:00"]);
    expect(fires({ ...schedule, enabled: false })).to.deep.equal([]);
    expect(fires({ ...schedule, maxRuns: 3, runsCounted: 1 })).to.deep.equal(["01:00", "02:00"]);
    expect(fires({ ...schedule, startAt: day("04:00:00"), endAt: day("05:00:00") })).to.deep.equal([
      "04:00",
      "05:00",
    ]);
    clock.at = day("02:30:00");
    expect(fires(schedule)[0]).to.equal("03:00");
  });
});
