// What the alert on a task that does not succeed is made of: when it was to have succeeded, whatever kept it from it.
import { expect } from "chai";
import { TaskTimesReader } from "../../src/app/task-times.ts";
import type { LastSuccess } from "../../src/runs/figures.ts";
import type { ScopedPause } from "../../src/schedules/suspension.ts";
import { day, setUp } from "../schedules/service-set-up.ts";

const HOUR = 3_600_000;

describe("when tasks were to succeed", () => {
  const TASKS = [
    { source: "default", key: "echo" },
    { source: "default", key: "idle" },
  ];

  function rig() {
    const { clock, create, schedules } = setUp();
    const successes: LastSuccess[] = [];
    const leftOut: { through: number | null } = { through: null };
    const pauses: ScopedPause[] = [];
    const read = async () => {
      const reader = new TaskTimesReader({
        tasks: () => TASKS,
        figures: {
          lastSuccesses: () => Promise.resolve(successes),
          leftOutThrough: () => Promise.resolve(leftOut.through),
        },
        schedules: { list: (filter) => schedules.list(filter), openPauses: () => Promise.resolve(pauses) },
        timeoutMs: () => HOUR,
        now: clock.now,
      });
      return (await reader.all()).map(({ jobKey, ...times }) => [jobKey, times]);
    };
    const dueAt = async () => ((await read())[0]![1] as { dueAt: number | null }).dueAt;
    const succeeded = (finishedAt: number) =>
      successes.splice(0, 1, { source: "default", jobKey: "echo", runId: "run_1", finishedAt });
    return { clock, create, schedules, succeeded, leftOut, pauses, read, dueAt };
  }

  it("every task is told, one without schedules or runs without times", async () => {
    const { read } = rig();
    const none = { source: "default", lastSuccessAt: null, dueAt: null };
    expect(await read()).to.deep.equal([
      ["echo", none],
      ["idle", none],
    ]);
  });

  it("the first fire since the last success counts, with the time-out, and not since when it failed or ran", async () => {
    const { create, succeeded, clock, dueAt, read } = rig();
    await create({ cron: "0 2 * * *", timeZone: "UTC" });
    const day2 = 24 * HOUR;
    expect(await dueAt(), "never succeeded").to.equal(day("03:00:00"));
    succeeded(day("02:04:00"));
    expect(await dueAt()).to.equal(day("03:00:00") + day2);
    clock.at = day("00:30:00") + 5 * day2;
    expect(await dueAt(), "late for days").to.equal(day("03:00:00") + day2);
    expect((await read())[0]![1]).to.include({ lastSuccessAt: day("02:04:00") });
  });

  it("a night, a weekend and the next year are no lateness", async () => {
    const { create, succeeded, dueAt } = rig();
    await create({ cron: "*/10 9-17 * * 1-5", timeZone: "UTC", timeout: "5m" });
    // 2027-01-08 is a Friday.
    succeeded(day("17:50:00") - 48 * HOUR);
    expect(await dueAt()).to.equal(day("09:05:00") + 24 * HOUR);
  });

  it("nobody waits for what is switched off, paused, over, or happens once", async () => {
    const off = rig();
    await off.create({ cron: "0 2 * * *", enabled: false });
    expect(await off.dueAt()).to.equal(null);
    const once = rig();
    await once.create({ at: "2027-01-10T05:00:00Z" });
    expect(await once.dueAt()).to.equal(null);
    const over = rig();
    await over.create({ cron: "0 2 * * *", timeZone: "UTC", endAt: "2027-01-10T05:00:00Z" });
    expect(await over.dueAt()).to.equal(day("03:00:00"));
    over.clock.at = day("06:00:00");
    expect(await over.dueAt()).to.equal(null);
    const paused = rig();
    await paused.create({ cron: "0 2 * * *", timeZone: "UTC" });
    const pause = {
      id: "p",
      by: "ana",
      reason: null,
      at: 0,
      until: null,
      endedAt: null,
      endedBy: null,
      endedReason: null,
    };
    paused.pauses.push({ ...pause, scope: { kind: "source", source: "default" } });
    expect(await paused.dueAt()).to.equal(null);
    paused.pauses.splice(0);
    paused.leftOut.through = day("02:00:00") + 24 * HOUR;
    paused.clock.at = day("12:00:00") + 24 * HOUR;
    expect(await paused.dueAt(), "when the pause is over").to.equal(day("03:00:00") + 48 * HOUR);
  });

  it("the schedule that was to make it succeed first counts, and an edit begins anew", async () => {
    const { create, schedules, clock, dueAt } = rig();
    await create({ cron: "0 2 * * *", timeZone: "UTC" });
    const { id } = await create({ cron: "0 1 * * *", timeZone: "UTC" });
    expect(await dueAt()).to.equal(day("02:00:00"));
    clock.at = day("01:30:00");
    await schedules.patch(id, { cron: "0 5 * * *" }, null, "token:ci");
    expect(await dueAt()).to.equal(day("03:00:00"));
  });
});
