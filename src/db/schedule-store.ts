// The ScheduleStore on a database: rows of fires, cursors and revisions move together, under the lock of their schedule.
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../clock.ts";
import type { NewRun } from "../runs/store.ts";
import type {
  Change,
  Decide,
  Plan,
  PlannedRow,
  RequestRef,
  Schedule,
  ScheduleFilter,
  ScheduleStore,
} from "../schedules/schedule.ts";
import type { PauseScope, ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import { finishKey } from "./idempotency-store.ts";
import { changePause, closePassedPauses, openPauses } from "./pauses.ts";
import { cancelWaiting, insertRuns, requestCancel } from "./run-store.ts";
import { type Cursor, moveCursors } from "./schedule-cursors.ts";
import { elect, type Facts, factsOf } from "./schedule-facts.ts";
import { listSchedules } from "./schedule-list.ts";
import { addRevision, pauseItself } from "./schedule-revisions.ts";
import {
  CHANGING_COLUMNS,
  changingValues,
  type JobFacts,
  orderIds,
  plannedRuns,
  toSchedule,
} from "./schedule-row.ts";
import { isDuplicate, markValues, marks, type Sql } from "./sql.ts";

export interface ScheduleStoreOptions {
  /** What the schedule's job adds to its runs. */
  factsOf(schedule: Schedule): JobFacts;
  /** Hears of schedules whose fires cannot be planned, and of fires that had a row already (the alarm of S1). */
  onFault?(scheduleId: string, error: unknown): void;
}

/** A later fire takes the place of an earlier run. */
const REPLACED = { reason: "replaced", by: null, note: null } as const;

/** Schedules that one transaction settles at most: some 15 ms, and on SQLite nothing else happens meanwhile. */
const SHARE = 500;
/** From so many due schedules on, several transactions are quicker than one. */
const WORTH_TWO = 100;

const DUE = "enabled = 1 AND next_fire_at <= ?";

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
      await addRevision(sql, schedule, actor, "created", null);
      if (request) await finishKey(sql, request, 201, schedule.id);
    });
  }

  async byId(id: string): Promise<Schedule | undefined> {
    const [row] = await this.#database.read.all("SELECT * FROM schedules WHERE id = ?", [id]);
    return row && toSchedule(row);
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    return listSchedules(this.#database.read, filter);
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
    const facts = await factsOf(sql, this.#database.dialect, [before]);
    const change = decide(before, ...asked(facts, id));
    // A change that changes nothing costs nothing.
    if (change.schedule === before && change.rows.length === 0) return before;
    const now = this.#database.now();
    const rows = await known(sql, before, change.rows);
    const runs = plannedRuns(before, rows, this.#options.factsOf(before), now);
    orderIds(runs);
    if (runs.length > 0) await insertRuns(sql, runs);
    for (const runId of change.cancel) await requestCancel(sql, runId, REPLACED, now);
    if (change.schedule === null) {
      await cancelWaiting(sql, id, "schedule_deleted", now);
      await sql.run("DELETE FROM schedules WHERE id = ?", [id]);
      const last = { ...before, revision: before.revision + 1, updatedAt: change.at ?? now };
      await addRevision(sql, last, actor, "deleted", change.reason ?? null);
      return before;
    }
    const after = change.schedule;
    await sql.update("schedules", CHANGING_COLUMNS, ["id"], "revision > 0", [[...changingValues(after), id]]);
    // Whoever accepted the new params may have known an older version of the job than serves.
    if (!isDeepStrictEqual(before.params, after.params))
      await sql.run("UPDATE schedules SET params_checked = NULL WHERE id = ?", [id]);
    if (after.revision !== before.revision)
      await addRevision(sql, after, actor, change.action ?? "edited", change.reason ?? null);
    return after;
  }

  async settleDue(now: Instant, limit: number, decide: Decide<Plan>): Promise<number> {
    // Read first, then elected by id: an ordered read under lock may lock all that is due, whatever its limit (measured
    // on MariaDB), and others would pass it by. By the instant alone: SQLite sorts everything due for a second column.
    const found = await this.#database.read.all(
      `SELECT * FROM schedules WHERE ${DUE} ORDER BY next_fire_at LIMIT ?`,
      [now, limit],
    );
    const due = found.map(toSchedule).sort(byFireThenId);
    const { settling } = this.#database.dialect;
    const size = due.length < WORTH_TWO ? due.length : Math.min(SHARE, Math.ceil(due.length / settling));
    let settled = 0;
    let next = 0;
    const lane = async () => {
      while (next < due.length) {
        const share = due.slice(next, (next += size));
        const done = await this.#settleShare(share, now, decide);
        settled += done;
      }
    };
    await Promise.all(Array.from({ length: settling }, lane));
    return settled;
  }

  async inSuspension(key: string, after: string, limit: number): Promise<Schedule[]> {
    const found = await this.#database.read.all(
      "SELECT * FROM schedules WHERE suspended_by = ? AND id > ? ORDER BY id LIMIT ?",
      [key, after, limit],
    );
    return found.map(toSchedule);
  }

  async settleSuspended(
    read: readonly Schedule[],
    now: Instant,
    decide: Decide<Plan | undefined>,
  ): Promise<void> {
    if (read.length > 0) await this.#settleShare(read, now, decide);
  }

  /** Hops from one to the next along their index. */
  async suspensionKeys(): Promise<string[]> {
    const keys: string[] = [];
    for (let key = ""; ;) {
      const [row] = await this.#database.read.all(
        "SELECT MIN(suspended_by) AS next_key FROM schedules WHERE suspended_by > ?",
        [key],
      );
      if (!row || row["next_key"] === null) return keys;
      key = String(row["next_key"]);
      keys.push(key);
    }
  }

  openPauses(): Promise<ScopedPause[]> {
    return openPauses(this.#database.read);
  }

  changePause(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
  ): Promise<ScopedPause | undefined> {
    return this.#database.write((sql) => changePause(this.#database, sql, scope, decide));
  }

  async closePassedPauses(now: Instant): Promise<void> {
    const open = await this.openPauses();
    if (!open.some(({ until }) => until !== null && until <= now)) return;
    await this.#database.write((sql) => closePassedPauses(sql, now));
  }

  /** After a duplicate key each one in a transaction of its own, so that only the offender is looked into. */
  async #settleShare(
    read: readonly Schedule[],
    now: Instant,
    decide: Decide<Plan | undefined>,
  ): Promise<number> {
    try {
      return await this.#database.write((sql) => this.#settle(sql, read, now, decide, allNew));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    let settled = 0;
    for (const schedule of read) {
      settled += await this.#withAlarm(schedule.id, (known) =>
        this.#database.write((sql) => this.#settle(sql, [schedule], now, decide, known)),
      );
    }
    return settled;
  }

  /**
   * Everything that these owe in few statements; answers how many were still as they had been read and nobody else's, or
   * 0 if none of them could be planned, so that whoever settles until nothing is due comes to an end.
   */
  async #settle(
    sql: Sql,
    read: readonly Schedule[],
    now: Instant,
    decide: Decide<Plan | undefined>,
    known: Known,
  ): Promise<number> {
    const mine = await elect(sql, this.#database.dialect, read);
    if (mine.length === 0) return 0;
    const facts = await factsOf(sql, this.#database.dialect, mine);
    const runs: NewRun[] = [];
    const cursors: Cursor[] = [];
    const cancel: string[] = [];
    for (const schedule of mine) {
      const plan = this.#planned(schedule, facts, decide);
      if (!plan) continue;
      const rows = await known(sql, schedule, plan.rows);
      runs.push(...plannedRuns(schedule, rows, this.#options.factsOf(schedule), now));
      cursors.push({ schedule, plan });
      cancel.push(...plan.cancel);
    }
    orderIds(runs);
    // Sent together: the second is made ready while the server does the first.
    await Promise.all([
      runs.length > 0 && insertRuns(sql, runs),
      moveCursors(sql, this.#database.dialect, cursors),
    ]);
    for (const runId of cancel) await requestCancel(sql, runId, REPLACED, now);
    for (const cursor of cursors) if (cursor.plan.pause) await pauseItself(sql, cursor, now);
    return cursors.length > 0 ? mine.length : 0;
  }

  /** A schedule that cannot be planned (its zone is gone, for one) must not hold up the others. */
  #planned(schedule: Schedule, facts: Facts, decide: Decide<Plan | undefined>): Plan | undefined {
    try {
      return decide(schedule, ...asked(facts, schedule.id));
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

const byFireThenId = (a: Schedule, b: Schedule) => a.nextFireAt! - b.nextFireAt! || (a.id < b.id ? -1 : 1);

/** What `decide` is handed besides the schedule. */
function asked({ active, pauses, ended }: Facts, id: string) {
  return [active.get(id) ?? [], { pauses, ended: ended.get(id) ?? [] }] as const;
}
