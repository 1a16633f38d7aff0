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
/** A transaction of the only writer takes no further share after so long: others wait for its commit. */
const LONG_MS = 150;

const turn = () => new Promise<void>((done) => setImmediate(done));

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
      const done = await this.#settle(sql, due, now, decide, allNew);
      settled += done;
      if (done === 0 || due.length < share || settled >= limit || performance.now() > end) return settled;
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
      this.#database.write(async (sql) =>
        this.#settle(sql, await elect(sql, dialect, some), now, decide, known),
      );
    try {
      return await settle(read, allNew);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    let settled = 0;
    for (const schedule of read)
      settled += await withAlarm(schedule.id, this.#options.onFault, (known) => settle([schedule], known));
    return settled;
  }

  /**
   * Everything that these owe in few statements; answers how many they were, or 0 if none of them could be planned, so
   * that whoever settles until nothing is due comes to an end.
   */
  async #settle(
    sql: Sql,
    mine: readonly Schedule[],
    now: Instant,
    decide: Deciding,
    known: Known,
  ): Promise<number> {
    if (mine.length === 0) return 0;
    const { dialect } = this.#database;
    const facts = await factsOf(sql, dialect, mine);
    const runs: NewRun[] = [];
    const cursors: Cursor[] = [];
    for (const schedule of mine) {
      const plan = this.#planned(schedule, facts, decide);
      if (!plan) continue;
      const rows = await known(sql, schedule, plan.rows);
      runs.push(...plannedRuns(schedule, rows, this.#options.factsOf(schedule), now));
      cursors.push({ schedule, plan });
    }
    orderIds(runs);
    // Sent together: the second is made ready while the server does the first.
    await Promise.all([runs.length > 0 && insertRuns(sql, runs), moveCursors(sql, dialect, cursors)]);
    for (const { schedule, plan } of cursors) await replaceRuns(sql, schedule, plan, now);
    for (const cursor of cursors) if (cursor.plan.pause) await pauseItself(sql, cursor, now);
    return cursors.length > 0 ? mine.length : 0;
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
