// Changing and deleting schedules: settle first, then change.
import { expect } from "chai";
import { day, refusal, setUp } from "./service-set-up.ts";

describe("changing a schedule", () => {
  it("S7: an edit first settles the old revision; rows name the revision that owed them", async () => {
    const { create, schedules, clock, rows, store, wakes } = setUp();
    const { id } = await create({ cron: "0 * * * *", timeZone: "UTC", catchUp: { policy: "latest" } });
    clock.at = day("03:10:00");
    const changed = await schedules.patch(id, { cron: "*/20 * * * *" }, 1, "token:ana");
    expect(rows(id)).to.deep.equal(["skip missed 01:00..02:00 x2", "run 03:00"]);
    expect(wakes()).to.equal(1);
    expect(changed).to.include({ revision: 2, firedThrough: day("03:10:00"), nextFireAt: day("03:20:00") });
    expect(changed.updatedAt).to.equal(day("03:10:00"));
    clock.at = day("03:20:00");
    store.rows[1]!.state = "ended";
    await schedules.settleDue();
    expect(store.rowsOf(id).map(({ revision }) => revision)).to.deep.equal([1, 1, 2]);
  });

  it("S8: an edit makes no second row for an instant that both revisions share, and loses none", async () => {
    const { create, schedules, clock, rows } = setUp();
    const { id } = await create({ cron: "0 * * * *", overlap: "allow_all" });
    clock.at = day("01:00:00");
    await schedules.patch(id, { cron: "*/30 * * * *" }, null, "a");
    await schedules.patch(id, { cron: "0,30 * * * *" }, null, "a");
    expect(await schedules.settleDue()).to.equal(0);
    clock.at = day("01:30:00");
    await schedules.settleDue();
    expect(rows(id)).to.deep.equal(["run 01:00", "run 01:30"]);
  });

  it("S6, S8: an edit while the clock is behind the cursor fires nothing again", async () => {
    const { create, schedules, clock, rows } = setUp();
    const { id } = await create({ cron: "0 * * * *", overlap: "allow_all" });
    clock.at = day("02:00:00");
    await schedules.settleDue();
    clock.at = day("00:45:00");
    const changed = await schedules.patch(id, { cron: "*/15 * * * *" }, null, "a");
    expect(changed).to.include({ firedThrough: day("02:00:00"), nextFireAt: day("02:15:00") });
    clock.at = day("01:30:00");
    await schedules.settleDue();
    expect(rows(id)).to.deep.equal(["skip missed 01:00", "run 02:00"]);
  });

  it("S7: switched off it wakes nobody; switched on it owes one range row and no replay", async () => {
    const { create, schedules, clock, rows } = setUp();
    const { id } = await create({ cron: "0 * * * *" });
    const off = await schedules.patch(id, { enabled: false }, null, "a");
    expect(off.nextFireAt).to.equal(null);
    clock.at = day("05:30:00");
    expect(await schedules.settleDue()).to.equal(0);
    const on = await schedules.patch(id, { enabled: true }, null, "a");
    expect(on.nextFireAt).to.equal(day("06:00:00"));
    expect(rows(id)).to.deep.equal(["skip disabled 01:00..05:00 x5"]);
  });

  it("S12: a raised maxRuns goes on from now, and says what became of the fires between", async () => {
    const { create, schedules, clock, rows, store } = setUp();
    const { id } = await create({ cron: "0 * * * *", maxRuns: 1 });
    clock.at = day("01:00:00");
    await schedules.settleDue();
    store.rows[0]!.state = "ended";
    clock.at = day("04:30:00");
    expect(await schedules.settleDue()).to.equal(0);
    const raised = await schedules.patch(id, { maxRuns: 2 }, null, "a");
    expect(raised.nextFireAt).to.equal(day("05:00:00"));
    expect(rows(id)).to.deep.equal(["run 01:00", "skip limit 02:00..04:00 x3"]);
  });

  it("refuses a stale revision with 412 and a wrong field with 422, and leaves everything as it was", async () => {
    const { create, schedules, clock, store } = setUp();
    const before = await create({ cron: "0 * * * *" });
    clock.at = day("01:30:00");
    const stale = await refusal(schedules.patch(before.id, { name: "x" }, 7, "a"));
    expect(stale.status).to.equal(412);
    expect(stale.message).to.contain("revision 1, not 7");
    expect((await refusal(schedules.patch(before.id, { cron: "x" }, 1, "a"))).status).to.equal(422);
    expect((await refusal(schedules.remove(before.id, 7, "a"))).status).to.equal(412);
    expect((await refusal(schedules.patch("sch_no", {}, null, "a"))).status).to.equal(404);
    expect((await refusal(schedules.remove("sch_no", null, "a"))).status).to.equal(404);
    expect(await schedules.get(before.id)).to.deep.equal(before);
    expect(store.rows).to.have.length(0);
  });

  it("of two edits with the same revision one wins", async () => {
    const { create, schedules } = setUp();
    const { id } = await create({ cron: "0 * * * *" });
    const edits = await Promise.allSettled([
      schedules.patch(id, { name: "one" }, 1, "a"),
      schedules.patch(id, { name: "two" }, 1, "b"),
    ]);
    expect(edits.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    expect(await schedules.get(id)).to.include({ name: "one", revision: 2 });
  });

  it("checks params only when an edit gives some, together with those that were saved", async () => {
    const seen: unknown[] = [];
    const { create, schedules, jobs } = setUp({
      acceptParams: (params, saved) => {
        seen.push([params, saved]);
        return params;
      },
    });
    const { id } = await create({ cron: "0 * * * *", params: { a: 1 } });
    await schedules.patch(id, { name: "x" }, null, "a");
    await schedules.patch(id, { params: { b: 2 } }, null, "a");
    // The store asks for the decision twice, as a database does that repeats a transaction.
    expect(seen).to.have.length(3);
    expect([seen[0], seen.at(-1)]).to.deep.equal([
      [{ a: 1 }, undefined],
      [{ a: 1, b: 2 }, { a: 1 }],
    ]);
    jobs.clear();
    await schedules.patch(id, { name: "y" }, null, "a");
    expect(await refusal(schedules.patch(id, { params: {} }, null, "a"))).to.include({
      status: 409,
      code: "job_missing",
    });
  });

  it("S7, S8: deleting gives owed fires their rows, ends waiting runs, lets a running one go on", async () => {
    const { create, schedules, clock, rows, store } = setUp();
    const { id } = await create({ cron: "0 * * * *", overlap: "allow_all" });
    for (const time of ["01:00:00", "02:00:00", "03:00:00"]) {
      clock.at = day(time);
      await schedules.settleDue();
    }
    store.rows[0]!.state = "running";
    store.rows[1]!.state = "retrying";
    clock.at = day("04:00:00.100");
    await schedules.remove(id, 1, "a");
    expect(store.rows.map(({ state }) => state)).to.deep.equal([
      "running",
      "cancelled",
      "cancelled",
      "cancelled",
    ]);
    expect(rows(id).at(-1)).to.equal("run 04:00");
    expect(await schedules.get(id)).to.equal(undefined);
  });
});
