// The RunStore on a database: every state move of a run is a conditional statement here or in its two neighbours.
import type { Instant } from "../clock.ts";
import type {
  CancelRequest,
  ClaimAnswer,
  ClaimRequest,
  Finish,
  FinishAnswer,
  NewRun,
  RunningRow,
  RunStore,
  Seat,
  Telling,
} from "../runs/store.ts";
import type { Reason, RunState } from "../runs/task-run.ts";
import type { Database } from "./database.ts";
import type { Batch } from "./gate.ts";
import { holdKey, type KeyRef } from "./idempotency-store.ts";
import { Beginning, KnownVersions } from "./run-begin.ts";
import { claim } from "./run-claim.ts";
import { finishBatch } from "./run-finish.ts";
import { tellBatch } from "./run-output.ts";
import { reap } from "./run-reap.ts";
import { NEW_RUN_COLUMNS, newRunValues } from "./run-row.ts";
import { fromJson, isDuplicate, markValues, marks, orRefused, type Sql } from "./sql.ts";

/**
 * Rows of new runs inside a transaction that somebody else holds (the scheduler's). Columns that are NULL in all of them
 * are left out: most are, and each one costs in every row.
 */
export async function insertRuns(sql: Sql, runs: readonly NewRun[]): Promise<void> {
  const rows = runs.map(newRunValues);
  const used = NEW_RUN_COLUMNS.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== null));
  await sql.insert(
    "task_runs",
    used.map((i) => NEW_RUN_COLUMNS[i]!),
    rows.map((row) => used.map((i) => row[i]!)),
  );
}

interface Insert {
  runs: readonly NewRun[];
  /** The request whose effect they are: recorded in the same transaction (A1). */
  request?: KeyRef;
  /** Set on a single run that may begin with its insert. */
  beginning?: Beginning;
}

async function haveAll(sql: Sql, runs: readonly NewRun[]): Promise<boolean> {
  const ids = runs.map((run) => run.id);
  const rows = await sql.all(`SELECT id FROM task_runs WHERE id IN (${marks(ids.length)})`, markValues(ids));
  return rows.length === ids.length;
}

const insertBatch: Batch<Insert, null> = {
  name: "insert",
  isOneStatement: (inserts) => inserts.every(({ request }) => !request),
  async run(sql, inserts) {
    const alone = inserts.length === 1 ? inserts[0]!.beginning : undefined;
    if (await alone?.insert(sql)) return [null];
    const runs = inserts.flatMap((insert) => insert.runs);
    try {
      await insertRuns(sql, runs);
    } catch (error) {
      // The answer to a commit may be lost, and then it is done again (A1): these ids are nobody else's.
      if (!isDuplicate(error) || !(await haveAll(sql, runs))) throw error;
    }
    for (const { runs, request } of inserts) if (request) await holdKey(sql, request, 202, runs[0]!.id);
    return inserts.map(() => null);
  },
};

export class DbRunStore implements RunStore {
  readonly #database: Database;
  readonly #finish: Batch<Finish, FinishAnswer>;
  readonly #known = new KnownVersions();
  #reserve: ((source: string) => Seat | undefined) | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#finish = finishBatch(database.dialect);
  }

  async insert(runs: readonly NewRun[], request?: KeyRef): Promise<void> {
    const beginning = request === undefined && runs.length === 1 ? this.#beginningOf(runs[0]!) : undefined;
    try {
      await this.#database.gate.batch(insertBatch, { runs, request, beginning });
      beginning?.committed();
    } catch (error) {
      beginning?.leave();
      throw error;
    }
  }

  /** Where claims have a gate of their own: elsewhere they ride in the commit of the insert, which costs no less. */
  #beginningOf(run: NewRun): Beginning | undefined {
    const { gate, claimGate } = this.#database;
    if (gate === claimGate || !this.#reserve) return undefined;
    return new Beginning(run, this.#known, this.#reserve);
  }

  onInsert(reserve: (source: string) => Seat | undefined): void {
    this.#reserve = reserve;
  }

  async runningOf(source: string, jobKey: string): Promise<number> {
    const [row] = await this.#database.read.all(
      "SELECT COUNT(*) AS running FROM task_runs WHERE state = 'running' AND source = ? AND job_key = ?",
      [source, jobKey],
    );
    return Number(row!["running"]);
  }

  onClaim(
    ask: () => ClaimRequest | undefined,
    claimed: (answer: ClaimAnswer) => void,
    failed: () => void,
  ): void {
    this.#database.claimGate.onCommit(() => {
      const request = ask();
      if (!request) return undefined;
      return async (sql) => {
        try {
          const answer = await claim(sql, this.#database.dialect, request);
          const committed = () => {
            for (const run of answer.claimed) this.#known.learn(run);
            claimed(answer);
          };
          return { committed, failed };
        } catch (error) {
          failed();
          throw error;
        }
      };
    });
  }

  claimSoon(): void {
    this.#database.claimGate.poke();
  }

  async hasClaimable(sources: readonly string[], now: Instant): Promise<boolean> {
    for (const source of sources) {
      const rows = await this.#database.read.all(
        "SELECT 1 AS waiting FROM task_runs WHERE source = ? AND queue_rank >= -100 AND available_at <= ? LIMIT 1",
        [source, now],
      );
      if (rows.length > 0) return true;
    }
    return false;
  }

  async finish(finish: Finish): Promise<FinishAnswer> {
    try {
      return await this.#database.endGate.batch(this.#finish, finish);
    } catch (error) {
      throw orRefused(error);
    }
  }

  async tell(telling: Telling): Promise<void> {
    await this.#database.endGate.batch(tellBatch, telling);
  }

  async beat(
    owner: string,
    runs: readonly { id: string; attempt: number }[],
    beat: number,
  ): Promise<{ id: string; attempt: number }[]> {
    if (runs.length === 0) return [];
    return this.#database.gate.write(async (sql) => {
      const rows = runs.map((run) => [beat, run.id, run.attempt, owner]);
      const keys = ["id", "attempt", "owner"];
      if ((await sql.update("task_runs", ["beat"], keys, "state = 'running'", rows)) === runs.length)
        return [];
      const found = await sql.all(
        `SELECT id, attempt FROM task_runs WHERE state = 'running' AND owner = ? AND id IN (${marks(runs.length)})`,
        [owner, ...markValues(runs.map((run) => run.id))],
      );
      const mine = new Map(found.map((row) => [String(row["id"]), Number(row["attempt"])]));
      return runs.filter((run) => mine.get(run.id) !== run.attempt);
    });
  }

  async cancelRequested(
    runIds: readonly string[],
  ): Promise<{ id: string; attempt: number; reason: string }[]> {
    if (runIds.length === 0) return [];
    const rows = await this.#database.read.all(
      `SELECT id, attempt, cancel_reason FROM task_runs WHERE cancel_requested_at IS NOT NULL AND id IN (${marks(runIds.length)})`,
      markValues(runIds),
    );
    return rows.map((row) => ({
      id: String(row["id"]),
      attempt: Number(row["attempt"]),
      reason: String(row["cancel_reason"]),
    }));
  }

  requestCancel(runId: string, cancel: CancelRequest, now: Instant): Promise<RunState | undefined> {
    return this.#database.gate.write(async (sql) => {
      const state = await requestCancel(sql, runId, cancel, now);
      if (state && cancel.request) await holdKey(sql, cancel.request, 202, runId);
      return state;
    });
  }

  async running(): Promise<RunningRow[]> {
    const rows = await this.#database.read.all(
      "SELECT id, source, job_key, owner, attempt, beat, tries_used, max_attempts, started_at FROM task_runs WHERE state = 'running'",
    );
    return rows.map((row) => ({
      id: String(row["id"]),
      source: String(row["source"]),
      jobKey: String(row["job_key"]),
      owner: row["owner"] === null ? null : String(row["owner"]),
      attempt: Number(row["attempt"]),
      beat: row["beat"] === null ? null : Number(row["beat"]),
      triesUsed: Number(row["tries_used"]),
      maxAttempts: Number(row["max_attempts"]),
      startedAt: Number(row["started_at"]),
    }));
  }

  reap(row: RunningRow, to: "failed" | "retrying" | "queued", now: Instant, cause: string): Promise<boolean> {
    return this.#database.gate.write((sql) => reap(sql, row, to, now, cause));
  }

  async jobState(source: string, jobKey: string, scope: string): Promise<Map<string, unknown>> {
    const rows = await this.#database.read.all(
      "SELECT state_key, value FROM job_state WHERE source = ? AND job_key = ? AND scope = ?",
      [source, jobKey, scope],
    );
    return new Map(rows.map((row) => [String(row["state_key"]), fromJson(row["value"])]));
  }
}

/** The cause of a cancelled run that waited. */
const BEFORE =
  "CASE WHEN attempt = 0 THEN 'cancelled before it started' ELSE 'cancelled before its next attempt' END";

/** The one UPDATE that accepts a cancel: a waiting run ends at once, a running one is asked to. */
export async function requestCancel(
  sql: Sql,
  runId: string,
  { reason, by, note }: Omit<CancelRequest, "request">,
  now: Instant,
  /** Of a run that waits, instead of when it was cancelled. */
  cause?: string,
): Promise<RunState | undefined> {
  const matched = await sql.run(
    "UPDATE task_runs SET cancel_requested_at = ?, cancel_reason = ?, cancel_by = ?, cancel_note = ?, " +
      "reason = CASE WHEN state = 'running' THEN reason ELSE ? END, " +
      `cause = CASE WHEN state = 'running' THEN cause ELSE COALESCE(?, ${BEFORE}) END, ` +
      "finished_at = CASE WHEN state = 'running' THEN finished_at ELSE ? END, " +
      "queue_rank = NULL, state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END " +
      "WHERE id = ? AND state IN ('queued', 'running', 'retrying') AND cancel_requested_at IS NULL",
    [now, reason, by, note, reason, cause ?? null, now, runId],
  );
  const [row] = await sql.all("SELECT state FROM task_runs WHERE id = ?", [runId]);
  const state = row?.["state"] as RunState | undefined;
  // Asked before and not ended yet: the answer is the same as it was then.
  return matched === 1 || state === "running" ? state : undefined;
}

/** Ends what waits of a schedule, in one statement; a run that has begun meanwhile does not match and goes on (S8). */
export function cancelWaiting(sql: Sql, scheduleId: string, reason: Reason, now: Instant): Promise<number> {
  return sql.run(
    "UPDATE task_runs SET cancel_requested_at = ?, cancel_reason = ?, reason = ?, " +
      `cause = ${BEFORE}, finished_at = ?, queue_rank = NULL, state = 'cancelled' ` +
      "WHERE schedule_id = ? AND finished_at IS NULL AND state IN ('queued', 'retrying') AND cancel_requested_at IS NULL",
    [now, reason, reason, now, scheduleId],
  );
}
