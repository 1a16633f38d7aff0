// A run store on each database, with what the tests of its parts do again and again.
import type { Database } from "../../src/db/database.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import type { ClaimedRun, ClaimRequest, NewRun, RunningRow } from "../../src/runs/store.ts";
import type { LogLine, TaskRun } from "../../src/runs/task-run.ts";
import { onEveryDatabase, type TestDatabase } from "../support/databases.ts";
import { claimOnce } from "./claim-once.ts";
import { claimOf, newRun, T0 } from "./make.ts";

const TABLES = ["task_runs", "run_attempts", "run_logs", "failed_records", "job_state", "jobs"];

export class RunRig {
  database!: Database;
  store!: DbRunStore;
  queries!: DbRunQueries;

  use(database: Database): void {
    this.database = database;
    this.store = new DbRunStore(database);
    this.queries = new DbRunQueries(database, { lookMs: Infinity });
  }

  async get(id: string): Promise<TaskRun> {
    const run = await this.queries.byId(id);
    if (!run) throw new Error(`there is no run ${id}`);
    return run;
  }

  async claimAll(more: Partial<ClaimRequest> = {}): Promise<ClaimedRun[]> {
    const all = { slots: 100, sources: [{ name: "default", slots: 100 }] };
    return (await claimOnce(this.store, claimOf({ ...all, ...more }))).claimed;
  }

  /** The run `run_1`, running its first attempt. */
  async running(more: Partial<NewRun> = {}): Promise<ClaimedRun> {
    await this.store.insert([newRun({ id: "run_1", maxAttempts: 3, ...more })]);
    const [claimed] = await this.claimAll();
    return claimed!;
  }

  async publish(key: string, version: string | null, concurrency: number | null): Promise<void> {
    await this.database.write((sql) =>
      sql.insert(
        "jobs",
        ["source", "job_key", "current_version", "concurrency", "load_state"],
        [["default", key, version, concurrency, "ready"]],
      ),
    );
  }

  async rowOf(id: string): Promise<RunningRow> {
    return (await this.store.running()).find((row) => row.id === id)!;
  }

  async clear(): Promise<void> {
    await this.database.write(async (sql) => {
      for (const table of TABLES) await sql.run(`DELETE FROM ${table}`);
    });
  }
}

/** `suite` is described once a database; its tests share one, emptied before each. */
export function onEveryRunStore(title: string, suite: (rig: RunRig, databases: TestDatabase) => void): void {
  onEveryDatabase(title, (databases) => {
    const rig = new RunRig();
    before(async function () {
      this.timeout(60_000);
      rig.use(await databases.fresh());
    });
    beforeEach(() => rig.clear());
    suite(rig, databases);
  });
}

export const line = (seq: number, attempt: number, text = `line ${seq}`): LogLine => ({
  seq,
  time: T0 + seq,
  level: "info",
  stream: "log",
  attempt,
  text,
});
