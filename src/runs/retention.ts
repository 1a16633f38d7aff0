// What is let go of, and what never: the rules, and the port that db/ implements.
import type { Instant } from "../clock.ts";

export interface RetentionLimits {
  runsMs: number;
  logsMs: number;
  runsPerJob: number;
  auditMs: number;
  auditRows: number;
}

/** The instants before which things are old. */
export interface Cutoffs {
  /** Finished runs of before this go. */
  runs: Instant;
  /** Finished runs of before this lose their log. */
  logs: Instant;
  /** Finished runs beyond the number of their job go when they are of before this. */
  crowded: Instant;
  audit: Instant;
  /** Nothing of after this goes for being too many. */
  untouched: Instant;
}

/** Pure. Nothing of the time that a catch-up could still look at is touched, whatever the settings say. */
export function cutoffsOf(now: Instant, limits: RetentionLimits, longestWindowMs: number): Cutoffs {
  const untouched = now - longestWindowMs;
  return {
    runs: Math.min(now - limits.runsMs, untouched),
    logs: Math.min(now - limits.logsMs, untouched),
    crowded: untouched,
    audit: Math.min(now - limits.auditMs, untouched),
    untouched,
  };
}

/**
 * Each removes one small batch in a transaction of its own, and answers how many rows went and from where to go on; null
 * when there is nothing further. Never what has not ended, and of no job its last success and its last failure.
 */
export interface RetentionStore {
  /** The longest catch-up window of all schedules, in ms. */
  longestWindowMs(): Promise<number>;
  oldRuns(before: Instant, after: string | null): Promise<Batch>;
  oldLogs(before: Instant, after: string | null, now: Instant): Promise<Batch>;
  /** Of one job after the other: those beyond the newest `keep`. */
  crowdedRuns(keep: number, before: Instant, after: string | null): Promise<Batch>;
  /** Those of before `before`, and of before `crowded` those beyond the newest `keep`. */
  oldAudit(before: Instant, keep: number, crowded: Instant): Promise<Batch>;
  /** Sessions and sign-in codes that have expired, and keys of requests after their day. */
  oldAccess(now: Instant): Promise<number>;
}

export interface Batch {
  gone: number;
  next: string | null;
}
