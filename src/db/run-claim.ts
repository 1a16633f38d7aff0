// Claiming: picks what may run now and marks it as ours, in the transaction that is handed in.
import { type ClaimAnswer, type ClaimedRun, type ClaimRequest, LEFT_TO_OTHERS_MS } from "../runs/store.ts";
import type { RunOverrides, Trigger } from "../runs/task-run.ts";
import type { Dialect } from "./dialect.ts";
import { addRunning, freeSlot, jobOf, take, type Taken } from "./job-slots.ts";
import { fromJson, isDuplicate, markValues, marks, type Sql, type SqlRow, type SqlValue } from "./sql.ts";

interface Candidate {
  row: SqlRow;
  id: string;
  version: string | null;
  scheduleSlot: string | null;
  concurrency: number | null;
  job: string;
  jobSlot: string | null;
}

/** How long a run waits at most behind younger ones whose version has a warm child. */
const PREFER_WARM_MS = 1_000;
/** How often one claim looks past what has no slot; what is left is found by the next one. */
const LOOKS = 5;
const LOOK_AHEAD = 16;

// queue_rank >= -100 is true for all that waits: the claim's index is walked in its order. It is named, since with few
// rows MariaDB reads and locks the whole table (measured), and what is locked others pass by.
// NOT EXISTS: a schedule's next run must not stand first in line and block the others while its slot is taken.
const candidatesBy = (
  index: string,
) => `SELECT r.id, r.source, r.job_key, r.schedule_id, r.exclusive, r.attempt, r.tries_used, r.max_attempts,
  r.triggered_by, r.fire_at, r.available_at, r.version_wanted, r.params, r.overrides, r.log_lines, r.log_bytes, r.log_dropped_bytes, r.priority,
  (SELECT j.current_version FROM jobs j WHERE j.source = r.source AND j.job_key = r.job_key) AS current_version,
  (SELECT COALESCE(j.concurrency_set, j.concurrency) FROM jobs j WHERE j.source = r.source AND j.job_key = r.job_key) AS concurrency,
  EXISTS (SELECT 1 FROM job_state s WHERE s.source = r.source AND s.job_key = r.job_key) AS has_state
FROM task_runs r${index}
WHERE r.source = ? AND r.queue_rank >= -100 AND r.available_at <= ? AND r.cancel_requested_at IS NULL
  AND (r.exclusive = 0 OR NOT EXISTS (SELECT 1 FROM task_runs b WHERE b.schedule_slot = r.schedule_id))`;
const IN_ORDER = " ORDER BY r.queue_rank, r.available_at, r.id LIMIT ?";

const CLAIM_COLUMNS = [
  "state",
  "queue_rank",
  "attempt",
  "owner",
  "beat",
  "started_at",
  "version",
  "schedule_slot",
  "job_slot",
  "cause",
];

export async function claim(sql: Sql, dialect: Dialect, request: ClaimRequest): Promise<ClaimAnswer> {
  const answer: ClaimAnswer = { claimed: [], exhausted: [] };
  let free = request.slots;
  for (const source of request.sources) {
    const slots = Math.min(free, source.slots);
    if (slots <= 0) continue;
    const { chosen, exhausted } = await choose(sql, dialect, source.name, slots, request);
    if (exhausted) answer.exhausted.push(source.name);
    const claimed = await mark(sql, chosen, request);
    answer.claimed.push(...claimed);
    free -= claimed.length;
  }
  return answer;
}

/** What stands in front and cannot run now, so that the next look passes it by. */
interface PassedBy {
  jobs: Set<string>;
  schedules: Set<string>;
}

/** Looks again past jobs and schedules without a free slot, until the slots are filled or nothing is left to look at. */
async function choose(sql: Sql, dialect: Dialect, source: string, slots: number, request: ClaimRequest) {
  const chosen: Candidate[] = [];
  const passedBy: PassedBy = { jobs: new Set(), schedules: new Set() };
  const taken: Taken = { slots: new Set(), running: new Map() };
  for (let look = 1; ; look++) {
    // More than needed where it may help: to prefer warm versions, or to get past what has no slot.
    const limit = slots + (look === 1 ? request.lookAhead : LOOK_AHEAD);
    const rows = await candidates(sql, dialect, source, limit, request.now, passedBy);
    const known = new Set(chosen.map((candidate) => candidate.id));
    const fresh = rows.filter((row) => !known.has(String(row["id"]))).map(toCandidate);
    const limited = fresh.filter(({ concurrency }) => concurrency !== null);
    await addRunning(sql, dialect, source, limited.map(keyOf), taken);
    const before = passedBy.jobs.size + passedBy.schedules.size;
    fit(leftToOthers(warmFirst(fresh, request), request, passedBy), slots, chosen, taken, passedBy);
    const full = chosen.length === slots;
    const sawAll = rows.length < limit;
    const stuck = look > 1 && passedBy.jobs.size + passedBy.schedules.size === before;
    if (full || sawAll || look === LOOKS || stuck) {
      return { chosen, exhausted: !full && sawAll };
    }
  }
}

function candidates(
  sql: Sql,
  dialect: Dialect,
  source: string,
  limit: number,
  now: number,
  { jobs, schedules }: PassedBy,
) {
  let text = candidatesBy(dialect.byIndex("ix_task_runs_claim"));
  const values: SqlValue[] = [source, now];
  if (jobs.size > 0) {
    text += ` AND r.job_key NOT IN (${marks(jobs.size)})`;
    values.push(...markValues([...jobs]));
  }
  if (schedules.size > 0) {
    text += ` AND (r.schedule_id IS NULL OR r.exclusive = 0 OR r.schedule_id NOT IN (${marks(schedules.size)}))`;
    values.push(...markValues([...schedules]));
  }
  return sql.all(text + IN_ORDER + dialect.skipLocked, [...values, limit]);
}

/** Warm versions first, as long as the first in line has not waited long. */
function warmFirst(candidates: Candidate[], { now, warm }: ClaimRequest): Candidate[] {
  const oldest = Math.min(...candidates.map((candidate) => Number(candidate.row["available_at"])));
  if (warm.size === 0 || now - oldest >= PREFER_WARM_MS) return candidates;
  const isWarm = (candidate: Candidate) => candidate.version !== null && warm.has(candidate.version);
  return candidates.sort((a, b) => Number(isWarm(b)) - Number(isWarm(a)));
}

/** Without those whose packages are not here, as long as another process may have them. */
function leftToOthers(
  candidates: Candidate[],
  { lacking, now }: ClaimRequest,
  passedBy: PassedBy,
): Candidate[] {
  if (!lacking || lacking.size === 0) return candidates;
  return candidates.filter(({ version, row }) => {
    const waited = now - Number(row["available_at"]);
    if (version === null || !lacking.has(version) || waited >= LEFT_TO_OTHERS_MS) return true;
    passedBy.jobs.add(String(row["job_key"]));
    return false;
  });
}

function fit(
  candidates: Candidate[],
  slots: number,
  chosen: Candidate[],
  taken: Taken,
  passedBy: PassedBy,
): void {
  for (const candidate of candidates) {
    if (chosen.length === slots) return;
    if (candidate.scheduleSlot !== null && taken.slots.has(candidate.scheduleSlot)) {
      passedBy.schedules.add(candidate.scheduleSlot);
      continue;
    }
    if (candidate.concurrency !== null) {
      candidate.jobSlot = freeSlot(taken, candidate.job, candidate.concurrency);
      if (candidate.jobSlot === null) {
        passedBy.jobs.add(keyOf(candidate));
        continue;
      }
      take(taken, candidate.job, candidate.jobSlot);
    }
    if (candidate.scheduleSlot !== null) taken.slots.add(candidate.scheduleSlot);
    chosen.push(candidate);
  }
}

const keyOf = ({ row }: Candidate) => String(row["job_key"]);

function toCandidate(row: SqlRow): Candidate {
  const version = row["version_wanted"] ?? row["current_version"];
  return {
    row,
    id: String(row["id"]),
    version: version === null || version === undefined ? null : String(version),
    scheduleSlot:
      Number(row["exclusive"]) === 1 && row["schedule_id"] !== null ? String(row["schedule_id"]) : null,
    concurrency: row["concurrency"] === null ? null : Number(row["concurrency"]),
    job: jobOf(String(row["source"]), String(row["job_key"])),
    jobSlot: null,
  };
}

async function mark(sql: Sql, chosen: Candidate[], request: ClaimRequest): Promise<ClaimedRun[]> {
  if (chosen.length === 0) return [];
  const values = (candidate: Candidate): SqlValue[] => [
    "running",
    null,
    Number(candidate.row["attempt"]) + 1,
    request.owner,
    0,
    request.now,
    candidate.version,
    candidate.scheduleSlot,
    candidate.jobSlot,
    // Why it waited is told by its attempts; a run at work has nothing to explain.
    null,
    candidate.id,
    Number(candidate.row["attempt"]),
  ];
  const update = (candidates: Candidate[]) =>
    sql.update(
      "task_runs",
      CLAIM_COLUMNS,
      ["id", "attempt"],
      "queue_rank IS NOT NULL AND cancel_requested_at IS NULL",
      candidates.map(values),
    );
  try {
    if ((await update(chosen)) === chosen.length)
      return chosen.map((candidate) => toClaimed(candidate, request));
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    // Another replica took one of the slots since we looked: each by itself; a duplicate key means not now (S9).
    const claimed: Candidate[] = [];
    for (const candidate of chosen) {
      const matched = await update([candidate]).catch((thrown: unknown) => {
        if (isDuplicate(thrown)) return 0;
        throw thrown;
      });
      if (matched === 1) claimed.push(candidate);
    }
    return claimed.map((candidate) => toClaimed(candidate, request));
  }
  // The rows were read under lock, so this is a fault of ours and not a lost race: undo all.
  throw new Error("a run changed between being chosen and being claimed in one transaction");
}

function toClaimed(
  { row, id, version, scheduleSlot, jobSlot }: Candidate,
  request: ClaimRequest,
): ClaimedRun {
  return {
    id,
    source: String(row["source"]),
    jobKey: String(row["job_key"]),
    scheduleId: row["schedule_id"] === null ? null : String(row["schedule_id"]),
    trigger: row["triggered_by"] as Trigger,
    fireAt: row["fire_at"] === null ? null : Number(row["fire_at"]),
    attempt: Number(row["attempt"]) + 1,
    triesUsed: Number(row["tries_used"]),
    maxAttempts: Number(row["max_attempts"]),
    version,
    params: fromJson(row["params"]) as Record<string, unknown>,
    overrides: (fromJson(row["overrides"]) ?? {}) as RunOverrides,
    availableAt: Number(row["available_at"]),
    startedAt: request.now,
    logFrom: Number(row["log_lines"]) + 1,
    logBytes: Number(row["log_bytes"]),
    droppedBytes: Number(row["log_dropped_bytes"]),
    priority: Number(row["priority"]),
    heldSlot: scheduleSlot !== null || jobSlot !== null,
    hasState: Number(row["has_state"]) === 1,
  };
}
