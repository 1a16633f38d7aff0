// Where runs are kept: the port that db/ implements. Every method is one committed transaction or part of a shared one.
import type { Instant } from "../clock.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import type {
  Actor,
  CancelledReason,
  EndStep,
  LogLine,
  Reason,
  RunError,
  RunOverrides,
  RunState,
  Trigger,
} from "./task-run.ts";

/** A row to be written; `state` is queued, or skipped with its reason. */
export interface NewRun {
  id: string;
  source: string;
  jobKey: string;
  jobName: string | null;
  scheduleId: string | null;
  scheduleRevision: number | null;
  trigger: Trigger;
  state: "queued" | "skipped";
  reason: Reason | null;
  cause: string | null;
  fireAt: Instant | null;
  fireThrough: Instant | null;
  fireCount: number | null;
  priority: number;
  queuedAt: Instant;
  availableAt: Instant;
  maxAttempts: number;
  versionWanted: string | null;
  exclusive: boolean;
  params: Record<string, unknown>;
  overrides: RunOverrides;
  actor: Actor;
  retryOf: string | null;
  /** Set on the runs of a backfill: the batch that they belong to, and the instant that each stands for. */
  batch?: string | null;
  forAt?: Instant | null;
}

/** A run that a worker holds: what it needs to run one attempt. */
export interface ClaimedRun {
  id: string;
  source: string;
  jobKey: string;
  scheduleId: string | null;
  trigger: Trigger;
  fireAt: Instant | null;
  /** The fence of every later write. */
  attempt: number;
  triesUsed: number;
  maxAttempts: number;
  /** Null: no version of the job ever loaded. */
  version: string | null;
  params: Record<string, unknown>;
  overrides: RunOverrides;
  /** When it could have started. */
  availableAt: Instant;
  startedAt: Instant;
  /** Number of the first log line that this attempt may write. */
  logFrom: number;
  /** Bytes of its log that earlier attempts have written, and those of them that were dropped. */
  logBytes: number;
  droppedBytes: number;
  priority: number;
  /** Whether it took its schedule's or its job's slot, for which others may wait. */
  heldSlot: boolean;
  /** False: the job keeps no durable values, so none need be read. */
  hasState: boolean;
}

export interface ClaimRequest {
  owner: string;
  /** Never more than there are free slots. */
  slots: number;
  /** Sources in the order of their turn, each with what it may still take. */
  sources: readonly { name: string; slots: number }[];
  now: Instant;
  /** Versions with a warm child: preferred as long as the first in line has waited less than a second. */
  warm: ReadonlySet<string>;
  /** Candidates to look at beyond the free slots. */
  lookAhead: number;
  /** Versions whose packages are not installed here: left to other processes until a run has waited `LEFT_TO_OTHERS_MS`. */
  lacking?: ReadonlySet<string>;
}

/** A free slot of a worker that is kept for one run while that is being inserted. */
export interface Seat {
  owner: string;
  now: Instant;
  lacking?: ReadonlySet<string>;
  /** The run is committed as claimed: it begins. */
  take(run: ClaimedRun): void;
  leave(): void;
}

/** After that nobody else seems to have the packages, and the run fails with their names. */
export const LEFT_TO_OTHERS_MS = 30_000;

export interface ClaimAnswer {
  claimed: ClaimedRun[];
  /** Sources that had fewer claimable runs than asked for: nothing more is waiting there now. */
  exhausted: string[];
}

/** How an attempt ended, and the state that the run goes to because of it. */
export interface Finish {
  runId: string;
  attempt: number;
  owner: string;
  to: Extract<RunState, "succeeded" | "failed" | "retrying" | "queued" | "cancelled">;
  reason: Reason | null;
  cause: string | null;
  startedAt: Instant;
  finishedAt: Instant;
  /** For retrying and queued: not claimed before. */
  availableAt: Instant;
  priority: number;
  triesUsed: number;
  version: string | null;
  versionDeclared: string | null;
  jobName: string | null;
  records: RecordCounts;
  progress: { percent: number; message: string | null } | null;
  result: unknown;
  error: RunError | null;
  exitCode: number | null;
  signal: string | null;
  /** What was sent to end it, and when nothing was left of its processes (null: its process lives on, clean). */
  steps: readonly EndStep[];
  groupEmptyAt: Instant | null;
  /** Number of the first log line that it could write. */
  logFrom: number;
  log: { lines: number; bytes: number; droppedBytes: number };
  /** Lines not yet stored. */
  lines: readonly LogLine[];
  failedRecords: readonly FailedRecord[];
  /** Lines and refused records begin with what a telling without an answer yet may have stored. */
  retold?: boolean;
  /** Durable values that changed; undefined removes. */
  state: { source: string; jobKey: string; scope: string; values: ReadonlyMap<string, unknown> } | null;
}

export interface FailedRecord {
  seq: number;
  key: string | null;
  reason: string | null;
}

/** What a finish came to: `done` also when the same finish had been written before. */
export type FinishAnswer = "done" | "late" | "cancelled";

/** What a running attempt tells while it runs. */
export interface Telling {
  runId: string;
  attempt: number;
  records: RecordCounts;
  progress: { percent: number; message: string | null } | null;
  log: { lines: number; bytes: number; droppedBytes: number };
  lines: readonly LogLine[];
  failedRecords: readonly FailedRecord[];
}

/** Why a run is to end, and who asked. */
export interface CancelRequest {
  reason: CancelledReason;
  by: string | null;
  /** In that person's own words. */
  note: string | null;
  /** The request under whose key it is recorded, in the same transaction (A1). */
  request?: { actor: string; key: string; digest: string };
}

export interface RunningRow {
  id: string;
  source: string;
  jobKey: string;
  owner: string | null;
  attempt: number;
  beat: number | null;
  triesUsed: number;
  maxAttempts: number;
  startedAt: Instant;
}

export interface RunStore {
  /** `request`: the key under which the caller may repeat it, recorded in the same transaction (A1). */
  insert(runs: readonly NewRun[], request?: { actor: string; key: string; digest: string }): Promise<void>;
  /** Attempts of the job that run now, over all replicas. */
  runningOf(source: string, jobKey: string): Promise<number>;
  /** Asked in each commit from now on: how much to claim, and what was claimed once it is committed. */
  onClaim(
    ask: () => ClaimRequest | undefined,
    claimed: (answer: ClaimAnswer) => void,
    failed: () => void,
  ): void;
  /**
   * Asked when a run is inserted: a seat for it where nothing else of its source is known to wait. Without one it is
   * queued, and claimed like all others.
   */
  onInsert(reserve: (source: string) => Seat | undefined): void;
  /** Makes a commit for claiming alone; nothing happens when one is under way anyway. */
  claimSoon(): void;
  /** True when something is waiting that could be claimed now; a cheap read. */
  hasClaimable(sources: readonly string[], now: Instant): Promise<boolean>;
  /** Rejects with ValuesRefused when it is the values that are not taken. */
  finish(finish: Finish): Promise<FinishAnswer>;
  tell(telling: Telling): Promise<void>;
  /** Renews the lease of these runs by one more beat; answers those whose attempt is no longer the run's. */
  beat(
    owner: string,
    runs: readonly { id: string; attempt: number }[],
    beat: number,
  ): Promise<{ id: string; attempt: number }[]>;
  /** Which of these attempts somebody asked to cancel. */
  cancelRequested(runIds: readonly string[]): Promise<{ id: string; attempt: number; reason: string }[]>;
  /** Cancels a waiting run at once, asks a running one to end; undefined when it had ended (or is unknown). */
  requestCancel(runId: string, cancel: CancelRequest, now: Instant): Promise<RunState | undefined>;
  running(): Promise<RunningRow[]>;
  /**
   * running -> failed(lost) or retrying, if (attempt, beat) are still the same. To `queued`: its code never began, so it
   * is given back and no try is used.
   */
  reap(row: RunningRow, to: "failed" | "retrying" | "queued", now: Instant, cause: string): Promise<boolean>;
  jobState(source: string, jobKey: string, scope: string): Promise<Map<string, unknown>>;
}
