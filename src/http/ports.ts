// What the face needs from the rest: narrow interfaces that the app hands in. Stores throw ExpectedError 503
// (`database_away`) when the database cannot be reached; everything else that is not an ExpectedError becomes a 500.
import type { Access } from "../access/access.ts";
import type { Audit } from "../access/audit.ts";
import type { JobVersions } from "../catalog/job-versions.ts";
import type { CatalogEntry, LoadError, LoadState } from "../catalog/version.ts";
import type { Clock, Instant } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Changes } from "./changes.ts";
import type { Page } from "./static.ts";
import type { RetryInput } from "../runs/again.ts";
import type { Backfills as BackfillService } from "../runs/backfill.ts";
import type { Followers } from "../runs/followers.ts";
import type { Figures } from "../runs/figures.ts";
import type { JobValueStore } from "../runs/job-values.ts";
import type { RunNowInput } from "../runs/runs.ts";
import type { RunQueries } from "../runs/queries.ts";
import type { Actor, TaskRun, Trigger } from "../runs/task-run.ts";
import type { RequestRef, Schedule } from "../schedules/schedule.ts";
import type { Controls as ScheduleControls } from "../schedules/controls.ts";
import type { Effect } from "../schedules/effect.ts";
import type { Expected } from "../schedules/expected.ts";
import type { Explainer } from "../schedules/explainer.ts";
import type { Schedules as ScheduleService } from "../schedules/schedules.ts";
import type { ScopePauses } from "../schedules/scope-pauses.ts";
import type { Suggestions as SuggestionService } from "../schedules/suggestions.ts";
import type { UpTimeStore } from "../schedules/up-time.ts";

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
  /** The version that runs go on using. */
  serving: string | null;
}

/** The catalog, read from memory: none of these waits for anything. */
export interface Jobs {
  /** Every job of every source, `builtin` too. */
  entries(): readonly CatalogEntry[];
  entry(source: string, key: string): CatalogEntry | undefined;
  sources(): readonly SourceState[];
  loadErrors(): readonly FailedLoad[];
}

/** Which version of a job serves. Each answers the job as it is then; 404 for an unknown job. */
export interface Serving {
  /** Serves this version until `unpin`, whatever the folder holds. `hash` in full. */
  pin(source: string, key: string, hash: string, request?: IdempotencyRef): Promise<CatalogEntry>;
  /** What the folder holds serves at once. */
  unpin(source: string, key: string, request?: IdempotencyRef): Promise<CatalogEntry>;
  /** Looks at the job's folder now. */
  reload(source: string, key: string): Promise<CatalogEntry>;
}

/** What an admin sets for a job beside its code. */
export interface JobSettings {
  /** Merges `patch` over what is set; 412 when the settings are at another revision than `expected`, 422 with pointers. */
  patch(
    source: string,
    key: string,
    patch: Readonly<Record<string, unknown>>,
    expected: Expected,
    actor: string,
  ): Promise<CatalogEntry>;
  /** What it would do to the fires of the job's schedules; refused alike. */
  wouldPatch(
    entry: CatalogEntry,
    patch: Readonly<Record<string, unknown>>,
    expected: Expected,
  ): Promise<{ effect: Effect; schedules: number }>;
}

/** What is kept of the versions of jobs. */
export type Versions = Pick<JobVersions, "list" | "one" | "source" | "file" | "difference">;

/** The rules for params of a job spec; plain functions of the sdk, handed in because the face does not know the sdk. */
export interface ParamRules {
  /** The checked, decoded values with defaults filled in; throws ExpectedError 422 with pointers below `/params`. */
  check(spec: JobSpec, params: Record<string, unknown>): Record<string, unknown>;
  /** The one JSON Schema 2020-12 of the spec's params. */
  schema(spec: JobSpec): Record<string, unknown>;
  /** "Did you mean": the nearest of the names, if one is near. */
  nearest(wrong: string, names: Iterable<string>): string | undefined;
}

/**
 * Names the request that an effect belongs to, so that the effect's own transaction can record it (A1): the id of the
 * principal (at most 64 characters), the key as sent (1 to 255 visible ASCII characters), and the HMAC-SHA-256 (hex)
 * over method, path and body.
 */
export type IdempotencyRef = RequestRef;

/** What `begin` found. */
export type IdempotencyState =
  /** The key is new (or its holder is gone without an effect) and now held by this request. */
  | { kind: "first" }
  /** The same request was answered before. */
  | { kind: "done"; resourceId: string }
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
  /** Accepted, and committed, when it answers; 409 when the run has ended. */
  cancel(
    id: string,
    cancel: { by: string | null; note: string | null; request?: IdempotencyRef },
  ): Promise<TaskRun>;
  /** A new run, committed; 409 while the earlier one has not ended. */
  retry(of: TaskRun, input: RetryInput): Promise<TaskRun>;
  /** A run of a schedule now, committed; it stands for no fire. */
  runNow(schedule: Schedule, input: RunNowInput): Promise<TaskRun>;
  /** Gone with its log when it answers; 409 while it has not ended, and for skipped ones. */
  remove(run: TaskRun): Promise<void>;
  /** The run once it is final, or as it is after `ms`. `signal`: whoever asked has gone. */
  waitForEnd(id: string, ms: number, signal?: AbortSignal): Promise<TaskRun>;
}

/** One line of /readyz: a part that has to work, and what is wrong with it when it does not. */
export interface HealthCheck {
  name: string;
  ok: boolean;
  /** In words for anybody: /readyz needs no token, so no addresses, paths or names of users. */
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

/** Schedules check their own input and throw ExpectedError 422 with pointers into the body. */
export type Schedules = Pick<
  ScheduleService,
  | "create"
  | "get"
  | "list"
  | "count"
  | "patchAndTell"
  | "replaceAndTell"
  | "wouldPatch"
  | "remove"
  | "preview"
  | "describe"
  | "drift"
  | "openPauses"
>;

/** What jobs suggest in their code, made a schedule. */
export type Suggestions = Pick<SuggestionService, "accept">;

/** Pause, resume, skip the next fires, copy: bodies are checked there too. */
export type Controls = Pick<ScheduleControls, "pause" | "resume" | "wouldResume" | "skipNext" | "copy">;

/** Pauses of jobs, sources and everything. */
export type Pauses = Pick<ScopePauses, "open" | "ended" | "of" | "pause" | "resume" | "wouldResume">;

/** Runs for instants of the past; bodies are checked there too. */
export type Backfills = Pick<BackfillService, "start" | "summary" | "cancel">;

/** Why a schedule did or did not run. */
export type Explain = Pick<Explainer, "scheduleOf" | "explain">;

/** Which replicas have been settling schedules lately. */
export type UpTimes = Pick<UpTimeStore, "upSince">;

export type { RunQueries };

/** Sealed values by the id of their key; `others` are those under another key than the newest. */
export interface SecretCounts {
  key: string;
  current: number;
  resealed: number;
  others: Record<string, number>;
}

export interface Secrets {
  count(): Promise<SecretCounts>;
  /** Seals anew what is not under the newest key; done again, it changes nothing. */
  rotate(): Promise<SecretCounts>;
}

/** The metrics of this process, as Prometheus reads them. */
export interface MetricsPort {
  readonly contentType: string;
  text(): Promise<string>;
  /** One answered request; `route` is the pattern of its path. */
  request(method: string, route: string, status: number, seconds: number): void;
}

export interface FaceDeps {
  jobs: Jobs;
  serving: Serving;
  jobSettings: JobSettings;
  versions: Versions;
  params: ParamRules;
  runs: Runs;
  followers: Followers;
  runQueries: RunQueries;
  figures: Figures;
  jobValues: JobValueStore;
  metrics: MetricsPort;
  /** Looks at the folder of a source now; resolves when it was walked. */
  rescan(source: string): Promise<void>;
  schedules: Schedules;
  suggestions: Suggestions;
  controls: Controls;
  pauses: Pauses;
  upTimes: UpTimes;
  backfills: Backfills;
  explain: Explain;
  access: Access;
  audit: Audit;
  /** Hints for open pages. */
  changes: Changes;
  /** How often streams of events say that they live, and are asked whether they may; 15 s unless given. */
  eventHeartbeatMs?: number;
  secrets: Secrets;
  idempotency: IdempotencyStore;
  /** At least 32 bytes, derived from JOBMOUNT_SECRET_KEY: bodies may hold secrets, so their digests are keyed. */
  idempotencyKey: Uint8Array;
  health: Health;
  meta: Meta;
  /** Addresses and ranges of proxies whose X-Forwarded headers are believed. */
  trustedProxies: readonly string[];
  clock: Clock;
  log: Logger;
  /** Base of links that people open, without a slash at its end: `http://127.0.0.1:3000`. */
  publicUrl(): string;
  /** The path prefix under which browsers see the service, such as `/jobmount`; none unless given. */
  basePath?: string;
  /** The built admin page, when there is one. */
  page?: Page;
}
