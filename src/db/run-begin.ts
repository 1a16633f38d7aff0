// A run that begins with its insert: where the worker has a free slot and nothing else waits, one statement makes the row
// and claims it, instead of an insert, a look for it, a mark and a second commit.
import type { Instant } from "../clock.ts";
import type { ClaimedRun, NewRun, Seat } from "../runs/store.ts";
import { newRunColumns } from "./run-row.ts";
import { isDuplicate, type Sql, type SqlValue } from "./sql.ts";

/** Jobs whose version is remembered; beyond it all are forgotten, and learned again. */
const KNOWN_JOBS = 5_000;

/**
 * Which version each job was last seen to run. A guess: the statement holds it against the row of the job, and inserts
 * nothing where it is not so any longer, where the job has a limit of its own, or where it keeps durable values.
 */
export class KnownVersions {
  readonly #versions = new Map<string, string>();

  learn({ source, jobKey, version, heldSlot, hasState }: ClaimedRun): void {
    if (version === null || heldSlot || hasState) return;
    if (this.#versions.size >= KNOWN_JOBS) this.#versions.clear();
    this.#versions.set(`${source}:${jobKey}`, version);
  }

  of({ source, jobKey }: NewRun): string | undefined {
    return this.#versions.get(`${source}:${jobKey}`);
  }

  forget({ source, jobKey }: NewRun): void {
    this.#versions.delete(`${source}:${jobKey}`);
  }
}

/** The seat that one run may take with its insert. Asked for when the insert is made, not before: others may wait by then. */
export class Beginning {
  readonly #run: NewRun;
  readonly #known: KnownVersions;
  readonly #reserve: (source: string) => Seat | undefined;
  #seat: Seat | undefined;
  #claimed: ClaimedRun | undefined;

  constructor(run: NewRun, known: KnownVersions, reserve: (source: string) => Seat | undefined) {
    this.#run = run;
    this.#known = known;
    this.#reserve = reserve;
  }

  /** True when the row is inserted and is ours; false when nothing was inserted. May be called again after a fault. */
  async insert(sql: Sql): Promise<boolean> {
    this.leave();
    const version = this.#known.of(this.#run);
    if (version === undefined) return false;
    const seat = this.#reserve(this.#run.source);
    if (!seat) return false;
    this.#seat = seat;
    if (!mayBegin(this.#run, seat.now) || seat.lacking?.has(version)) return this.#not();
    const claimed = claimedOf(this.#run, version, seat.now);
    try {
      if ((await insertRunning(sql, this.#run, claimed, seat.owner)) === 0) {
        this.#known.forget(this.#run);
        return this.#not();
      }
    } catch (error) {
      // Done before, and its answer was lost (A1): the row is there, and nobody has begun it.
      if (!isDuplicate(error)) throw error;
      if (!(await isOurs(sql, this.#run.id, seat.owner))) return this.#not();
    }
    this.#claimed = claimed;
    return true;
  }

  /** Its insert is committed. */
  committed(): void {
    const [seat, claimed] = [this.#seat, this.#claimed];
    this.#seat = this.#claimed = undefined;
    if (seat && claimed) seat.take(claimed);
  }

  /** Nothing was committed. */
  leave(): void {
    this.#seat?.leave();
    this.#seat = this.#claimed = undefined;
  }

  #not(): false {
    this.leave();
    return false;
  }
}

function mayBegin(run: NewRun, now: Instant): boolean {
  const { state, scheduleId, versionWanted, availableAt } = run;
  return state === "queued" && scheduleId === null && versionWanted === null && availableAt <= now;
}

function claimedOf(run: NewRun, version: string, now: Instant): ClaimedRun {
  const { id, source, jobKey, trigger, fireAt, maxAttempts, params, overrides, availableAt, priority } = run;
  return {
    ...{ id, source, jobKey, trigger, fireAt, maxAttempts, params, overrides, availableAt, priority },
    scheduleId: null,
    attempt: 1,
    triesUsed: 0,
    version,
    startedAt: now,
    logFrom: 1,
    logBytes: 0,
    droppedBytes: 0,
    heldSlot: false,
    hasState: false,
  };
}

/** Answers 1, or 0 where the job is not as it was when its version was learned. */
function insertRunning(sql: Sql, run: NewRun, claimed: ClaimedRun, owner: string): Promise<number> {
  const begun: Record<string, SqlValue> = {
    state: "running",
    queue_rank: null,
    attempt: 1,
    owner,
    beat: 0,
    started_at: claimed.startedAt,
    version: claimed.version,
  };
  const columns = { ...newRunColumns(run), ...begun };
  const used = Object.entries(columns).filter(([, value]) => value !== null);
  const { source, jobKey } = run;
  return sql.run(
    `INSERT INTO task_runs (${used.map(([name]) => name).join(", ")}) SELECT ${used.map(() => "?").join(", ")} FROM jobs j ` +
      "WHERE j.source = ? AND j.job_key = ? AND j.current_version = ? AND COALESCE(j.concurrency_set, j.concurrency) IS NULL " +
      "AND NOT EXISTS (SELECT 1 FROM job_state s WHERE s.source = j.source AND s.job_key = j.job_key)",
    [...used.map(([, value]) => value), source, jobKey, claimed.version],
  );
}

async function isOurs(sql: Sql, id: string, owner: string): Promise<boolean> {
  const [row] = await sql.all("SELECT state, attempt, owner FROM task_runs WHERE id = ?", [id]);
  return row?.["state"] === "running" && Number(row["attempt"]) === 1 && row["owner"] === owner;
}
