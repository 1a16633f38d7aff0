// What a schedule is: when a job runs, with which params and policies.
import type { Instant } from "../clock.ts";
import type { OverlapPolicy, RetryPolicy } from "../sdk/spec.ts";

/** Why a fire did not become an execution. */
export const SKIPPED_REASONS = [
  "overlap",
  "buffer_full",
  "missed",
  "merged",
  "paused",
  "held",
  "disabled",
  "job_missing",
  "source_unavailable",
  "dst_gap",
  "asked",
  "limit",
] as const;
export type SkippedReason = (typeof SKIPPED_REASONS)[number];

export type CatchUpPolicy = "skip" | "latest" | "all" | "merge";

/** When: exactly one of a cron text, an interval from an anchor, or one instant. */
export type When =
  | { kind: "cron"; cron: string; timeZone: string; gap: "next" | "skip"; repeat: "first" | "both" }
  | { kind: "every"; everyMs: number; anchorAt: Instant }
  | { kind: "at"; at: Instant };

/** One row of `schedules`. Instants are epoch ms, durations ms. */
export interface Schedule {
  id: string;
  source: string;
  jobKey: string;
  name: string | null;
  when: When;
  /** Also for `every` and `at`: the zone in which its times are shown. */
  timeZone: string;
  params: Record<string, unknown>;
  enabled: boolean;
  overlap: OverlapPolicy;
  catchUp: { policy: CatchUpPolicy; windowMs: number; max: number };
  jitterMs: number;
  timeoutMs: number | null;
  retries: RetryPolicy | null;
  maxFailedShare: number | null;
  /** Fires before it or after `endAt` are not owed; a fire exactly at one of them is. */
  startAt: Instant | null;
  endAt: Instant | null;
  maxRuns: number | null;
  /** Rows so far that ran or will run, for `maxRuns`. */
  runsCounted: number;
  /** Grows by one at every change; stamped on the rows. */
  revision: number;
  /** The cursor: every fire up to here has its row. Never moves back (S6). */
  firedThrough: Instant;
  /** The next fire after the cursor, or null when there is none any more. */
  nextFireAt: Instant | null;
  origin: "api" | "code";
  createdAt: Instant;
  updatedAt: Instant;
}

/** A run of the schedule that has not ended; overlap is decided from these. */
export interface ActiveRun {
  id: string;
  state: "queued" | "running" | "retrying";
  fireAt: Instant | null;
}

/** A row that the plan owes: one fire, or a range of them. */
export interface PlannedRow {
  outcome: "run" | "skip";
  /** Set when `outcome` is skip. */
  reason: SkippedReason | null;
  /** In words, for the row's `cause`; null for a run on time. */
  cause: string | null;
  fireAt: Instant;
  /** Set on a range row; both ends belong to it. */
  fireThrough: Instant | null;
  /** Fires in the range, or null when there are too many to count. */
  fireCount: number | null;
  /** When the run may start: its instant plus jitter, or later when catch-up is spaced. */
  availableAt: Instant;
  /** On a run that stands for several missed fires (policy merge). */
  missed: { from: Instant; to: Instant; count: number } | null;
}

/** What a schedule owes up to now, and where its cursor stands afterwards. */
export interface Plan {
  rows: PlannedRow[];
  firedThrough: Instant;
  nextFireAt: Instant | null;
  runsCounted: number;
  /** Active runs to end because of `cancel_other`. */
  cancel: string[];
}

/**
 * The rows and the changed schedule that one locked change writes; `schedule` null deletes it and ends its waiting runs,
 * those among `rows` too (`schedule_deleted`).
 */
export interface Change {
  rows: PlannedRow[];
  cancel: string[];
  schedule: Schedule | null;
}

export interface ScheduleFilter {
  source?: string;
  sources?: readonly string[];
  jobKey?: string;
  /** Only schedules of these jobs, as addresses `source:key`. */
  jobs?: readonly string[];
  limit: number;
  /** Keyset: ids after this one. */
  after?: string;
}

/** Names the request that an effect belongs to, so that its transaction can record it (A1); opaque to schedules. */
export interface RequestRef {
  actor: string;
  key: string;
  digest: string;
}

/** Where schedules are kept; implemented in db/. Every method is one transaction. */
export interface ScheduleStore {
  insert(schedule: Schedule, actor: string, request?: RequestRef): Promise<void>;
  byId(id: string): Promise<Schedule | undefined>;
  list(filter: ScheduleFilter): Promise<Schedule[]>;
  /**
   * Locks the row, hands it and its active runs to `decide` (pure, may be called again), and writes rows, cancels and
   * the new revision in the same transaction (S7: settle, then change). An error thrown by `decide` leaves all as it was.
   */
  change(
    id: string,
    actor: string,
    decide: (schedule: Schedule, active: ActiveRun[]) => Change,
  ): Promise<Schedule | undefined>;
  /** Locks at most `limit` due schedules and settles each by `decide`; answers how many were due. */
  settleDue(
    now: Instant,
    limit: number,
    decide: (schedule: Schedule, active: ActiveRun[]) => Plan,
  ): Promise<number>;
}
