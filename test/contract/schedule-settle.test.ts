// ScheduleStore on every database: what is due gets its rows, and the cursor moves with them (S3, S9).
import { expect } from "chai";
import type { ActiveRun, Schedule } from "../../src/schedules/schedule.ts";
import { newRun, scheduleOf, T0 } from "./make.ts";
import { fireOnce, MINUTE, row, onEveryScheduleStore } from "./schedule-rig.ts";

onEveryScheduleStore("ScheduleStore: settling", (rig) => {
  it("writes the row of a fire and moves the cursor", async () => {
    const schedule = scheduleOf({
      params: { a: 1 },
      timeoutMs: 500,
      retries: { attempts: 4, backoffMs: 1, factor: 2, maxMs: 9 },
      maxFailedShare: 0.1,
      revision: 3,
    });
    await rig.store.insert(schedule, "ci");
    const fireAt = T0 + MINUTE;
    const missed = { from: T0, to: fireAt, count: 2 };
    const due = await rig.store.settleDue(fireAt + 7, 500, (given, active) => {
      expect(given).to.deep.equal(schedule);
      expect(active).to.deep.equal([]);
      return {
        ...fireOnce(given),
        rows: [row(fireAt, { availableAt: fireAt + 99, missed, cause: "late" })],
      };
    });
    expect(due).to.equal(1);
    const [run] = await rig.runsOf(schedule.id);
    expect(run).to.deep.include({
      source: "default",
      jobKey: "job",
      jobName: "name of job",
      scheduleRevision: 3,
      trigger: "schedule",
      state: "queued",
      reason: null,
      cause: "late",
      fireAt,
      fireThrough: null,
      fireCount: null,
      priority: 0,
      queuedAt: fireAt + 7,
      availableAt: fireAt + 99,
      finishedAt: null,
      maxAttempts: 4,
      versionWanted: null,
      exclusive: true,
      params: { a: 1 },
      overrides: { timeoutMs: 500, retries: schedule.retries!, maxFailedShare: 0.1, missed },
      actor: { type: "service", name: "scheduler" },
    });
    expect(await rig.store.byId(schedule.id)).to.deep.equal({
      ...schedule,
      firedThrough: fireAt,
      nextFireAt: fireAt + MINUTE,
      runsCounted: 1,
    });
    expect(await rig.revisionsOf(schedule.id)).to.have.length(1);
  });

  it("S3: finishes skipped fires and ranges at once, with reason and cause", async () => {
    const schedule = scheduleOf({ overlap: "allow_all" });
    await rig.store.insert(schedule, "ci");
    await rig.store.settleDue(T0 + 3 * MINUTE, 500, (given) => ({
      ...fireOnce(given),
      rows: [
        row(T0 + MINUTE, {
          outcome: "skip",
          reason: "missed",
          cause: "the service was down",
          fireThrough: T0 + 2 * MINUTE,
          fireCount: 2,
        }),
        row(T0 + 3 * MINUTE),
      ],
    }));
    const [range, run] = await rig.runsOf(schedule.id);
    expect(range).to.include({
      state: "skipped",
      reason: "missed",
      cause: "the service was down",
      fireThrough: T0 + 2 * MINUTE,
      fireCount: 2,
      finishedAt: T0 + 3 * MINUTE,
    });
    expect(run).to.include({ state: "queued", exclusive: false, fireAt: T0 + 3 * MINUTE });
  });

  it("takes what is due and enabled, the longest due first, at most `limit`", async () => {
    const due = [3, 1, 2].map((n) => scheduleOf({ nextFireAt: T0 + n, jobKey: `due ${n}` }));
    const others = [
      scheduleOf({ nextFireAt: T0 + 101 }),
      scheduleOf({ nextFireAt: T0, enabled: false }),
      scheduleOf({ nextFireAt: null }),
    ];
    for (const schedule of [...due, ...others]) await rig.store.insert(schedule, "ci");
    const asked: string[] = [];
    const decide = (schedule: Schedule) => {
      asked.push(schedule.jobKey);
      return { ...fireOnce(schedule), nextFireAt: T0 + MINUTE };
    };
    expect(await rig.store.settleDue(T0 + 100, 2, decide)).to.equal(2);
    expect(await rig.store.settleDue(T0 + 100, 2, decide)).to.equal(1);
    expect(await rig.store.settleDue(T0 + 100, 2, decide)).to.equal(0);
    expect(asked).to.deep.equal(["due 1", "due 2", "due 3"]);
  });

  it("hands over the runs that have not ended, of this schedule only", async () => {
    const [one, other] = [scheduleOf(), scheduleOf({ nextFireAt: T0 + 2 * MINUTE })];
    await rig.store.insert(one, "ci");
    await rig.store.insert(other, "ci");
    const ids = ["run_001", "run_002", "run_003", "run_004", "run_005"];
    await rig.runs.insert([
      ...ids.map((id, i) => newRun({ id, scheduleId: one.id, fireAt: i === 0 ? null : T0 - i })),
      newRun({ id: "run_006", scheduleId: other.id, fireAt: T0 }),
      newRun({ id: "run_007", scheduleId: one.id, fireAt: T0, state: "skipped", reason: "overlap" }),
    ]);
    await rig.database.write(async (sql) => {
      for (const [id, state, finished] of [
        ["run_002", "running", null],
        ["run_003", "retrying", null],
        ["run_004", "succeeded", T0],
        ["run_005", "failed", T0],
      ] as const)
        await sql.run("UPDATE task_runs SET state = ?, finished_at = ? WHERE id = ?", [state, finished, id]);
    });
    const seen: ActiveRun[][] = [];
    await rig.store.settleDue(T0 + MINUTE, 500, (schedule, active) => {
      seen.push(active);
      return fireOnce(schedule);
    });
    expect(seen).to.deep.equal([
      [
        { id: "run_001", state: "queued", fireAt: null },
        { id: "run_002", state: "running", fireAt: T0 - 1 },
        { id: "run_003", state: "retrying", fireAt: T0 - 2 },
      ],
    ]);
  });

  it("S9: ends what a fire replaces: waiting runs at once, a running one when it hears of it", async () => {
    const schedule = scheduleOf({ overlap: "cancel_other" });
    await rig.store.insert(schedule, "ci");
    await rig.runs.insert(["run_001", "run_002"].map((id) => newRun({ id, scheduleId: schedule.id })));
    await rig.database.write((sql) => sql.run("UPDATE task_runs SET state = 'running' WHERE id = 'run_002'"));
    await rig.store.settleDue(T0 + MINUTE, 500, (given, active) => ({
      ...fireOnce(given),
      cancel: active.map(({ id }) => id),
    }));
    const [waiting, running, fired] = await rig.runsOf(schedule.id);
    expect(waiting).to.include({ state: "cancelled", reason: "replaced" });
    expect(waiting!.cause).to.match(
      /^cancelled: a later fire of its schedule took its place: that of \d{4}-\d\d-\d\d \d\d:\d\d \S+$/,
    );
    expect(waiting!.finishedAt).to.equal(T0 + MINUTE);
    expect(running).to.include({ state: "running", reason: null });
    expect(running!.cancel!.requestedAt).to.equal(T0 + MINUTE);
    expect(await rig.runs.cancelRequested(["run_002"])).to.deep.equal([
      { id: "run_002", attempt: 0, reason: "replaced" },
    ]);
    expect(fired).to.include({ state: "queued", fireAt: T0 + MINUTE });
  });

  it("moves every cursor to its own place, whether many stand alike or none", async () => {
    const schedules = Array.from({ length: 40 }, (_, i) => scheduleOf({ runsCounted: i, jobKey: `j${i}` }));
    for (const schedule of schedules) await rig.store.insert(schedule, "ci");
    const cursorOf = (i: number) => ({
      firedThrough: i < 30 ? T0 + MINUTE : T0 + MINUTE - i,
      nextFireAt: i % 10 === 0 ? null : T0 + (i < 30 ? 2 : 3) * MINUTE,
      runsCounted: i + (i % 2),
    });
    await rig.store.settleDue(T0 + MINUTE, 500, (schedule) => ({
      rows: [row(T0 + MINUTE)],
      ...cursorOf(schedule.runsCounted),
      cancel: [],
    }));
    for (const [i, schedule] of schedules.entries())
      expect(await rig.store.byId(schedule.id), `schedule ${i}`).to.deep.equal({
        ...schedule,
        ...cursorOf(i),
      });
  });
});
