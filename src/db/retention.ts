// The RetentionStore on a database: walks along the primary key, and removes a batch with everything that belongs to it.
import type { Instant } from "../clock.ts";
import { firstId } from "../ids.ts";
import type { Batch, RetentionStore } from "../runs/retention.ts";
import type { Database } from "./database.ts";
import { removeOldKeys } from "./idempotency-store.ts";
import { markValues, marks, type Sql, type SqlRow } from "./sql.ts";

/** Rows that one step looks at. */
const LOOK = 500;
/** Runs that one transaction removes: each may have a log of ten megabytes. */
const RUNS = 50;
const AUDIT = 500;
/** Refusals of people whom nobody knows may take this part of the audit log: they must not push out who changed what. */
const STRANGERS_SHARE = 4;

const COLUMNS =
  "id, source, job_key, state, queued_at, finished_at, fire_at, fire_through, log_lines, log_removed_at";

export class DbRetention implements RetentionStore {
  readonly #database: Database;
  /** Everything before it lost its log already, or will never have one; begins anew with the process. */
  #logsThrough = "";

  constructor(database: Database) {
    this.#database = database;
  }

  longestWindowMs(): Promise<number> {
    return longestWindowMs(this.#database.read);
  }

  async oldRuns(before: Instant, after: string | null): Promise<Batch> {
    const rows = await this.#database.read.all(
      `SELECT ${COLUMNS} FROM task_runs WHERE id > ? AND id < ? ORDER BY id LIMIT ?`,
      [after ?? "", firstId("run", Math.max(0, before)), LOOK],
    );
    const gone = await this.#removeRuns(rows.filter((row) => isOver(row, before)));
    return { gone, next: rows.length < LOOK ? null : String(rows.at(-1)!["id"]) };
  }

  async crowdedRuns(keep: number, before: Instant, after: string | null): Promise<Batch> {
    // Goes on within a job, or with the next one: `source`, `key` and the last id that was looked at.
    const [source, key, last] =
      after === null ? ["", "", null] : (JSON.parse(after) as [string, string, string | null]);
    const job = last === null ? await this.#jobAfter(source, key) : { source, key };
    if (!job) return { gone: 0, next: null };
    const at = [job.source, job.key];
    const index = this.#database.dialect.byIndex("ix_task_runs_job");
    const [first] = await this.#database.read.all(
      `SELECT id FROM task_runs${index} WHERE source = ? AND job_key = ? ORDER BY id DESC LIMIT 1 OFFSET ?`,
      [...at, keep],
    );
    if (!first) return { gone: 0, next: JSON.stringify([...at, null]) };
    const rows = await this.#database.read.all(
      `SELECT ${COLUMNS} FROM task_runs${index} WHERE source = ? AND job_key = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?`,
      [...at, last ?? "", String(first["id"]), LOOK],
    );
    const gone = await this.#removeRuns(rows.filter((row) => isOver(row, before)));
    const through = rows.length < LOOK ? null : String(rows.at(-1)!["id"]);
    return { gone, next: JSON.stringify([...at, through]) };
  }

  async oldLogs(before: Instant, after: string | null, now: Instant): Promise<Batch> {
    const rows = await this.#database.read.all(
      `SELECT ${COLUMNS} FROM task_runs WHERE id > ? AND id < ? ORDER BY id LIMIT ?`,
      [after ?? this.#logsThrough, firstId("run", Math.max(0, before)), LOOK],
    );
    const old = rows.filter((row) => isOver(row, before));
    const ids = old
      .filter((row) => row["log_removed_at"] === null && Number(row["log_lines"]) > 0)
      .map((row) => String(row["id"]));
    for (const batch of parts(ids, RUNS)) {
      await this.#database.write(async (sql) => {
        const list = `(${marks(batch.length)})`;
        await sql.run(`DELETE FROM run_logs WHERE run_id IN ${list}`, markValues(batch));
        await sql.run(`UPDATE task_runs SET log_removed_at = ? WHERE id IN ${list}`, [
          now,
          ...markValues(batch),
        ]);
      });
    }
    const last = rows.at(-1)?.["id"];
    // The next pass begins here, unless something before it is still to end.
    if (
      old.length === rows.length &&
      last !== undefined &&
      (after ?? this.#logsThrough) === this.#logsThrough
    )
      this.#logsThrough = String(last);
    return { gone: ids.length, next: rows.length < LOOK ? null : String(last) };
  }

  async oldAudit(before: Instant, keep: number, crowdedBefore: Instant): Promise<Batch> {
    const [crowded] = await this.#database.read.all(
      "SELECT id FROM audit_events ORDER BY id DESC LIMIT 1 OFFSET ?",
      [keep],
    );
    const young = firstId("aud", Math.max(0, crowdedBefore));
    const among = (row: SqlRow) => [`${String(row["id"])}~`, young].sort()[0]!;
    const bound = [firstId("aud", Math.max(0, before)), ...(crowded ? [among(crowded)] : [])];
    const old = await this.#removeAudit("1 = 1", bound.sort().at(-1)!);
    if (old.next !== null) return old;
    const [stranger] = await this.#database.read.all(
      "SELECT id FROM audit_events WHERE actor_name IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?",
      [Math.ceil(keep / STRANGERS_SHARE)],
    );
    if (!stranger) return old;
    const refused = await this.#removeAudit("actor_name IS NULL AND outcome = 'refused'", among(stranger));
    return { gone: old.gone + refused.gone, next: refused.next };
  }

  /** Some of the oldest rows before an id. */
  async #removeAudit(condition: string, before: string): Promise<Batch> {
    const rows = await this.#database.read.all(
      `SELECT id FROM audit_events WHERE ${condition} AND id < ? ORDER BY id LIMIT ?`,
      [before, AUDIT],
    );
    if (rows.length === 0) return { gone: 0, next: null };
    const last = String(rows.at(-1)!["id"]);
    const gone = await this.#database.write((sql) =>
      sql.run(`DELETE FROM audit_events WHERE ${condition} AND id <= ?`, [last]),
    );
    return { gone, next: rows.length < AUDIT ? null : last };
  }

  async oldAccess(now: Instant): Promise<number> {
    const gone = await this.#database.write(
      async (sql) =>
        (await sql.run("DELETE FROM sessions WHERE expires_at < ?", [now])) +
        (await sql.run("DELETE FROM sign_in_codes WHERE expires_at < ?", [now])),
    );
    return gone + (await removeOldKeys(this.#database, now));
  }

  /** With their attempts, logs and refused records; the last success and the last failure of each job stay. */
  async #removeRuns(rows: readonly SqlRow[]): Promise<number> {
    const kept = await this.#lastOnes(rows);
    const ids = rows.map((row) => String(row["id"])).filter((id) => !kept.has(id));
    let gone = 0;
    for (const batch of parts(ids, RUNS)) {
      gone += await this.#database.write(async (sql) => {
        const needed = await doneAgain(sql);
        return removeRuns(
          sql,
          batch.filter((id) => !needed.has(id)),
        );
      });
    }
    return gone;
  }

  async #lastOnes(rows: readonly SqlRow[]): Promise<Set<string>> {
    const kept = new Set<string>();
    const jobs = new Map(rows.map((row) => [`${String(row["source"])}:${String(row["job_key"])}`, row]));
    for (const row of jobs.values()) {
      for (const state of ["succeeded", "failed"]) {
        if (!rows.some((one) => one["state"] === state)) continue;
        const [last] = await this.#database.read.all(
          `SELECT id FROM task_runs${this.#database.dialect.byIndex("ix_task_runs_job")} ` +
            "WHERE source = ? AND job_key = ? AND state = ? ORDER BY id DESC LIMIT 1",
          [String(row["source"]), String(row["job_key"]), state],
        );
        if (last) kept.add(String(last["id"]));
      }
    }
    return kept;
  }

  async #jobAfter(source: string, key: string): Promise<{ source: string; key: string } | undefined> {
    const [row] = await this.#database.read.all(
      "SELECT source, job_key FROM jobs WHERE source > ? OR (source = ? AND job_key > ?) ORDER BY source, job_key LIMIT 1",
      [source, source, key],
    );
    return row && { source: String(row["source"]), key: String(row["job_key"]) };
  }
}

/** So far back a catch-up may look, of whichever schedule. */
export async function longestWindowMs(read: Sql): Promise<number> {
  const [row] = await read.all("SELECT MAX(catch_up_window_ms) AS longest FROM schedules");
  return Number(row?.["longest"] ?? 0);
}

/** Runs that others which have not ended do again: their refused records are read when an attempt begins. */
async function doneAgain(sql: Sql): Promise<Set<string>> {
  const rows = await sql.all(
    "SELECT retry_of FROM task_runs WHERE state IN ('queued', 'running', 'retrying') AND retry_of IS NOT NULL",
  );
  return new Set(rows.map((row) => String(row["retry_of"])));
}

/** Runs that have ended, with everything that belongs to them; of others nothing. */
export async function removeRuns(sql: Sql, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const ended = await sql.all(
    `SELECT id FROM task_runs WHERE id IN (${marks(ids.length)}) AND finished_at IS NOT NULL`,
    markValues(ids),
  );
  if (ended.length === 0) return 0;
  const gone = ended.map((row) => String(row["id"]));
  const list = `(${marks(gone.length)})`;
  for (const table of ["run_logs", "failed_records", "run_attempts"])
    await sql.run(`DELETE FROM ${table} WHERE run_id IN ${list}`, markValues(gone));
  return sql.run(`DELETE FROM task_runs WHERE id IN ${list} AND finished_at IS NOT NULL`, markValues(gone));
}

/** It has ended, and nothing that it stands for is of after `before`. */
function isOver(row: SqlRow, before: Instant): boolean {
  if (row["finished_at"] === null) return false;
  return ["finished_at", "queued_at", "fire_at", "fire_through"].every(
    (column) => row[column] === null || Number(row[column]) < before,
  );
}

function parts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
