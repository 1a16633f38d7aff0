// Settling on a database: rows of fires and cursors move together in few statements, under the lock of their schedules.
import type { Instant } from "../clock.ts";
import type { NewRun } from "../runs/store.ts";
import type { Decide, Plan, Schedule } from "../schedules/schedule.ts";
import type { Database } from "./database.ts";
import { allNew, type Known, replaceRuns, withAlarm } from "./fire-rows.ts";
import { insertRuns } from "./run-store.ts";
import { type Cursor, moveCursors } from "./schedule-cursors.ts";
import { asked, elect, type Facts, factsOf } from "./schedule-facts.ts";
import { dueSchedules, isAnyDue } from "./schedule-list.ts";
import { pauseItself } from "./schedule-revisions.ts";
import { type JobFacts, orderIds, plannedRuns } from "./schedule-row.ts";
import { isDuplicate, type Sql } from "./sql.ts";

export interface SettlingOptions {
  /** What the schedule's job adds to its runs. */
  factsOf(schedule: Schedule): JobFacts;
  /** Hears of schedules whose fires cannot be planned, and of fires that had a row already (the alarm of S1). */
  onFault?(scheduleId: string, error: unknown): void;
}

/** Undefined: the schedule stays as it is. */
type Deciding = Decide<Plan | undefined>;

/** Schedules that are settled at most before others have their turn: some 15 ms. */
const SHARE = 500;
/** From so many due schedules on, several transactions are quicker than one. */
const WORTH_TWO = 100;
/** A transaction takes on no more after so long: others wait for its commit, or for the schedules that it has locked. */
const LONG_MS = 150;
/** Planning goes on so long before others have their turn: many missed fires of a cron text take milliseconds. */
const TURN_MS = 20;
/** Rows that are made in one turn, give or take those of one schedule: some 15 ms. */
const ROWS = 500;

const turn = () => new Promise<void>((done) => setImmediate(done));

/** What one transaction did of its schedules: `left` are as they were. */
interface Settled {
  count: number;
  left: readonly Schedule[];
}

export class Settling {
  readonly #database: Database;
  readonly #options: SettlingOptions;

  constructor(database: Database, options: SettlingOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** At most `limit` due schedules; answers how many were settled. */
  async due(now: Instant, limit: number, decide: Deciding): Promise<number> {
    const { dialect, read } = this.#database;
    if (dialect.settling > 0) return this.#inLanes(now, limit, decide);
    if (!(await isAnyDue(read, now))) return 0;
    try {
      return await this.#database.write((sql) => this.#asOnlyWriter(sql, now, limit, decide));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return this.#inLanes(now, limit, decide);
    }
  }

  /**
   * What the only writer reads is nobody else's until it has committed. One commit of many costs half of what one of each
   * share would, since each writes the pages of the indexes again (measured: 10,000 rows, 20 commits or 5).
   */
  async #asOnlyWriter(sql: Sql, now: Instant, limit: number, decide: Deciding): Promise<number> {
    const end = performance.now() + LONG_MS;
    for (let settled = 0; ;) {
      const share = Math.min(SHARE, limit - settled);
      const due = await dueSchedules(sql, this.#database.dialect, now, share);
      const done = await this.#settle(sql, due, now, decide, allNew, end);
      settled += done.count;
      const isAll = done.count === 0 || due.length < share || settled >= limit;
      if (isAll || performance.now() > end) return settled;
      await turn();
    }
  }

  /** Read first, then elected by id, in transactions side by side. */
  async #inLanes(now: Instant, limit: number, decide: Deciding): Promise<number> {
    const { read, dialect } = this.#database;
    const due = await dueSchedules(read, dialect, now, limit);
    const lanes = Math.max(1, dialect.settling);
    const size = due.length < WORTH_TWO ? due.length : Math.min(SHARE, Math.ceil(due.length / lanes));
    let settled = 0;
    let next = 0;
    const lane = async () => {
      while (next < due.length) {
        const share = due.slice(next, (next += size));
        const done = await this.share(share, now, decide);
        settled += done;
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return settled;
  }

  /**
   * Those of them that nobody else holds or has changed since they were read. After a duplicate key each one in a
   * transaction of its own, so that only the offender is looked into.
   */
  async share(read: readonly Schedule[], now: Instant, decide: Deciding): Promise<number> {
    const { dialect } = this.#database;
    const settle = (some: readonly Schedule[], known: Known) =>
      this.#database.write(async (sql) => {
        const end = performance.now() + LONG_MS;
        return this.#settle(sql, await elect(sql, dialect, some), now, decide, known, end);
      });
    let settled = 0;
    let left = read;
    try {
      while (left.length > 0) {
        const done = await settle(left, allNew);
        settled += done.count;
        left = done.left;
      }
      return settled;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    for (const schedule of left) {
      const done = await withAlarm(schedule.id, this.#options.onFault, (known) => settle([schedule], known));
      settled += done.count;
    }
    return settled;
  }

  /**
   * What these owe in few statements, one turn after the other until `end`. The count is 0 if none of them could be
   * planned, so that whoever settles until nothing is due comes to an end.
   */
  async #settle(
    sql: Sql,
    mine: readonly Schedule[],
    now: Instant,
    decide: Deciding,
    known: Known,
    end: number,
  ): Promise<Settled> {
    if (mine.length === 0) return { count: 0, left: [] };
    const facts = await factsOf(sql, this.#database.dialect, mine);
    let [next, planned] = [0, 0];
    while (next < mine.length && (next === 0 || performance.now() < end)) {
      if (next > 0) await turn();
      const piece = this.#planSome(mine.slice(next), facts, decide);
      await this.#write(sql, piece.cursors, now, known);
      next += piece.looked;
      planned += piece.cursors.length;
    }
    return { count: planned > 0 ? next : 0, left: mine.slice(next) };
  }

  /** As many as one turn has time for, one at least. */
  #planSome(
    mine: readonly Schedule[],
    facts: Facts,
    decide: Deciding,
  ): { cursors: Cursor[]; looked: number } {
    const end = performance.now() + TURN_MS;
    const cursors: Cursor[] = [];
    let [looked, rows] = [0, 0];
    for (const schedule of mine) {
      const plan = this.#planned(schedule, facts, decide);
      looked++;
      rows += plan?.rows.length ?? 0;
      if (plan) cursors.push({ schedule, plan });
      if (rows >= ROWS || performance.now() >= end) break;
    }
    return { cursors, looked };
  }

  async #write(sql: Sql, cursors: readonly Cursor[], now: Instant, known: Known): Promise<void> {
    const runs: NewRun[] = [];
    for (const { schedule, plan } of cursors) {
      const rows = await known(sql, schedule, plan.rows);
      runs.push(...plannedRuns(schedule, rows, this.#options.factsOf(schedule), now));
    }
    orderIds(runs);
    const { dialect } = this.#database;
    // Sent together: the second is made ready while the server does the first.
    await Promise.all([runs.length > 0 && insertRuns(sql, runs), moveCursors(sql, dialect, cursors)]);
    for (const { schedule, plan } of cursors) await replaceRuns(sql, schedule, plan, now);
    for (const cursor of cursors) if (cursor.plan.pause) await pauseItself(sql, cursor, now);
  }

  /** A schedule that cannot be planned (its zone is gone, for one) must not hold up the others. */
  #planned(schedule: Schedule, facts: Facts, decide: Deciding): Plan | undefined {
    try {
      return decide(schedule, ...asked(facts, schedule.id));
    } catch (error) {
      this.#options.onFault?.(schedule.id, error);
      return undefined;
    }
  }
}
