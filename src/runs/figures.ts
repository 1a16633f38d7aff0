// Figures over many runs: the port that db/ implements.
import type { Instant } from "../clock.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import type { RunState } from "./task-run.ts";

export interface JobFigures {
  byState: Partial<Record<RunState, number>>;
  /** Of those that succeeded, newest first, in ms. */
  durationsMs: number[];
  /** Starts of those that a schedule made, whatever became of the schedule since; oldest first. */
  starts: { at: Instant; scheduleId: string }[];
  records: RecordCounts;
  /** There are more runs than were looked at. */
  partial: boolean;
}

/** The newest success of a job. */
export interface LastSuccess {
  source: string;
  jobKey: string;
  runId: string;
  finishedAt: Instant;
}

/** Runs of one state that were queued in one hour. */
export interface HourCount {
  /** The hour's first instant. */
  hour: Instant;
  state: RunState;
  count: number;
}

export interface Figures {
  /** Of the newest 50,000 runs queued at or after `since`; null: of all sources. */
  byHour(
    since: Instant,
    sources: readonly string[] | null,
  ): Promise<{ counts: HourCount[]; partial: boolean }>;
  /** Runs that wait and could start now; counted up to 100,000. */
  queued(now: Instant): Promise<number>;
  /** Skipped fires by reason since this process started. */
  skippedSinceStart(): Promise<ReadonlyMap<string, number>>;
  /** Of every job that ever succeeded, as far as its runs are kept. */
  lastSuccesses(): Promise<LastSuccess[]>;
  /**
   * The last instant for which a fire of the job was left out because somebody wanted it (paused, switched off, asked),
   * of the rows after a run's; null when there is none.
   */
  leftOutThrough(source: string, jobKey: string, afterRun: string): Promise<Instant | null>;
  /** Running attempts by the worker that holds them; null: of all sources. */
  runningByWorker(sources: readonly string[] | null): Promise<ReadonlyMap<string, number>>;
  /** Of the newest 10,000 runs of a job. */
  ofJob(source: string, jobKey: string, since: Instant): Promise<JobFigures>;
}
