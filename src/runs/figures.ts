// Figures over many runs: the port that db/ implements.
import type { Instant } from "../clock.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import type { RunState } from "./task-run.ts";

export interface JobFigures {
  byState: Partial<Record<RunState, number>>;
  /** Of those that succeeded, newest first, in ms. */
  durationsMs: number[];
  /** Starts of those that a schedule made, oldest first. */
  starts: Instant[];
  records: RecordCounts;
  /** There are more runs than were looked at. */
  partial: boolean;
}

export interface Figures {
  /** Runs that wait and could start now; counted up to 100,000. */
  queued(now: Instant): Promise<number>;
  /** Skipped fires by reason since this process started. */
  skippedSinceStart(): Promise<ReadonlyMap<string, number>>;
  /** Running attempts by the worker that holds them; null: of all sources. */
  runningByWorker(sources: readonly string[] | null): Promise<ReadonlyMap<string, number>>;
  /** Of the newest 10,000 runs of a job. */
  ofJob(source: string, jobKey: string, since: Instant): Promise<JobFigures>;
}
