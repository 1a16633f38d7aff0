// A schedule that pauses itself after failures in a row, on every database: at once, and at its next fire at the latest.
import { expect } from "chai";
import { Controls } from "../../src/schedules/controls.ts";
import { newId } from "../../src/ids.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { newRun } from "./make.ts";
import { onEveryScheduleStore } from "./schedule-rig.ts";

const START = Date.UTC(2027, 0, 1, 12);
const HOUR = 3_600_000;

onEveryScheduleStore("pauseAfterFailures", (rig) => {
  const clock = { at: START, now: () => clock.at };
  let schedules: Schedules;
  let controls: Controls;
  beforeEach(() => {
    clock.at = START + 1000;
    schedules = new Schedules({
      store: rig.store,
      clock,
      defaults: { timeZone: "UTC" },
      jobOf: () => ({ overlap: "allow_all", acceptParams: (params) => params }),
      wake: () => undefined,
    });
    controls = new Controls(schedules, clock);
  });

  const create = async (pauseAfterFailures: number | null) => {
    const fields = { cron: "0 * * * *", pauseAfterFailures };
    return (await schedules.create({ source: "default", jobKey: "job", fields }, "ana")).id;
  };

  /** The next fire, whose run ends like this a minute later. */
  const fire = async (id: string, state: "succeeded" | "failed" | "cancelled") => {
    clock.at = Math.ceil(clock.at / HOUR) * HOUR + 100;
    await schedules.settleDue();
    clock.at += 60_000;
    await rig.database.write((sql) =>
      sql.run(
        "UPDATE task_runs SET state = ?, cause = 'boom', finished_at = ?, queue_rank = NULL WHERE schedule_id = ? AND state = 'queued'",
        [state, clock.at, id],
      ),
    );
  };
  const paused = async (id: string) => (await schedules.get(id))!.paused;

  it("tells of the last failure its first line, cut: the whole text stands at its run", async () => {
    const id = await create(1);
    await fire(id, "failed");
    const [run] = await rig.runsOf(id);
    const say = (cause: string) =>
      rig.database.write((sql) => sql.run("UPDATE task_runs SET cause = ? WHERE id = ?", [cause, run!.id]));
    await say(`${"x".repeat(300)}\nat line 2`);
    const { reason } = (await schedules.settler.failed(id))!.paused!;
    expect(reason).to.equal(
      `its run failed, the last one ${run!.id}: ${"x".repeat(199)}… (pauseAfterFailures 1)`,
    );
  });

  it("pauses as soon as the last of them has failed, by the service, with the reason", async () => {
    const id = await create(3);
    for (const state of ["failed", "succeeded", "failed", "cancelled", "failed"] as const) {
      await fire(id, state);
      await schedules.settler.failed(id);
    }
    expect(await paused(id)).to.equal(null);
    await fire(id, "failed");
    const runs = await rig.runsOf(id);
    const schedule = (await schedules.settler.failed(id))!;
    expect(schedule.paused).to.deep.equal({
      by: "service",
      reason: `3 runs in a row failed, the last one ${runs.at(-1)!.id}: boom (pauseAfterFailures 3)`,
      at: clock.at,
      until: null,
    });
    expect(schedule).to.deep.include({ revision: 2, nextFireAt: null });
    expect(await schedules.settler.failed(id)).to.equal(undefined);
    const last = (await rig.revisionsOf(id)).at(-1)!;
    expect(last).to.include({ action: "paused", actor: "service", reason: schedule.paused!.reason });
  });

  it("pauses at the next fire when nobody was there to see the failure", async () => {
    const id = await create(2);
    await fire(id, "failed");
    await fire(id, "failed");
    const failedAt = clock.at;
    clock.at = Math.ceil(clock.at / HOUR) * HOUR + 100;
    await schedules.settleDue();
    const schedule = (await schedules.get(id))!;
    expect(schedule.paused).to.include({ by: "service", at: failedAt });
    expect(schedule).to.deep.include({ revision: 2, nextFireAt: null, firedThrough: failedAt });
    expect(schedule.suspended).to.include({ key: "paused" });
    expect(await rig.runsOf(id)).to.have.length(2);
    expect((await rig.revisionsOf(id)).at(-1)).to.include({
      revision: 2,
      action: "paused",
      actor: "service",
    });
    clock.at += 2 * HOUR;
    await controls.resume(id, "mended", "ana");
    const ranges = (await rig.runsOf(id)).filter(({ state }) => state === "skipped");
    expect(ranges).to.have.length(1);
    expect(ranges[0]).to.include({ reason: "paused", fireCount: 3 });
  });

  it("counts anew once somebody has resumed it, and never without the option", async () => {
    const id = await create(2);
    const never = await create(null);
    for (let i = 0; i < 2; i++) await fire(id, "failed");
    await schedules.settler.failed(id);
    await controls.resume(id, null, "ana");
    await fire(id, "failed");
    expect(await schedules.settler.failed(id)).to.equal(undefined);
    await fire(id, "failed");
    expect(await schedules.settler.failed(id)).to.include({ id });
    for (let i = 0; i < 5; i++) await fire(never, "failed");
    expect(await schedules.settler.failed(never)).to.equal(undefined);
  });

  it("what lies behind ten thousand other rows is in no row any more, and is not looked for", async () => {
    const id = await create(2);
    await fire(id, "failed");
    const skipped = (count: number) => {
      const cause = { state: "skipped", reason: "overlap", cause: "skipped: busy", scheduleId: id } as const;
      return rig.runs.insert(
        Array.from({ length: count }, () => newRun({ ...cause, id: newId("run", clock.at) })),
      );
    };
    clock.at += 1;
    for (let n = 0; n < 10; n++) await skipped(1_000);
    await fire(id, "failed");
    expect(await schedules.settler.failed(id)).to.equal(undefined);
    await skipped(1_000);
    await fire(id, "failed");
    expect(await schedules.settler.failed(id)).to.include({ id });
  });
});
