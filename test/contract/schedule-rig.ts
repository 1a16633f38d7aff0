// A schedule store on each database, with what the tests of its parts do again and again.
import type { Database } from "../../src/db/database.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { DbScheduleStore } from "../../src/db/schedule-store.ts";
import type { TaskRun } from "../../src/runs/task-run.ts";
import type { Plan, PlannedRow, Schedule } from "../../src/schedules/schedule.ts";
import { onEveryDatabase, type TestDatabase } from "../support/databases.ts";
import { T0 } from "./make.ts";

export const MINUTE = 60_000;
const TABLES = ["schedules", "schedule_revisions", "task_runs", "idempotency_keys", "pauses"];

export const factsOf = (schedule: Schedule) => ({
  jobName: `name of ${schedule.jobKey}`,
  maxAttempts: schedule.retries?.attempts ?? 2,
});

export const row = (fireAt: number, more: Partial<PlannedRow> = {}): PlannedRow => ({
  outcome: "run",
  reason: null,
  cause: null,
  fireAt,
  fireThrough: null,
  fireCount: null,
  availableAt: fireAt,
  missed: null,
  ...more,
});

/** One run for the next fire, and on to the one after it. */
export const fireOnce = (schedule: Schedule): Plan => ({
  rows: [row(schedule.nextFireAt!)],
  firedThrough: schedule.nextFireAt!,
  nextFireAt: schedule.nextFireAt! + MINUTE,
  runsCounted: schedule.runsCounted + 1,
  cancel: [],
});

export class ScheduleRig {
  database!: Database;
  store!: DbScheduleStore;
  runs!: DbRunStore;
  /** What the store told beside its answers. */
  readonly faults: [scheduleId: string, error: unknown][] = [];

  use(database: Database): void {
    this.database = database;
    this.store = new DbScheduleStore(database, {
      factsOf,
      onFault: (id, error) => this.faults.push([id, error]),
    });
    this.runs = new DbRunStore(database);
  }

  async runsOf(scheduleId: string): Promise<TaskRun[]> {
    const queries = new DbRunQueries(this.database);
    return (await queries.list({ scheduleId, limit: 1_000, order: "oldest" })).runs;
  }

  async revisionsOf(scheduleId: string) {
    const rows = await this.database.read.all(
      "SELECT * FROM schedule_revisions WHERE schedule_id = ? ORDER BY revision",
      [scheduleId],
    );
    return rows.map((one) => ({
      revision: Number(one["revision"]),
      from: Number(one["from_instant"]),
      actor: one["actor"],
      action: one["action"],
      reason: one["reason"],
      definition: JSON.parse(String(one["definition"])) as Schedule,
    }));
  }

  async clear(): Promise<void> {
    this.faults.length = 0;
    await this.database.write(async (sql) => {
      for (const table of TABLES) await sql.run(`DELETE FROM ${table}`);
    });
  }
}

/** `suite` is described once a database; its tests share one, emptied before each. */
export function onEveryScheduleStore(
  title: string,
  suite: (rig: ScheduleRig, databases: TestDatabase) => void,
): void {
  onEveryDatabase(title, (databases) => {
    const rig = new ScheduleRig();
    before(async function () {
      this.timeout(60_000);
      const clock = { now: () => T0 + 5 * MINUTE, monotonic: () => performance.now() };
      rig.use(await databases.fresh(clock));
    });
    beforeEach(() => rig.clear());
    suite(rig, databases);
  });
}
