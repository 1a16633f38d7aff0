// Reading runs, apart from the store that changes them: lists, details, the newest ones. The port that db/ implements.
import type { Instant } from "../clock.ts";
import type { FailedRecord } from "./store.ts";
import type { Attempt, BriefRun, LogLine, RunState, TaskRun } from "./task-run.ts";

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
  /** Occurs in cause, error, name or key, whatever its case; a page looks in at most 20,000 of the runs that the rest leaves. */
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
export interface RunPage<R = TaskRun> {
  runs: R[];
  /** There are more, or, when it is `partial`, there may be. */
  hasMore: boolean;
  /** What `after` takes to go on; null at the end. */
  next: string | null;
  /** The filter matches so seldom that not all rows were looked at yet, or what matched is too long for one page: fewer runs than asked for, or none. */
  partial: boolean;
}

/** How many runs match: `count`, at most the cap that was asked for. */
export interface RunCount {
  count: number;
  /** There are more than the cap, or not all rows were looked at: there may be more than `count`. */
  capped: boolean;
}

/** Reading, apart from the store: lists and details. */
export interface RunQueries {
  byId(id: string): Promise<TaskRun | undefined>;
  /** A page ends early, and says so, where its params and results would be more than fits into memory many times over. */
  list(filter: RunFilter): Promise<RunPage>;
  listBriefly(filter: RunFilter): Promise<RunPage<BriefRun>>;
  count(filter: RunFilter, cap: number): Promise<RunCount>;
  /** Oldest first; the one that runs now is the last. */
  attempts(runId: string): Promise<Attempt[]>;
  logLines(runId: string, filter: LogFilter): Promise<{ lines: LogLine[]; hasMore: boolean }>;
  /** Those of the run's latest attempt, by their number. */
  failedRecords(runId: string, after: number, limit: number): Promise<FailedRecord[]>;
  /** How many of those are kept, and how many of them have a key. */
  failedRecordsOf(runId: string): Promise<{ kept: number; withKey: number }>;
  /** The keys of those, each once, in the order in which they were refused. */
  failedKeys(runId: string): Promise<string[]>;
  /** The newest runs of each job, newest first. */
  recentOf(jobs: readonly { source: string; key: string }[], each: number): Promise<Map<string, BriefRun[]>>;
  /** The newest run that was executed, of each schedule. */
  lastOf(scheduleIds: readonly string[]): Promise<Map<string, BriefRun>>;
}
