// What the face needs from the rest: narrow interfaces that the app hands in. Stores throw ExpectedError 503
// (`database_away`) when the database cannot be reached; everything else that is not an ExpectedError becomes a 500.
import type { Access } from "../access/access.ts";
import type { CatalogEntry, LoadError, LoadState } from "../catalog/version.ts";
import type { Clock, Instant } from "../clock.ts";
import type { Actor, Attempt, LogLine, Reason, RunState, TaskRun, Trigger } from "../runs/task-run.ts";
import type { Schedule, ScheduleFilter } from "../schedules/schedule.ts";

/** The spec of a job, as the catalog holds it. */
export type JobSpec = NonNullable<CatalogEntry["spec"]>;

/** One mounted source, or `builtin`. */
export interface SourceState {
  name: string;
  /** Where it is mounted in this process; shown to admins only. */
  path?: string;
  state: "available" | "unavailable";
  /** Why it is unavailable, in words. */
  detail?: string | null;
  watcher: "events" | "poll" | "off";
  lastChangeAt: Instant | null;
  /** From the last change seen to its jobs being served. */
  lagMs?: number | null;
}

/** A current load error, with or without a good version that still serves. */
export interface FailedLoad {
  source: string;
  key: string;
  loadState: LoadState;
  error: LoadError;
}

/** The catalog, read from memory: none of these waits for anything. */
export interface Jobs {
  /** Every job of every source, `builtin` too. */
  entries(): readonly CatalogEntry[];
  entry(source: string, key: string): CatalogEntry | undefined;
  sources(): readonly SourceState[];
  loadErrors(): readonly FailedLoad[];
}

/** The rules for params of a job spec; plain functions of the sdk, handed in because the face does not know the sdk. */
export interface ParamRules {
  /** The checked, decoded values with defaults filled in; throws ExpectedError 422 with pointers below `/params`. */
  check(spec: JobSpec, params: Record<string, unknown>): Record<string, unknown>;
  /** The one JSON Schema 2020-12 of the spec's params. */
  schema(spec: JobSpec): Record<string, unknown>;
}

/** Names the request that an effect belongs to, so that the effect's own transaction can record it (A1). */
export interface IdempotencyRef {
  /** Id of the principal; at most 64 characters. */
  actor: string;
  /** As sent, 1 to 255 visible ASCII characters. */
  key: string;
  /** HMAC-SHA-256 (hex) over method, path and body. */
  digest: string;
}

/** What `begin` found. */
export type IdempotencyState =
  /** The key is new (or its holder is gone without an effect) and now held by this request. */
  | { kind: "first" }
  /** The same request was answered before. */
  | { kind: "done"; status: number; resourceId: string }
  /** The same key with another body, method or path. */
  | { kind: "other" }
  /** The same request is running at this moment. */
  | { kind: "running" };

/**
 * Rows (actor, key) of the last 24 hours. A domain call that gets the IdempotencyRef calls the row's `finish` in the
 * transaction of its effect; the face calls `finish` again afterwards, which must be harmless.
 */
export interface IdempotencyStore {
  /**
   * Inserts the row, or tells what is there; of two that come together exactly one is `first`. A row without a result
   * that is older than two minutes belongs to a process that died before its effect: it is taken over (`first`).
   */
  begin(ref: IdempotencyRef, now: Instant): Promise<IdempotencyState>;
  /** Sets status and resource where they are still empty. */
  finish(ref: IdempotencyRef, status: number, resourceId: string): Promise<void>;
  /** Removes the row if it has no result: the request was refused, and the key may be used again. */
  abandon(ref: IdempotencyRef): Promise<void>;
}

export interface TriggerRequest {
  source: string;
  jobKey: string;
  /** As sent; the domain checks them (422 with pointers below `/params`) and seals the secrets. */
  params: Record<string, unknown>;
  /** -10 to 10, 0 unless asked. */
  priority?: number;
  delayMs?: number;
  /** What to do when the job has no free slot: wait (default), or 409. */
  onBusy?: "queue" | "refuse";
  trigger: Trigger;
  actor: Actor;
  idempotency?: IdempotencyRef;
}

export interface Runs {
  /** Committed when it answers (A1). */
  trigger(request: TriggerRequest): Promise<TaskRun>;
  /** The run once it is final, or as it is after `ms`. `signal`: whoever asked has gone. */
  waitForEnd(id: string, ms: number, signal?: AbortSignal): Promise<TaskRun>;
}

/** What runs may be sorted by. Ids grow with `queuedAt`, so that one is sorted by id alone. */
export type RunSort = "queuedAt" | "startedAt" | "finishedAt";

/** The last row of the page before: its sort value (null: the row had none; those come last) and its id as tie-break. */
export interface RunCursor {
  value: Instant | null;
  id: string;
}

/** Every list given is an "or" inside, and all of them together an "and"; left out means everything. */
export interface RunFilter {
  /** Addresses, `source:key`. */
  jobs?: readonly string[];
  notJobs?: readonly string[];
  schedules?: readonly string[];
  states?: readonly RunState[];
  notStates?: readonly RunState[];
  reasons?: readonly Reason[];
  /** Leaves out runs with one of these; runs without any reason stay. */
  notReasons?: readonly Reason[];
  triggers?: readonly Trigger[];
  notTriggers?: readonly Trigger[];
  /** Holds for visibility too: a token limited to sources always has it set. Empty means nothing. */
  sources?: readonly string[];
  notSources?: readonly string[];
  /** Queued at or after. */
  since?: Instant;
  /** Queued before. */
  until?: Instant;
  /** Occurs in the cause, the error's message, the job's name or key; case-insensitive. */
  text?: string;
  /** True: only runs with failed records, false: only runs without. */
  recordsFailed?: boolean;
}

export interface RunListRequest extends RunFilter {
  limit: number;
  after?: RunCursor;
  /** Default queuedAt, newest first. */
  sort?: RunSort;
  direction?: "asc" | "desc";
  /** Also count all that the filter matches, up to 10,000. */
  count?: boolean;
}

export interface RunPage {
  runs: TaskRun[];
  hasMore: boolean;
  /** Only when asked for; `capped` when there are more than that. */
  count?: { value: number; capped: boolean };
}

export interface LogRequest {
  /** Lines with a greater `seq`. */
  after?: number;
  /** This level and those above it. */
  level?: LogLine["level"];
  /** Occurs in the text; case-insensitive. */
  q?: string;
  attempt?: number;
  limit: number;
}

export interface LogPage {
  lines: LogLine[];
  hasMore: boolean;
}

/** One refused record of a run (table `failed_records`). */
export interface FailedRecord {
  seq: number;
  attempt: number;
  key: string | null;
  reason: string | null;
}

export interface RunQueries {
  byId(id: string): Promise<TaskRun | undefined>;
  list(request: RunListRequest): Promise<RunPage>;
  /** Oldest first. */
  attempts(runId: string): Promise<Attempt[]>;
  /** In order of `seq`. */
  logLines(runId: string, request: LogRequest): Promise<LogPage>;
  /** In order of `seq`. */
  failedRecords(
    runId: string,
    request: { after?: number; limit: number },
  ): Promise<{ records: FailedRecord[]; hasMore: boolean }>;
  /** The newest `n` runs of each address (`source:key`), newest first. */
  recentOf(addresses: readonly string[], n: number): Promise<ReadonlyMap<string, TaskRun[]>>;
  /** The newest run of each schedule that has one. */
  lastOf(scheduleIds: readonly string[]): Promise<ReadonlyMap<string, TaskRun>>;
}

/** What the body of POST /schedules and PATCH /schedules/{id} says, shape checked; times are RFC 3339 texts. */
export interface ScheduleFields {
  name?: string | null;
  cron?: string;
  every?: string;
  anchorAt?: string;
  at?: string;
  timeZone?: string | null;
  params?: Record<string, unknown>;
  enabled?: boolean;
  overlap?: string | null;
  catchUp?: { policy?: string; windowMs?: number; max?: number } | null;
  dst?: { gap?: string; repeat?: string } | null;
  jitterMs?: number | null;
  timeoutMs?: number | null;
  retries?: { attempts?: number; backoffMs?: number; factor?: number; maxMs?: number } | null;
  maxFailedShare?: number | null;
  startAt?: string | null;
  endAt?: string | null;
  maxRuns?: number | null;
}

export interface SchedulePreviewRequest {
  cron?: string;
  every?: string;
  at?: string;
  timeZone?: string;
  count?: number;
  from?: string;
  dst?: { gap?: string; repeat?: string };
}

export interface NextFire {
  at: Instant;
  /** The same instant in the schedule's zone, with its offset: `2027-03-28T03:00:00+02:00`. */
  local: string;
}

export interface SchedulePreview {
  sentence: string;
  timeZone: string;
  nextFires: readonly NextFire[];
  warnings: readonly { code: string; message: string }[];
}

/** Schedules check their own input and throw ExpectedError 422 with pointers into the body. */
export interface Schedules {
  create(
    request: { source: string; jobKey: string; fields: ScheduleFields; idempotency?: IdempotencyRef },
    actor: string,
  ): Promise<Schedule>;
  get(id: string): Promise<Schedule | undefined>;
  list(filter: ScheduleFilter): Promise<Schedule[]>;
  /** Merge patch (null resets a field to its default); 412 when the revision is not `expected` (null: any). */
  patch(id: string, patch: ScheduleFields, expected: number | null, actor: string): Promise<Schedule>;
  /** 412 when the revision is not `expected` (null: any). */
  remove(id: string, expected: number | null, actor: string): Promise<void>;
  preview(request: SchedulePreviewRequest): SchedulePreview;
  /** The sentence and the next `n` fires of a saved schedule; pure, tens of microseconds a fire. */
  describe(schedule: Schedule, n: number): { sentence: string; nextFires: readonly NextFire[] };
}

/** One line of /readyz: a part that has to work, and what is wrong with it when it does not. */
export interface HealthCheck {
  name: string;
  ok: boolean;
  detail?: string;
}

export interface Health {
  /** True from SIGTERM on: everything but /livez and /readyz is answered with 503. */
  draining(): boolean;
  /** Cached by whoever implements it: it is asked often and by anybody. */
  checks(): Promise<readonly HealthCheck[]>;
}

/** What GET /meta says of this installation; nothing in it is secret. */
export interface Meta {
  version: string;
  database: "sqlite" | "mysql" | "mariadb";
  /** Default zone of new schedules. */
  timeZone: string;
  features: readonly string[];
}

/** Where errors of ours go; pino's signature. */
export interface FaceLog {
  error(fields: object, message: string): void;
}

export interface FaceDeps {
  jobs: Jobs;
  params: ParamRules;
  runs: Runs;
  runQueries: RunQueries;
  schedules: Schedules;
  access: Access;
  idempotency: IdempotencyStore;
  /** At least 32 bytes, derived from JOBMOUNT_SECRET_KEY: bodies may hold secrets, so their digests are keyed. */
  idempotencyKey: Uint8Array;
  health: Health;
  meta: Meta;
  clock: Clock;
  log: FaceLog;
  /** Base of links that people open, without a slash at its end: `http://127.0.0.1:3000`. */
  publicUrl(): string;
}
