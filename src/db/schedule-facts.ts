// What is read beside a schedule in the transaction that decides on it: its runs that have not ended, pauses, failures.
import type { Instant } from "../clock.ts";
import type { ActiveRun, EndedRun, Schedule } from "../schedules/schedule.ts";
import type { ScopedPause } from "../schedules/suspension.ts";
import type { Dialect } from "./dialect.ts";
import { toPause } from "./pauses.ts";
import { markValues, marks, type Sql } from "./sql.ts";

export interface Facts {
  active: Map<string, ActiveRun[]>;
  pauses: ScopedPause[];
  ended: Map<string, EndedRun[]>;
}

/**
 * Locks those of them that nobody else holds, and answers those that nobody has settled or changed since they were read:
 * every change moves the cursor, the revision or the suspension (S6, S7).
 */
export async function elect(sql: Sql, dialect: Dialect, read: readonly Schedule[]): Promise<Schedule[]> {
  const locked = await sql.all(
    `SELECT id, fired_through, next_fire_at, revision, suspended_by FROM schedules${dialect.byPrimaryKey} ` +
      `WHERE id IN (${marks(read.length)})${dialect.skipLocked}`,
    markValues(read.map((schedule) => schedule.id)),
  );
  const now = new Map(locked.map((row) => [row["id"], row]));
  return read.filter(({ id, firedThrough, nextFireAt, revision, suspended }) => {
    const row = now.get(id);
    if (!row || Number(row["fired_through"]) !== firedThrough || Number(row["revision"]) !== revision)
      return false;
    return (
      row["suspended_by"] === (suspended?.key ?? null) && numberOrNull(row["next_fire_at"]) === nextFireAt
    );
  });
}

const numberOrNull = (value: unknown) => (value === null ? null : Number(value));

/** What `decide` is handed besides the schedule. */
export function asked({ active, pauses, ended }: Facts, id: string) {
  return [active.get(id) ?? [], { pauses, ended: ended.get(id) ?? [] }] as const;
}

/** For these schedules, locked by whoever asks. Sent together: each of them waits for no other. */
export async function factsOf(sql: Sql, dialect: Dialect, schedules: readonly Schedule[]): Promise<Facts> {
  const ids = schedules.map(({ id }) => id);
  const oldest = schedules.reduce((least, { firedThrough }) => Math.min(least, firedThrough), Infinity);
  const failing = schedules.filter(({ pauseAfterFailures }) => pauseAfterFailures !== null);
  const [active, pauses, ended] = await Promise.all([
    activeRuns(sql, dialect, ids),
    pausesSince(sql, oldest, schedules),
    endedRuns(sql, dialect, failing),
  ]);
  return { active, pauses, ended };
}

/**
 * The runs of these schedules that have not ended, oldest first, without those of a backfill. The index is named, and
 * the order made here: for a few hundred ids MariaDB walked the whole table by its primary key (measured).
 */
async function activeRuns(
  sql: Sql,
  dialect: Dialect,
  scheduleIds: readonly string[],
): Promise<Map<string, ActiveRun[]>> {
  const rows = await sql.all(
    `SELECT id, schedule_id, state, fire_at FROM task_runs${dialect.byIndex("ix_task_runs_active")} ` +
      `WHERE schedule_id IN (${marks(scheduleIds.length)}) AND finished_at IS NULL AND batch IS NULL`,
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

/** Those that are open or ended after the oldest cursor, and those that a schedule is still in. */
async function pausesSince(
  sql: Sql,
  oldest: Instant,
  schedules: readonly Schedule[],
): Promise<ScopedPause[]> {
  const rows = await sql.all("SELECT * FROM pauses WHERE ended_at IS NULL OR ended_at > ?", [oldest]);
  const found = rows.map(toPause);
  const keys = new Set(schedules.flatMap(({ suspended }) => suspended?.key ?? []));
  const missing = [...keys].filter((key) => key.startsWith("pau_") && !found.some(({ id }) => id === key));
  if (missing.length === 0) return found;
  const more = await sql.all(
    `SELECT * FROM pauses WHERE id IN (${marks(missing.length)})`,
    markValues(missing),
  );
  return [...found, ...more.map(toPause)];
}

/** Rows of one schedule that are looked at for failures in a row: some 5 ms. */
export const LOOKED_AT = 10_000;

/** As many as each of them counts, newest first; what a backfill makes of the past says nothing of today. */
async function endedRuns(
  sql: Sql,
  dialect: Dialect,
  schedules: readonly Schedule[],
): Promise<Map<string, EndedRun[]>> {
  const ended = new Map<string, EndedRun[]>();
  for (const { id, pauseAfterFailures, failuresSince } of schedules) {
    const rows = await sql.all(
      // First the newest rows, then those among them that count: with nearly all skipped it would read the whole history.
      `SELECT id, state, finished_at, cause FROM (SELECT id, state, finished_at, cause, batch FROM task_runs${dialect.byIndex("ix_task_runs_schedule")} ` +
        "WHERE schedule_id = ? ORDER BY id DESC LIMIT ?) AS newest " +
        "WHERE state IN ('succeeded', 'failed') AND finished_at > ? AND batch IS NULL ORDER BY id DESC LIMIT ?",
      [id, LOOKED_AT, failuresSince, pauseAfterFailures],
    );
    const runs = rows.map((row) => ({
      id: String(row["id"]),
      state: row["state"] as EndedRun["state"],
      finishedAt: Number(row["finished_at"]),
      cause: row["cause"] === null ? null : String(row["cause"]),
    }));
    ended.set(id, runs);
  }
  return ended;
}
