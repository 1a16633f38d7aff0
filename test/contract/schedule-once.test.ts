// ScheduleStore on every database: each fire has exactly one row, whoever settles it and however often (S1).
import { expect } from "chai";
import type { Database } from "../../src/db/database.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { newRun, scheduleOf, T0 } from "./make.ts";
import { factsOf, fireOnce, MINUTE, row, onEveryScheduleStore } from "./schedule-rig.ts";

onEveryScheduleStore("ScheduleStore: once", (rig, databases) => {
  it("S1: settled by many at once, each fire has exactly one row", async function () {
    this.timeout(60_000);
    const schedules = Array.from({ length: 150 }, () => scheduleOf());
    for (const schedule of schedules) await rig.store.insert(schedule, "ci");
    const replicas = [rig.store, rig.store];
    const handles: Database[] = [];
    if (databases.name === "mariadb") {
      for (let i = 0; i < 2; i++) {
        handles.push(await databases.again(rig.database));
        replicas.push(new DbScheduleStore(handles[i]!, { factsOf }));
      }
    }
    const settleAll = async (replica: DbScheduleStore) => {
      let settled = 0;
      for (let minute = 1; minute <= 3; minute++) {
        for (let n; (n = await replica.settleDue(T0 + minute * MINUTE, 20, fireOnce)) > 0;) settled += n;
      }
      return settled;
    };
    const settled = await Promise.all(replicas.map(settleAll));
    // Whoever passed by what another one held may have left something for the next tick.
    settled.push(await settleAll(rig.store));
    const rows = await rig.database.read.all("SELECT schedule_id, fire_at FROM task_runs");
    expect(rows).to.have.length(450);
    expect(
      new Set(rows.map((one) => `${String(one["schedule_id"])} ${Number(one["fire_at"])}`)).size,
    ).to.equal(450);
    expect(settled.reduce((a, b) => a + b)).to.equal(450);
    expect(rig.faults).to.deep.equal([]);
  });

  it("S1: a fire that has its row already costs nobody else anything, and its cursor moves past it", async () => {
    const schedules = Array.from({ length: 5 }, () => scheduleOf());
    for (const schedule of schedules) await rig.store.insert(schedule, "ci");
    const offender = schedules[2]!;
    const fireAt = T0 + MINUTE;
    await rig.runs.insert([newRun({ id: "run_001", scheduleId: offender.id, fireAt })]);
    expect(
      await rig.store.settleDue(fireAt + MINUTE, 500, (schedule) => ({
        ...fireOnce(schedule),
        rows: [row(fireAt), row(fireAt + MINUTE)],
        firedThrough: fireAt + MINUTE,
        nextFireAt: fireAt + 2 * MINUTE,
      })),
    ).to.equal(5);
    for (const schedule of schedules) {
      const runs = await rig.runsOf(schedule.id);
      expect(runs.map((run) => run.fireAt)).to.deep.equal([fireAt, fireAt + MINUTE]);
      expect((await rig.store.byId(schedule.id))!.firedThrough).to.equal(fireAt + MINUTE);
    }
    expect((await rig.runsOf(offender.id))[0]!.id).to.equal("run_001");
    expect(rig.faults.map(([id]) => id)).to.deep.equal([offender.id]);
  });

  it("a schedule that cannot be planned is told of and holds up no other", async () => {
    const schedules = Array.from({ length: 4 }, (_, i) => scheduleOf({ jobKey: `j${i}` }));
    for (const schedule of schedules) await rig.store.insert(schedule, "ci");
    const decide = (schedule: Schedule) => {
      if (schedule.jobKey === "j1") throw new RangeError("no such zone");
      return fireOnce(schedule);
    };
    expect(await rig.store.settleDue(T0 + MINUTE, 500, decide)).to.equal(4);
    expect(rig.faults).to.have.length(1);
    expect(rig.faults[0]![0]).to.equal(schedules[1]!.id);
    expect(await rig.store.byId(schedules[1]!.id)).to.deep.equal(schedules[1]);
    expect(await rig.runsOf(schedules[1]!.id)).to.deep.equal([]);
    expect(await rig.runsOf(schedules[0]!.id)).to.have.length(1);
    // Alone it must not keep whoever settles until nothing is due at it for ever.
    expect(await rig.store.settleDue(T0 + MINUTE, 500, decide)).to.equal(0);
  });

  it("settles several hundred in one call, and 3,000 rows of one schedule", async function () {
    this.timeout(60_000);
    const schedules = Array.from({ length: 500 }, () => scheduleOf());
    for (const schedule of schedules) await rig.store.insert(schedule, "ci");
    expect(await rig.store.settleDue(T0 + MINUTE, 500, fireOnce)).to.equal(500);
    const [counts] = await rig.database.read.all("SELECT COUNT(DISTINCT schedule_id) AS n FROM task_runs");
    expect(Number(counts!["n"])).to.equal(500);
    const rows = Array.from({ length: 3_000 }, (_, i) => row(T0 + 2 * MINUTE + i));
    await rig.store.change(schedules[0]!.id, "ci", (schedule) => ({ rows, cancel: [], schedule }));
    const fires = (
      await rig.database.read.all(
        "SELECT fire_at FROM task_runs WHERE schedule_id = ? AND fire_at >= ? ORDER BY id",
        [schedules[0]!.id, T0 + 2 * MINUTE],
      )
    ).map((one) => Number(one["fire_at"]));
    expect(fires).to.deep.equal(rows.map((one) => one.fireAt));
  });
});
