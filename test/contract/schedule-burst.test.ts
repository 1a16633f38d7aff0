// ScheduleStore on every database: many that are due together, and what their rows hold, read quickly and read whole.
import { expect } from "chai";
import type { SqlValue } from "../../src/db/sql.ts";
import { CHANGING_COLUMNS, changingValues } from "../../src/db/schedule-row.ts";
import type { Schedule } from "../../src/schedules/schedule.ts";
import { longestTurnMs } from "../support/turns.ts";
import { newRun, scheduleOf, T0 } from "./make.ts";
import { fireOnce, MINUTE, onEveryScheduleStore } from "./schedule-rig.ts";

onEveryScheduleStore("ScheduleStore: a burst", (rig) => {
  async function due(count: number): Promise<Schedule[]> {
    const schedules = Array.from({ length: count }, () => scheduleOf());
    const values = (schedule: Schedule): SqlValue[] => [
      schedule.id,
      schedule.createdAt,
      ...changingValues(schedule),
    ];
    await rig.database.write((sql) =>
      sql.insert("schedules", ["id", "created_at", ...CHANGING_COLUMNS], schedules.map(values)),
    );
    return schedules;
  }

  async function rowsOf(): Promise<Map<string, number>> {
    const rows = await rig.database.read.all("SELECT schedule_id FROM task_runs");
    const counts = new Map<string, number>();
    for (const row of rows) {
      const id = String(row["schedule_id"]);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  it("S1: each has its one row, others write meanwhile, and the event loop has its turns", async function () {
    this.timeout(60_000);
    const schedules = await due(1_700);
    let settled = 0;
    const before = process.cpuUsage();
    const longest = await longestTurnMs(async () => {
      const settling = rig.store.settleDue(T0 + MINUTE, 2_000, fireOnce);
      const beside = rig.runs.insert([newRun({ id: "run_beside" })]);
      settled = await settling;
      await beside;
      for (let n; (n = await rig.store.settleDue(T0 + MINUTE, 2_000, fireOnce)) > 0;) settled += n;
    });
    const { user, system } = process.cpuUsage(before);
    expect(longest).to.be.below((0.75 * (user + system)) / 1000);
    expect(settled).to.equal(1_700);
    const counts = await rowsOf();
    expect(schedules.filter(({ id }) => counts.get(id) !== 1)).to.deep.equal([]);
    expect(await rig.store.settleDue(T0 + MINUTE, 2_000, fireOnce)).to.equal(0);
  });

  it("settles no more than it was asked for", async () => {
    await due(1_300);
    expect(await rig.store.settleDue(T0 + MINUTE, 700, fireOnce)).to.be.within(1, 700);
    expect((await rowsOf()).size).to.be.within(1, 700);
  });

  it("S1: a fire that has its row already, far back among the others, costs nobody else anything", async function () {
    this.timeout(60_000);
    const schedules = await due(1_200);
    const offender = schedules[1_150]!;
    await rig.runs.insert([newRun({ id: "run_001", scheduleId: offender.id, fireAt: T0 + MINUTE })]);
    for (let n = 1; n > 0;) n = await rig.store.settleDue(T0 + MINUTE, 2_000, fireOnce);
    const counts = await rowsOf();
    expect(schedules.filter(({ id }) => counts.get(id) !== 1)).to.deep.equal([]);
    expect(rig.faults.map(([id]) => id)).to.deep.equal([offender.id]);
    expect((await rig.store.byId(offender.id))!.firedThrough).to.equal(T0 + MINUTE);
  });

  it("what a schedule holds comes to its plan as it was written, fractions and odd texts too", async () => {
    const schedule = scheduleOf({
      name: 'Ümläut "quoted" \\ 🛰',
      when: { kind: "cron", cron: "* * * * *", timeZone: "Asia/Kolkata", gap: "skip", repeat: "both" },
      timeZone: "Asia/Kolkata",
      params: { text: "a\0b\uFDD0c\u2028", list: [1.5, null, true], deep: { n: Number.MAX_SAFE_INTEGER } },
      maxFailedShare: 1 / 3,
      retries: { attempts: 2, backoffMs: 1, factor: 1.1, maxMs: 9 },
      skips: [{ at: T0 + 2 * MINUTE, by: "ana", reason: "why\tnot" }],
      startAt: T0,
      endAt: T0 + 900 * MINUTE,
      maxRuns: 7,
      runsCounted: 3,
      pauseAfterFailures: 4,
      suggested: { cron: "* * * * *" },
      origin: "code",
    });
    await rig.store.insert(schedule, "ci");
    let given: Schedule | undefined;
    await rig.store.settleDue(T0 + MINUTE, 500, (read) => fireOnce((given = read)));
    expect(given).to.deep.equal(schedule);
  });
});
