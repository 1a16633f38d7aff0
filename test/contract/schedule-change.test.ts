// ScheduleStore on every database: settle, then change, in one transaction (S7, S8).
import { expect } from "chai";
import type { Plan, Schedule } from "../../src/schedules/schedule.ts";
import { newRun, scheduleOf, T0 } from "./make.ts";
import { fireOnce, MINUTE, row, onEveryScheduleStore } from "./schedule-rig.ts";

onEveryScheduleStore("ScheduleStore: changing", (rig) => {
  it("S7: writes what the old revision owes and the new revision together", async () => {
    const schedule = scheduleOf({ params: { old: true } });
    await rig.store.insert(schedule, "ci");
    const edited: Schedule = {
      ...schedule,
      params: { old: false },
      overlap: "allow_all",
      when: { kind: "at", at: T0 + 9 * MINUTE },
      revision: 2,
      firedThrough: T0 + 5 * MINUTE,
      nextFireAt: T0 + 9 * MINUTE,
      runsCounted: 1,
      updatedAt: T0 + 5 * MINUTE,
    };
    const answer = await rig.store.change(schedule.id, "anna", (given, active) => {
      expect(given).to.deep.equal(schedule);
      expect(active).to.deep.equal([]);
      return { rows: [row(T0 + MINUTE)], cancel: [], schedule: edited };
    });
    expect(answer).to.deep.equal(edited);
    expect(await rig.store.byId(schedule.id)).to.deep.equal(edited);
    const [run] = await rig.runsOf(schedule.id);
    expect(run).to.deep.include({ scheduleRevision: 1, params: { old: true }, exclusive: true });
    expect(
      (await rig.revisionsOf(schedule.id)).map(({ revision, actor, from }) => [revision, actor, from]),
    ).to.deep.equal([
      [1, "ci", T0],
      [2, "anna", T0 + 5 * MINUTE],
    ]);
    expect((await rig.revisionsOf(schedule.id))[1]!.definition).to.deep.equal(edited);
  });

  it("adds no revision when the revision stays", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    await rig.store.change(schedule.id, "ci", (given) => ({ rows: [], cancel: [], schedule: given }));
    expect(await rig.revisionsOf(schedule.id)).to.have.length(1);
  });

  it("leaves all as it was when the decision throws", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const error = await rig.store
      .change(schedule.id, "ci", () => {
        throw new Error("412");
      })
      .catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error).with.property("message", "412");
    expect(await rig.store.byId(schedule.id)).to.deep.equal(schedule);
    expect(await rig.runsOf(schedule.id)).to.deep.equal([]);
  });

  it("does many changes of one schedule one after the other, each on what the one before left", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    await Promise.all(
      Array.from({ length: 12 }, () =>
        rig.store.change(schedule.id, "ci", (given) => ({
          rows: [],
          cancel: [],
          schedule: { ...given, revision: given.revision + 1, runsCounted: given.runsCounted + 1 },
        })),
      ),
    );
    expect(await rig.store.byId(schedule.id)).to.include({ revision: 13, runsCounted: 12 });
    expect(await rig.revisionsOf(schedule.id)).to.have.length(13);
  });

  it("S1, S8: changes and settlings of one schedule at once leave each fire one row", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    const now = T0 + MINUTE;
    const settle = (given: Schedule): Plan =>
      given.nextFireAt! <= now ? fireOnce(given) : { ...fireOnce(given), ...given, rows: [] };
    await Promise.all([
      ...Array.from({ length: 5 }, () => rig.store.settleDue(now, 500, settle)),
      ...Array.from({ length: 5 }, () =>
        rig.store.change(schedule.id, "ci", (given) => {
          const { rows, cancel, ...cursor } = settle(given);
          const { firedThrough, nextFireAt, runsCounted } = cursor;
          return {
            rows,
            cancel,
            schedule: { ...given, firedThrough, nextFireAt, runsCounted, revision: given.revision + 1 },
          };
        }),
      ),
    ]);
    expect((await rig.runsOf(schedule.id)).map((run) => run.fireAt)).to.deep.equal([now]);
    expect(await rig.store.byId(schedule.id)).to.include({ firedThrough: now, runsCounted: 1, revision: 6 });
    expect(rig.faults).to.deep.equal([]);
  });

  it("changes a schedule whose fire has its row already", async () => {
    const schedule = scheduleOf();
    await rig.store.insert(schedule, "ci");
    await rig.runs.insert([newRun({ scheduleId: schedule.id, fireAt: T0 + MINUTE })]);
    const changed = await rig.store.change(schedule.id, "ci", (given) => ({
      rows: [row(T0 + MINUTE), row(T0 + 2 * MINUTE)],
      cancel: [],
      schedule: { ...given, revision: 2, firedThrough: T0 + 2 * MINUTE },
    }));
    expect(changed!.firedThrough).to.equal(T0 + 2 * MINUTE);
    expect(await rig.runsOf(schedule.id)).to.have.length(2);
    expect(rig.faults.map(([id]) => id)).to.deep.equal([schedule.id]);
  });

  it("S8: deleting ends its waiting runs and never what runs, and keeps its history", async () => {
    const [schedule, other] = [scheduleOf(), scheduleOf()];
    await rig.store.insert(schedule, "ci");
    await rig.store.insert(other, "ci");
    await rig.runs.insert([
      newRun({ id: "run_001", scheduleId: schedule.id, fireAt: T0 - 3 }),
      newRun({ id: "run_002", scheduleId: schedule.id, fireAt: T0 - 2 }),
      newRun({ id: "run_003", scheduleId: schedule.id, fireAt: T0 - 1 }),
      newRun({ id: "run_005", scheduleId: schedule.id }),
      newRun({ id: "run_004", scheduleId: other.id, fireAt: T0 - 1 }),
    ]);
    await rig.database.write(async (sql) => {
      await sql.run("UPDATE task_runs SET state = 'running' WHERE id = 'run_002'");
      await sql.run("UPDATE task_runs SET state = 'succeeded', finished_at = 1 WHERE id = 'run_003'");
      await sql.run("UPDATE task_runs SET state = 'retrying', attempt = 1 WHERE id = 'run_005'");
    });
    const deleted = await rig.store.change(schedule.id, "ci", () => ({
      rows: [row(T0 + MINUTE), row(T0, { outcome: "skip", reason: "overlap" })],
      cancel: ["run_001"],
      schedule: null,
    }));
    expect(deleted!.id).to.equal(schedule.id);
    expect(await rig.store.byId(schedule.id)).to.equal(undefined);
    expect(await rig.store.byId(other.id)).to.deep.equal(other);
    const states = (await rig.runsOf(schedule.id)).map((run) => [run.fireAt, run.state, run.reason]);
    expect(states).to.have.deep.members([
      [T0 - 3, "cancelled", "replaced"],
      [null, "cancelled", "schedule_deleted"],
      [T0 - 2, "running", null],
      [T0 - 1, "succeeded", null],
      [T0, "skipped", "overlap"],
      [T0 + MINUTE, "cancelled", "schedule_deleted"],
    ]);
    expect(await rig.runs.cancelRequested(["run_002"])).to.deep.equal([]);
    expect((await rig.runsOf(other.id))[0]!.state).to.equal("queued");
    const last = (await rig.revisionsOf(schedule.id)).at(-1)!;
    expect(last).to.include({ revision: 2, action: "deleted", actor: "ci" });
  });
});
