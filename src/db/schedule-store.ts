// The ScheduleStore on a database: rows of fires, cursors and revisions move together, under the lock of their schedule.
import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../clock.ts";
import type {
  Change,
  Decide,
  Plan,
  RequestRef,
  Schedule,
  ScheduleChoice,
  ScheduleFilter,
  ScheduleStore,
} from "../schedules/schedule.ts";
import type { PauseScope, ScopedPause } from "../schedules/suspension.ts";
import type { Database } from "./database.ts";
import { type Known, replaceRuns, withAlarm } from "./fire-rows.ts";
import { holdKey } from "./idempotency-store.ts";
import { changePause, closePassedPauses, endedPauses, openPauses } from "./pauses.ts";
import { cancelWaiting, insertRuns } from "./run-store.ts";
import { asked, factsOf } from "./schedule-facts.ts";
import { countSchedules, inSuspension, listSchedules, suspensionKeys } from "./schedule-list.ts";
import { addRevision } from "./schedule-revisions.ts";
import { CHANGING_COLUMNS, changingValues, orderIds, plannedRuns, toSchedule } from "./schedule-row.ts";
import { Settling, type SettlingOptions } from "./schedule-settling.ts";
import type { Sql } from "./sql.ts";

export class DbScheduleStore implements ScheduleStore {
  readonly #database: Database;
  readonly #options: SettlingOptions;
  readonly #settling: Settling;

  constructor(database: Database, options: SettlingOptions) {
    this.#database = database;
    this.#options = options;
    this.#settling = new Settling(database, options);
  }

  async insert(schedule: Schedule, actor: string, request?: RequestRef): Promise<void> {
    await this.#database.write(async (sql) => {
      await sql.insert(
        "schedules",
        ["id", "created_at", ...CHANGING_COLUMNS],
        [[schedule.id, schedule.createdAt, ...changingValues(schedule)]],
      );
      await addRevision(sql, schedule, actor, "created", null);
      if (request) await holdKey(sql, request, 201, schedule.id);
    });
  }

  async byId(id: string): Promise<Schedule | undefined> {
    const [row] = await this.#database.read.all("SELECT * FROM schedules WHERE id = ?", [id]);
    return row && toSchedule(row);
  }

  list(filter: ScheduleFilter): Promise<Schedule[]> {
    return listSchedules(this.#database.read, filter);
  }

  count(choice: ScheduleChoice, cap: number): Promise<{ count: number; capped: boolean }> {
    return countSchedules(this.#database.read, choice, cap);
  }

  async change(
    id: string,
    actor: string,
    decide: Decide<Change>,
    request?: RequestRef,
  ): Promise<Schedule | undefined> {
    return withAlarm(id, this.#options.onFault, (known) =>
      this.#database.write(async (sql) => {
        const changed = await this.#change(sql, id, actor, decide, known);
        if (changed && request) await holdKey(sql, request, 200, id);
        return changed;
      }),
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
    await replaceRuns(sql, before, change, now);
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

  settleDue(now: Instant, limit: number, decide: Decide<Plan>): Promise<number> {
    return this.#settling.due(now, limit, decide);
  }

  inSuspension(key: string, after: string, limit: number): Promise<Schedule[]> {
    return inSuspension(this.#database.read, key, after, limit);
  }

  async settleSuspended(
    read: readonly Schedule[],
    now: Instant,
    decide: Decide<Plan | undefined>,
  ): Promise<void> {
    if (read.length > 0) await this.#settling.share(read, now, decide);
  }

  suspensionKeys(): Promise<string[]> {
    return suspensionKeys(this.#database.read);
  }

  openPauses(): Promise<ScopedPause[]> {
    return openPauses(this.#database.read);
  }

  endedPauses(limit: number): Promise<ScopedPause[]> {
    return endedPauses(this.#database.read, limit);
  }

  changePause(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
    request?: RequestRef,
  ): Promise<ScopedPause | undefined> {
    return this.#database.write((sql) => changePause(this.#database, sql, scope, decide, request));
  }

  async closePassedPauses(now: Instant): Promise<void> {
    const open = await this.openPauses();
    if (!open.some(({ until }) => until !== null && until <= now)) return;
    await this.#database.write((sql) => closePassedPauses(sql, now));
  }
}
