// What has become of a schedule and its fires, as the database remembers it: the facts behind every explanation.
import type { Instant } from "../clock.ts";
import type { RevisionAction, Schedule } from "./schedule.ts";
import type { ScopedPause } from "./suspension.ts";

/** One row of `schedule_revisions`. */
export interface Revision {
  revision: number;
  /** Fires after it, up to and including the next revision's, are this one's. */
  from: Instant;
  actor: string;
  action: RevisionAction;
  reason: string | null;
  schedule: Schedule;
}

/** The row of task_runs that accounts for an instant. */
export interface FireRow {
  id: string;
  state: "queued" | "running" | "retrying" | "succeeded" | "failed" | "cancelled" | "skipped";
  reason: string | null;
  cause: string | null;
  fireAt: Instant;
  fireThrough: Instant | null;
  fireCount: number | null;
  availableAt: Instant;
  startedAt: Instant | null;
  finishedAt: Instant | null;
}

/** A run that a backfill made of an instant, beside the row that accounts for it. */
export interface BackfillRun {
  batch: string;
  run: string;
  state: FireRow["state"];
}

/** The revisions around an instant. */
export interface RevisionsAt {
  first: Revision;
  /** The one that owes the fire of the instant; undefined before the first. */
  holding: Revision | undefined;
  last: Revision;
  /** Before `holding`, the newest first; the nearest of them when there are many. */
  earlier: readonly Revision[];
  /** After `holding`, the oldest first, up to the last; the nearest of them and the last when there are many. */
  later: readonly Revision[];
}

/** Where the facts are; implemented in db/. */
export interface ScheduleHistory {
  /** Undefined: there never was such a schedule. */
  revisionsAt(id: string, at: Instant): Promise<RevisionsAt | undefined>;
  /** The latest row whose fires begin at or before `at`; a range may reach over it. */
  rowBefore(id: string, at: Instant): Promise<FireRow | undefined>;
  /** The newest run that a backfill made of the instant. */
  backfillOf(id: string, at: Instant): Promise<BackfillRun | undefined>;
  /** Pauses of jobs, sources and everything that were in force at `at`; an open one that began ahead of `now` is. */
  pausesAt(at: Instant, now: Instant): Promise<ScopedPause[]>;
}
