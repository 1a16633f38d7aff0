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
  TaskRun,
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

/** Where ends of attempts wait for a database that does not take them (X5). */
export interface FinishSpool {
  /** One file for all of them; it is on the disk when its name is answered. */
  keep(finishes: readonly Finish[]): Promise<string>;
  /** The oldest first. */
  names(): Promise<string[]>;
  /** Undefined when there is no such file any longer, or when it is damaged and was set aside. */
  read(name: string): Promise<Finish[] | undefined>;
  drop(name: string): Promise<void>;
  /** The database refuses it for good: set aside for whoever looks after the service. */
  refuse(name: string): Promise<void>;
  /** What is wrong with it, in words; null when nothing is. */
  readonly trouble: string | null;
}

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
  /** Makes a commit for claiming alone; nothing happens when one is under way anyway. */
  claimSoon(): void;
  /** True when something is waiting that could be claimed now; a cheap read. */
  hasClaimable(sources: readonly string[], now: Instant): Promise<boolean>;
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

export interface RunFilter {
  jobs?: readonly { source: string; key: string }[];
  scheduleId?: string;
  /** Runs of this backfill. */
  batch?: string;
  states?: readonly RunState[];
  notStates?: readonly RunState[];
  reasons?: readonly string[];
  triggers?: readonly string[];
  notJobs?: readonly { source: string; key: string }[];
  /** Leaves out runs with one of these reasons; runs without any reason stay. */
  notReasons?: readonly string[];
  notTriggers?: readonly string[];
  notSources?: readonly string[];
  /** True: only runs with failed records (X6); false: only runs without. */
  recordsFailed?: boolean;
  /** Limits the list to these sources (a token's too); an empty list matches nothing. */
  sources?: readonly string[];
  since?: Instant;
  until?: Instant;
  /**
   * Occurs in the cause, the error's message, the job's name or key, whatever its case. A page looks for it in at most
   * 20,000 of the runs that the other filters leave, and says where to go on.
   */
  text?: string;
  limit: number;
  /** Id of the last row of the page before. */
  after?: string;
  order?: "newest" | "oldest";
}

export interface LogFilter {
  /** Lines with a greater number. */
  after?: number;
  levels?: readonly LogLine["level"][];
  q?: string;
  attempt?: number;
  limit: number;
}

/** Runs of a list, and where it goes on. */
export interface RunPage {
  runs: TaskRun[];
  /** There are more, or, when it is `partial`, there may be. */
  hasMore: boolean;
  /** What `after` takes to go on; null at the end. */
  next: string | null;
  /** The filter matches so seldom that not all rows were looked at yet: fewer runs than asked for, or none. */
  partial: boolean;
}

/** Reading, apart from the store: lists and details. */
export interface RunQueries {
  byId(id: string): Promise<TaskRun | undefined>;
  list(filter: RunFilter): Promise<RunPage>;
  count(filter: RunFilter, cap: number): Promise<number>;
  /** Oldest first; the one that runs now is the last. */
  attempts(runId: string): Promise<import("./task-run.ts").Attempt[]>;
  logLines(runId: string, filter: LogFilter): Promise<{ lines: LogLine[]; hasMore: boolean }>;
  /** Those of the run's latest attempt, by their number. */
  failedRecords(runId: string, after: number, limit: number): Promise<FailedRecord[]>;
  /** How many of those are kept, and how many of them have a key. */
  failedRecordsOf(runId: string): Promise<{ kept: number; withKey: number }>;
  /** The keys of those, each once, in the order in which they were refused. */
  failedKeys(runId: string): Promise<string[]>;
  /** The newest runs of each job, newest first. */
  recentOf(jobs: readonly { source: string; key: string }[], each: number): Promise<Map<string, TaskRun[]>>;
  /** The newest run that was executed, of each schedule. */
  lastOf(scheduleIds: readonly string[]): Promise<Map<string, TaskRun>>;
}
