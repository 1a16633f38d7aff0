// Looks at which runs are open and which are new, each by an index and bounded: asked every second while a page is open.
import type { Instant } from "../clock.ts";
import { firstId } from "../ids.ts";
import type { RunLooks, SeenRun } from "../runs/seen-runs.ts";
import type { RunState } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import { markValues, marks, type SqlRow } from "./sql.ts";

/** Of each open state, and of new rows: beyond this nobody follows single runs. */
const MOST = 300;
const COLUMNS = "id, source, job_key, state, attempt";
const OPEN = ["running", "retrying", "queued"] as const;

export class DbRunLooks implements RunLooks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async look(from: Instant): Promise<SeenRun[]> {
    const { dialect, read } = this.#database;
    const open = `SELECT ${COLUMNS} FROM task_runs${dialect.byIndex("ix_task_runs_state")} WHERE state = ? ORDER BY id DESC LIMIT ${MOST}`;
    const fresh = `SELECT ${COLUMNS} FROM task_runs WHERE id >= ? ORDER BY id DESC LIMIT ${MOST}`;
    const parts = [...OPEN.map(() => open), fresh].map((part, i) => `SELECT * FROM (${part}) part_${i}`);
    const rows = await read.all(parts.join(" UNION ALL "), [...OPEN, firstId("run", Math.max(0, from))]);
    return rows.map(seenRun);
  }

  async byIds(ids: readonly string[]): Promise<SeenRun[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.read.all(
      `SELECT ${COLUMNS} FROM task_runs WHERE id IN (${marks(ids.length)})`,
      markValues(ids),
    );
    return rows.map(seenRun);
  }
}

function seenRun(row: SqlRow): SeenRun {
  return {
    id: String(row["id"]),
    source: String(row["source"]),
    jobKey: String(row["job_key"]),
    state: row["state"] as RunState,
    attempt: Number(row["attempt"]),
  };
}
