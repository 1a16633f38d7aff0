// What a schedule is: when a job runs, with which params and policies.
import type { Instant } from "../clock.ts";
import type { OverlapPolicy, RetryPolicy } from "../sdk/spec.ts";
import type { AppliedSuggestion } from "./suggested.ts";
import type { Hold, Pause, PauseScope, ScopedPause, Suspended, SwitchedOff } from "./suspension.ts";

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
  "job_stale",
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
  /** Set while it is switched off. */
  disabled: SwitchedOff | null;
  /** Its own pause; one whose `until` has passed is over, and says nothing any more. */
  paused: Pause | null;
  held: Hold | null;
  /** The suspension that it is in: fires since the cursor get their one range row when it ends. */
  suspended: Suspended | null;
  /** Fires that somebody asked to leave out; those up to the cursor have their rows. */
  skips: readonly AskedSkip[];
  overlap: OverlapPolicy;
  catchUp: { policy: CatchUpPolicy; windowMs: number; max: number };
  jitterMs: number;
  timeoutMs: number | null;
  retries: RetryPolicy | null;
  maxFailedShare: number | null;
  /** It pauses itself after so many failed runs in a row; null: never. */
  pauseAfterFailures: number | null;
  /** Runs that ended before do not count for `pauseAfterFailures`: resuming starts anew. */
  failuresSince: Instant;
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
  /** With origin `code`: the suggestion of the job's code that it was made from, as it was then. */
  suggested: AppliedSuggestion | null;
  createdAt: Instant;
  updatedAt: Instant;
}

/** One fire that is to become a skipped row `asked`. */
export interface AskedSkip {
  at: Instant;
  by: string;
  reason: string | null;
}

/** A run of the schedule that has not ended; overlap is decided from these. Runs of a backfill are none of them. */
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
  /** On a run that stands for several missed fires (policy merge); `count` null: too many to count. */
  missed: { from: Instant; to: Instant; count: number | null } | null;
}

/** What a schedule owes up to now, and where its cursor stands afterwards. */
export interface Plan {
  rows: PlannedRow[];
  firedThrough: Instant;
  nextFireAt: Instant | null;
  runsCounted: number;
  /** Active runs to end because of `cancel_other`. */
  cancel: string[];
  /** The suspension that it is in afterwards; undefined: as before. */
  suspended?: Suspended | null;
  /** Set when the schedule pauses itself: its next revision. */
  pause?: Pause;
}

/** What is read beside a schedule, in the transaction that decides on it. */
export interface SettleFacts {
  /** Pauses of jobs, sources and everything that are open, or ended after the cursor of a schedule at hand. */
  pauses: readonly ScopedPause[];
  /** The newest runs that succeeded or failed, newest first; only of schedules that pause themselves. */
  ended: readonly EndedRun[];
}

export interface EndedRun {
  id: string;
  state: "succeeded" | "failed";
  finishedAt: Instant;
  cause: string | null;
}

/** What a revision did; kept beside it. */
export const REVISION_ACTIONS = [
  "created",
  "edited",
  "paused",
  "resumed",
  "held",
  "released",
  "skip_next",
  "deleted",
] as const;
export type RevisionAction = (typeof REVISION_ACTIONS)[number];

/**
 * The rows and the changed schedule that one locked change writes; `schedule` null deletes it and ends its waiting runs,
 * those among `rows` too (`schedule_deleted`).
 */
export interface Change {
  rows: PlannedRow[];
  cancel: string[];
  schedule: Schedule | null;
  /** `edited` (or `deleted`) unless said. */
  action?: RevisionAction;
  /** When it was deleted. */
  at?: Instant;
  /** Asked skips of fires that the schedule has no more after the change. */
  droppedSkips?: readonly AskedSkip[];
  reason?: string | null;
}

/** Which schedules are meant; an empty list of what is asked for means none. */
export interface ScheduleChoice {
  source?: string;
  sources?: readonly string[];
  notSources?: readonly string[];
  jobKey?: string;
  /** Only schedules of these jobs, as addresses `source:key`. */
  jobs?: readonly string[];
  notJobs?: readonly string[];
}

export interface ScheduleFilter extends ScheduleChoice {
  limit: number;
  /** Keyset: ids after this one, in the order of the list. */
  after?: string;
  /** Ids grow with the instant at which a schedule was made; oldest first unless given. */
  order?: "oldest" | "newest";
}

/** Names the request that an effect belongs to, so that its transaction can record it (A1); opaque to schedules. */
export interface RequestRef {
  actor: string;
  key: string;
  digest: string;
}

export type Decide<T> = (schedule: Schedule, active: ActiveRun[], facts: SettleFacts) => T;

/** Where schedules are kept; implemented in db/. Every method is one transaction. */
export interface ScheduleStore {
  insert(schedule: Schedule, actor: string, request?: RequestRef): Promise<void>;
  byId(id: string): Promise<Schedule | undefined>;
  list(filter: ScheduleFilter): Promise<Schedule[]>;
  /** How many there are, at most `cap`; `capped` when there are more. */
  count(choice: ScheduleChoice, cap: number): Promise<{ count: number; capped: boolean }>;
  /**
   * Locks the row, hands it and its active runs to `decide` (pure, may be called again), and writes rows, cancels and
   * the new revision in the same transaction (S7: settle, then change). An error thrown by `decide` leaves all as it was.
   */
  change(
    id: string,
    actor: string,
    decide: Decide<Change>,
    request?: RequestRef,
  ): Promise<Schedule | undefined>;
  /** Locks at most `limit` due schedules and settles each by `decide`; answers how many were due. */
  settleDue(now: Instant, limit: number, decide: Decide<Plan>): Promise<number>;
  /** At most `limit` schedules that are in the suspension `key`, in order of id, with ids after `after`. */
  inSuspension(key: string, after: string, limit: number): Promise<Schedule[]>;
  /** Settles these as they were read, unless somebody has been there since; those without a plan stay as they are. */
  settleSuspended(read: readonly Schedule[], now: Instant, decide: Decide<Plan | undefined>): Promise<void>;
  /** The keys of all suspensions that some schedule is in. */
  suspensionKeys(): Promise<string[]>;
  /** Pauses whose `until` has passed are over. */
  closePassedPauses(now: Instant): Promise<void>;
  /** The pauses of jobs, sources and everything that have not ended, the oldest first. */
  openPauses(): Promise<ScopedPause[]>;
  /** The newest of those that have ended, the last first. */
  endedPauses(limit: number): Promise<ScopedPause[]>;
  /**
   * Locks the open pause of this scope, if there is one, and writes what `decide` answers: the same id is changed,
   * another one added, undefined changes nothing. `request` is recorded as done in the same transaction (A1).
   */
  changePause(
    scope: PauseScope,
    decide: (open: ScopedPause | undefined) => ScopedPause | undefined,
    request?: RequestRef,
  ): Promise<ScopedPause | undefined>;
}
