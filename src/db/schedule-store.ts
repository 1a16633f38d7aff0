// The ScheduleStore on a database: rows of fires, cursors and revisions move together, under the lock of their schedule.
import type { Instant } from "../clock.ts";
import type {
  ActiveRun,
  Change,
  Plan,
  PlannedRow,
  RequestRef,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
} from "../schedules/schedule.ts";
import type { Database } from "./database.ts";
import { finishKey } from "./idempotency-store.ts";
import { cancelWaiting, insertRuns, requestCancel } from "./run-store.ts";
import { type Cursor, moveCursors } from "./schedule-cursors.ts";
import { CHANGING_COLUMNS, changingValues, type JobFacts, plannedRuns, toSchedule } from "./schedule-row.ts";
import { isDuplicate, markValues, marks, type Sql, type SqlValue, jsonText } from "./sql.ts";

export interface ScheduleStoreOptions {
  /** What the schedule's job adds to its runs. */
  factsOf(schedule: Schedule): JobFacts;
  /** Hears of schedules whose fires cannot be planned, and of fires that had a row already (the alarm of S1). */
  onFault?(scheduleId: string, error: unknown): void;
}

/** From so many due schedules on, two transactions are quicker than one. */
const WORTH_TWO = 100;

const DUE = "enabled = 1 AND next_fire_at <= ?";

type Decide<T> = (schedule: Schedule, active: ActiveRun[]) => T;

/** Which fires of a schedule to leave out because they have their row already; asked after a duplicate key only. */
type Known = (sql: Sql, schedule: Schedule, rows: readonly PlannedRow[]) => Promise<PlannedRow[]>;

const allNew: Known = async (_sql, _schedule, rows) => [...rows];

export class DbScheduleStore implements ScheduleStore {
  readonly #database: Database;
  readonly #options: ScheduleStoreOptions;

  constructor(database: Database, options: ScheduleStoreOptions) {
    this.#database = database;
    this.#options = options;
  }

  async insert(schedule: Schedule, actor: string, request?: RequestRef): Promise<void> {
    await this.#database.write(async (sql) => {
      await sql.insert(
        "schedules",
        ["id", "created_at", ...CHANGING_COLUMNS],
        [[schedule.id, schedule.createdAt, ...changingValues(schedule)]],
      );
      await addRevision(sql, schedule, actor);
      if (request) await finishKey(sql, request, 201, schedule.id);
    });
  }

  async byId(id: string): Promise<Schedule | undefined> {
    const [row] = await this.#database.read.all("SELECT * FROM schedules WHERE id = ?", [id]);
    return row && toSchedule(row);
  }

  async list(filter: ScheduleFilter): Promise<Schedule[]> {
    const where: string[] = ["id > ?"];
    const values: SqlValue[] = [filter.after ?? ""];
    if (filter.source !== undefined) {
      where.push("source = ?");
      values.push(filter.source);
    }
    if (filter.jobKey !== undefined) {
      where.push("job_key = ?");
      values.push(filter.jobKey);
    }
    if (filter.sources) {
      if (filter.sources.length === 0) return [];
      where.push(`source IN (${marks(filter.sources.length)})`);
      values.push(...markValues(filter.sources));
    }
    if (filter.jobs) {
      if (filter.jobs.length === 0) return [];
      const jobs = markValues(filter.jobs);
      where.push(`(${jobs.map(() => "(source = ? AND job_key = ?)").join(" OR ")})`);
      values.push(...jobs.flatMap(splitAddress));
    }
    const rows = await this.#database.read.all(
      `SELECT * FROM schedules WHERE ${where.join(" AND ")} ORDER BY id LIMIT ?`,
      [...values, filter.limit],
    );
    return rows.map(toSchedule);
  }

  async change(id: string, actor: string, decide: Decide<Change>): Promise<Schedule | undefined> {
    return this.#withAlarm(id, (known) =>
      this.#database.write((sql) => this.#change(sql, id, actor, decide, known)),
    );
  }

  async #change(sql: Sql, id: string, actor: string, decide: Decide<Change>, known: Known) {
    const [row] = await sql.all(`SELECT * FROM schedules WHERE id = ?${this.#database.dialect.forUpdate}`, [
      id,
    ]);
    if (!row) return undefined;
    const before = toSchedule(row);
    const active = (await activeRuns(this.#database, sql, [id])).get(id) ?? [];
    const change = decide(before, active);
    const now = this.#database.now();
    const rows = await known(sql, before, change.rows);
    const runs = plannedRuns(before, rows, this.#options.factsOf(before), now);
    if (runs.length > 0) await insertRuns(sql, runs);
    for (const runId of change.cancel) await requestCancel(sql, runId, "replaced", now);
    if (change.schedule === null) {
      await cancelWaiting(sql, id, "schedule_deleted", now);
      await sql.run("DELETE FROM schedules WHERE id = ?", [id]);
      return before;
    }
    const after = change.schedule;
    await sql.update("schedules", CHANGING_COLUMNS, ["id"], "revision > 0", [[...changingValues(after), id]]);
    if (after.revision !== before.revision) await addRevision(sql, after, actor);
    return after;
  }

  async settleDue(now: Instant, limit: number, decide: Decide<Plan>): Promise<number> {
    // Read first, then locked by id: an ordered read under lock may lock all that is due, whatever its limit (measured
    // on MariaDB), and others would pass it by.
    const found = await this.#database.read.all(
      `SELECT id FROM schedules WHERE ${DUE} ORDER BY next_fire_at, id LIMIT ?`,
      [now, limit],
    );
    const ids = found.map((row) => String(row["id"]));
    // Two transactions side by side keep a server and this process busy; on SQLite they share one commit.
    const half = ids.length < WORTH_TWO ? ids.length : Math.ceil(ids.length / 2);
    const shares = [ids.slice(0, half), ids.slice(half)].filter((share) => share.length > 0);
    const settled = await Promise.all(shares.map((share) => this.#settleShare(share, now, decide)));
    return settled.reduce((sum, n) => sum + n, 0);
  }

  /** After a duplicate key each one in a transaction of its own, so that only the offender is looked into. */
  async #settleShare(ids: readonly string[], now: Instant, decide: Decide<Plan>): Promise<number> {
    try {
      return await this.#database.write((sql) => this.#settle(sql, ids, now, decide, allNew));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    let settled = 0;
    for (const id of ids) {
      settled += await this.#withAlarm(id, (known) =>
        this.#database.write((sql) => this.#settle(sql, [id], now, decide, known)),
      );
    }
    return settled;
  }

  /**
   * Everything that these owe in few statements; answers how many were still due and nobody else's, or 0 if none of
   * them could be planned, so that whoever settles until nothing is due comes to an end.
   */
  async #settle(
    sql: Sql,
    ids: readonly string[],
    now: Instant,
    decide: Decide<Plan>,
    known: Known,
  ): Promise<number> {
    const { byPrimaryKey, skipLocked } = this.#database.dialect;
    const locked = await sql.all(
      `SELECT * FROM schedules${byPrimaryKey} WHERE id IN (${marks(ids.length)}) AND ${DUE}${skipLocked}`,
      [...markValues(ids), now],
    );
    if (locked.length === 0) return 0;
    const due = locked
      .map(toSchedule)
      .sort((a, b) => a.nextFireAt! - b.nextFireAt! || (a.id < b.id ? -1 : 1));
    const active = await activeRuns(
      this.#database,
      sql,
      due.map((schedule) => schedule.id),
    );
    const runs: ReturnType<typeof plannedRuns> = [];
    const cursors: Cursor[] = [];
    const cancel: string[] = [];
    for (const schedule of due) {
      const plan = this.#planned(schedule, active.get(schedule.id) ?? [], decide);
      if (!plan) continue;
      const rows = await known(sql, schedule, plan.rows);
      runs.push(...plannedRuns(schedule, rows, this.#options.factsOf(schedule), now));
      cursors.push({ schedule, plan });
      cancel.push(...plan.cancel);
    }
    // Sent together: the second is made ready while the server does the first.
    await Promise.all([runs.length > 0 && insertRuns(sql, runs), moveCursors(sql, cursors)]);
    for (const runId of cancel) await requestCancel(sql, runId, "replaced", now);
    return cursors.length > 0 ? due.length : 0;
  }

  /** A schedule that cannot be planned (its zone is gone, for one) must not hold up the others. */
  #planned(schedule: Schedule, active: ActiveRun[], decide: Decide<Plan>): Plan | undefined {
    try {
      return decide(schedule, active);
    } catch (error) {
      this.#options.onFault?.(schedule.id, error);
      return undefined;
    }
  }

  /** Does it again without the fires that have a row already, if it fails because there are some. */
  async #withAlarm<T>(scheduleId: string, work: (known: Known) => Promise<T>): Promise<T> {
    try {
      return await work(allNew);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      this.#options.onFault?.(scheduleId, error);
      return work(withoutExisting);
    }
  }
}

const withoutExisting: Known = async (sql, schedule, rows) => {
  if (rows.length === 0) return [];
  const found = await sql.all(
    `SELECT fire_at FROM task_runs WHERE schedule_id = ? AND fire_at IN (${marks(rows.length)})`,
    [schedule.id, ...markValues(rows.map((row) => row.fireAt))],
  );
  const existing = new Set(found.map((row) => Number(row["fire_at"])));
  return rows.filter((row) => !existing.has(row.fireAt));
};

/**
 * The runs of these schedules that have not ended, oldest first. The index is named, and the order made here: for a few
 * hundred ids MariaDB walked the whole table by its primary key (measured).
 */
async function activeRuns(
  { dialect }: Database,
  sql: Sql,
  scheduleIds: readonly string[],
): Promise<Map<string, ActiveRun[]>> {
  const rows = await sql.all(
    `SELECT id, schedule_id, state, fire_at FROM task_runs${dialect.byIndex("ix_task_runs_active")} ` +
      `WHERE schedule_id IN (${marks(scheduleIds.length)}) AND finished_at IS NULL`,
    markValues(scheduleIds),
  );
  rows.sort((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
  const active = new Map<string, ActiveRun[]>();
  for (const row of rows) {
    const id = String(row["schedule_id"]);
    const runs = active.get(id) ?? [];
    active.set(id, runs);
    runs.push({
      id: String(row["id"]),
      state: row["state"] as ActiveRun["state"],
      fireAt: row["fire_at"] === null ? null : Number(row["fire_at"]),
    });
  }
  return active;
}

async function addRevision(sql: Sql, schedule: Schedule, actor: string): Promise<void> {
  await sql.insert(
    "schedule_revisions",
    ["schedule_id", "revision", "from_instant", "actor", "definition"],
    [[schedule.id, schedule.revision, schedule.updatedAt, actor, jsonText(schedule)]],
  );
}

function splitAddress(address: string): [source: string, jobKey: string] {
  const colon = address.indexOf(":");
  return [address.slice(0, colon), address.slice(colon + 1)];
}
