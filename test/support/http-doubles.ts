// The domain behind the face, in memory: doubles of our own ports, for tests of the face alone.
import { randomBytes } from "node:crypto";
import { Access } from "../../src/access/access.ts";
import { Audit } from "../../src/access/audit.ts";
import { JobVersions } from "../../src/catalog/job-versions.ts";
import type { CatalogEntry } from "../../src/catalog/version.ts";
import { addressOf, NO_SETTINGS, withOverrides } from "../../src/catalog/version.ts";
import type { Clock } from "../../src/clock.ts";
import { isSealed } from "../../src/db/secrets.ts";
import { invalid } from "../../src/errors.ts";
import { JobSettings } from "../../src/app/job-settings.ts";
import type { SettingsChange } from "../../src/catalog/store.ts";
import { Metrics } from "../../src/app/metrics.ts";
import { Changes } from "../../src/http/changes.ts";
import type { FaceDeps, FailedLoad, HealthCheck, SourceState } from "../../src/http/ports.ts";
import { silentLogger } from "../../src/log.ts";
import { Backfills } from "../../src/runs/backfill.ts";
import { Followers } from "../../src/runs/followers.ts";
import { Notices } from "../../src/runs/notices.ts";
import { Runs } from "../../src/runs/runs.ts";
import type { FailedRecord, NewRun } from "../../src/runs/store.ts";
import { isFinal } from "../../src/runs/state.ts";
import type { Attempt, LogLine, RunState, TaskRun } from "../../src/runs/task-run.ts";
import { Controls } from "../../src/schedules/controls.ts";
import { Explainer } from "../../src/schedules/explainer.ts";
import { Schedules } from "../../src/schedules/schedules.ts";
import { Suggestions } from "../../src/schedules/suggestions.ts";
import { ScopePauses } from "../../src/schedules/scope-pauses.ts";
import { nearest } from "../../src/sdk/nearest.ts";
import { checkParams, secretParams } from "../../src/sdk/params.ts";
import { paramsSchema } from "../../src/sdk/schema.ts";
import type { JobSpec, ParamDefinition } from "../../src/sdk/spec.ts";
import { MemoryAudit } from "./memory-audit.ts";
import { MemoryFigures } from "./memory-figures.ts";
import { MemoryBatches } from "./memory-batches.ts";
import { MemoryHistory } from "./memory-history.ts";
import { MemoryIdempotency } from "./memory-idempotency.ts";
import { MemoryJobValues } from "./memory-job-values.ts";
import { MemoryRunQueries } from "./memory-run-queries.ts";
import { MemoryScheduleStore } from "./memory-schedules.ts";
import { MemorySessions, MemoryTokens } from "./memory-tokens.ts";
import { MemoryVersions } from "./memory-versions.ts";
import { jobSpec } from "./spec.ts";

/** A clock that only moves when told. */
export class FakeClock implements Clock {
  time = Date.parse("2027-01-02T03:04:05.678Z");
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
}

/** A job with a secret, an optional number and a schedule that it suggests. */
export function ordersSpec(over: Partial<JobSpec> = {}): JobSpec {
  return jobSpec({
    name: "Sync orders",
    description: "Brings the orders over",
    version: "1.2.0",
    requiredParams: { token: { type: "password", label: "Token" } },
    optionalParams: { batchSize: { type: "integer", default: 100, min: 1, max: 1000 } },
    schedules: [{ cron: "0 2 * * *", params: { token: "in-the-code", batchSize: 5 } }],
    ...over,
  });
}

export function catalogEntry(source: string, key: string, over: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    source,
    key,
    loadState: "ready",
    loadError: null,
    currentVersion: "9c41f02a",
    loadedAt: 1_800_000_000_000,
    spec: ordersSpec(),
    pinned: false,
    enabled: true,
    settings: NO_SETTINGS,
    ...over,
  };
}

/** A job that takes any number of small params and no secret. */
export const OPEN_SPEC = ordersSpec({
  name: "Open",
  requiredParams: {},
  optionalParams: Object.fromEntries([
    ["constructor", { type: "string" }],
    ["note", { type: "string" }],
    ["many", { type: "json" }],
  ] satisfies [string, ParamDefinition][]),
  schedules: [{ cron: "0 4 * * *" }],
});

/** Everything that the face is handed, with the parts that a test wants to look into. */
export class FaceWorld {
  readonly clock = new FakeClock();
  readonly entries: CatalogEntry[] = [];
  readonly sources: SourceState[] = [];
  readonly loadErrors: FailedLoad[] = [];
  readonly runs: TaskRun[] = [];
  readonly attempts: Attempt[] = [];
  readonly lines = new Map<string, LogLine[]>();
  readonly failedRecords = new Map<string, FailedRecord[]>();
  readonly tokens = new MemoryTokens();
  readonly sessions = new MemorySessions();
  readonly audit = new MemoryAudit();
  readonly schedules = new MemoryScheduleStore();
  readonly idempotency = new MemoryIdempotency();
  readonly notices = new Notices();
  readonly followers = new Followers();
  readonly versions = new MemoryVersions();
  readonly values = new MemoryJobValues();
  readonly logged: { fields: unknown; message: string }[] = [];
  /** Specs of jobs for which something was set, as they were before. */
  readonly #declared = new Map<CatalogEntry, CatalogEntry["spec"]>();
  draining = false;
  checks: HealthCheck[] = [{ name: "database", ok: true }];

  addSource(name: string, ...entries: CatalogEntry[]): void {
    this.sources.push({
      name,
      path: `/mnt/${name}`,
      state: "available",
      watcher: "events",
      lastChangeAt: null,
    });
    this.entries.push(...entries);
  }

  deps(): FaceDeps {
    const entryOf = (source: string, key: string) =>
      this.entries.find((entry) => entry.source === source && entry.key === key);
    const queries = new MemoryRunQueries(this);
    const schedules = new Schedules({
      store: this.schedules,
      clock: this.clock,
      defaults: { timeZone: "UTC" },
      jobOf: (source, key) => {
        const spec = entryOf(source, key)?.spec;
        if (!spec) return undefined;
        return {
          overlap: spec.overlap,
          secretParams: secretParams(spec),
          acceptParams: (params) => seal(spec, checkOrThrow(spec, params)),
        };
      },
      wake: () => undefined,
    });
    return {
      jobs: {
        entries: () => this.entries,
        entry: entryOf,
        sources: () => this.sources,
        loadErrors: () => this.loadErrors,
      },
      serving: {
        pin: (source, key, hash) => Promise.resolve(this.#serve(entryOf(source, key)!, hash)),
        unpin: (source, key) => Promise.resolve(this.#serve(entryOf(source, key)!, null)),
        reload: (source, key) => Promise.resolve(entryOf(source, key)!),
      },
      jobSettings: new JobSettings(
        {
          configure: (source, key, _actor, decide) =>
            this.#configure(entryOf(source, key)!, decide(entryOf(source, key)!)),
        },
        schedules.settler,
        new ScopePauses(this.schedules, schedules.settler, this.clock, "UTC"),
      ),
      versions: new JobVersions(this.versions),
      params: { check: checkOrThrow, schema: paramsSchema, nearest },
      runs: new Runs({
        insert: (runs, idempotency) => this.#insert(runs, idempotency),
        byId: (id) => Promise.resolve(this.runs.find((run) => run.id === id)),
        runningOf: () => Promise.resolve(0),
        standingOf: (source, key) => (entryOf(source, key)?.enabled === false ? "disabled" : "ready"),
        specOf: (source, key) => entryOf(source, key)?.spec,
        saveParams: (spec, params) => seal(spec, checkOrThrow(spec, params)),
        specOfVersion: () => Promise.resolve(ordersSpec()),
        requestCancel: (id, { by, note, request }) => this.#cancel(id, { by, note }, request),
        failedRecordsOf: (id) => queries.failedRecordsOf(id),
        remove: (id) => {
          const at = this.runs.findIndex((run) => run.id === id && isFinal(run.state));
          return Promise.resolve(at >= 0 && this.runs.splice(at, 1).length === 1);
        },
        expect: () => undefined,
        wakeAt: () => undefined,
        notices: this.notices,
        now: () => this.clock.now(),
      }),
      runQueries: queries,
      followers: this.followers,
      schedules,
      suggestions: new Suggestions({ schedules, alone: (_, work) => work() }),
      controls: new Controls(schedules, this.clock),
      backfills: new Backfills({
        batches: new MemoryBatches(this.runs),
        alone: (_, work) => work(),
        scheduleOf: (id) => schedules.get(id),
        insert: (runs, request) => this.#insert(runs, request),
        specOf: (source, key) => entryOf(source, key)?.spec,
        standingOf: (source, key) => (entryOf(source, key)?.enabled === false ? "disabled" : "ready"),
        expect: () => undefined,
        notices: this.notices,
        now: () => this.clock.now(),
      }),
      pauses: new ScopePauses(this.schedules, schedules.settler, this.clock, "UTC"),
      explain: new Explainer({
        history: new MemoryHistory(this.schedules.rows),
        upTimes: {
          downtimeAt: () => Promise.resolve(undefined),
          stepBackAt: () => Promise.resolve(undefined),
        },
        scheduleOf: (id) => schedules.get(id),
        now: () => this.clock.now(),
      }),
      upTimes: {
        upSince: () =>
          Promise.resolve([
            {
              replica: "wrk_a",
              from: this.clock.now(),
              through: this.clock.now(),
              place: { name: null, pid: 1 },
            },
          ]),
      },
      audit: new Audit({ store: this.audit, clock: this.clock, log: silentLogger }),
      changes: new Changes(),
      rescan: () => Promise.resolve(),
      figures: new MemoryFigures(this.runs),
      jobValues: this.values,
      metrics: new Metrics({
        running: () => 0,
        queued: () => Promise.resolve(0),
        loadErrors: () => this.loadErrors,
        beatAgeMs: () => 0,
        skipped: () => Promise.resolve(new Map()),
        tasks: () => Promise.resolve([]),
      }),
      trustedProxies: [],
      access: new Access({
        store: this.tokens,
        sessions: this.sessions,
        clock: this.clock,
        adminToken: ADMIN_TOKEN,
      }),
      secrets: {
        count: () => Promise.resolve({ key: "k1", current: 2, resealed: 0, others: { k0: 1 } }),
        rotate: () => Promise.resolve({ key: "k1", current: 2, resealed: 1, others: {} }),
      },
      idempotency: this.idempotency,
      idempotencyKey: randomBytes(32),
      health: { draining: () => this.draining, checks: () => Promise.resolve(this.checks) },
      meta: { version: "0.1.0", database: "sqlite", timeZone: "UTC", features: ["runs"] },
      clock: this.clock,
      log: { ...silentLogger, error: (fields, message) => void this.logged.push({ fields, message }) },
      publicUrl: () => "http://127.0.0.1:3000",
    };
  }

  /** Ends a waiting run, as a worker would. */
  finish(id: string, over: Partial<TaskRun> = {}): void {
    const run = this.runs.find((one) => one.id === id)!;
    Object.assign(run, {
      state: "succeeded",
      startedAt: this.clock.now(),
      finishedAt: this.clock.now(),
      ...over,
    });
    this.notices.finished({ runId: id, source: run.source, jobKey: run.jobKey, state: run.state });
  }

  #serve(entry: CatalogEntry, pinnedTo: string | null): CatalogEntry {
    const [newest] = this.versions.versions.filter((one) => one.jobKey === entry.key).reverse();
    return Object.assign(entry, {
      pinned: pinnedTo !== null,
      currentVersion: pinnedTo ?? newest?.hash ?? entry.currentVersion,
    });
  }

  #configure(entry: CatalogEntry, { enabled, overrides, notes }: SettingsChange): Promise<CatalogEntry> {
    const settings = { overrides, notes, revision: entry.settings.revision + 1 };
    if (!this.#declared.has(entry)) this.#declared.set(entry, entry.spec);
    const spec = withOverrides(this.#declared.get(entry)!, overrides);
    return Promise.resolve(Object.assign(entry, { enabled, settings, spec }));
  }

  async #cancel(
    id: string,
    asked: { by: string | null; note: string | null },
    request?: { actor: string; key: string; digest: string },
  ): Promise<RunState | undefined> {
    const run = this.runs.find((one) => one.id === id);
    if (!run || isFinal(run.state)) return undefined;
    if (run.state !== "running") Object.assign(run, { state: "cancelled", reason: "user" });
    run.cancel ??= { requestedAt: this.clock.now(), ...asked };
    if (request) await this.idempotency.finish(request, 202, id);
    return run.state;
  }

  #insert(runs: readonly NewRun[], request?: { actor: string; key: string; digest: string }): Promise<void> {
    this.runs.push(...runs.map((run) => taskRun(run)));
    const [first] = runs;
    return request && first ? this.idempotency.finish(request, 202, first.id) : Promise.resolve();
  }
}

/** Known beforehand, as JOBMOUNT_ADMIN_TOKEN would be. */
export const ADMIN_TOKEN = "an-admin-token-that-is-known-beforehand";

export function taskRun(over: Partial<TaskRun>): TaskRun {
  return {
    id: "run_0",
    source: "default",
    jobKey: "billing/sync-orders",
    jobName: "Sync orders",
    scheduleId: null,
    scheduleRevision: null,
    trigger: "api",
    state: "queued",
    reason: null,
    cause: null,
    fireAt: null,
    fireThrough: null,
    fireCount: null,
    priority: 0,
    queuedAt: 1_800_000_000_000,
    availableAt: 1_800_000_000_000,
    startedAt: null,
    finishedAt: null,
    attempt: 0,
    triesUsed: 0,
    maxAttempts: 1,
    versionWanted: null,
    version: null,
    versionDeclared: null,
    owner: null,
    scheduleSlot: null,
    jobSlot: null,
    exclusive: false,
    cancel: null,
    params: {},
    overrides: {},
    progressPercent: null,
    progressMessage: null,
    records: { processed: 0, success: 0, failed: 0, skipped: 0 },
    result: null,
    error: null,
    log: { lines: 0, bytes: 0, droppedBytes: 0 },
    actor: { type: "token", name: "ci" },
    retryOf: null,
    ...over,
  };
}

export function jobAddress(entry: CatalogEntry): string {
  return addressOf(entry.source, entry.key);
}

function checkOrThrow(spec: JobSpec, params: Record<string, unknown>): Record<string, unknown> {
  const checked = checkParams(spec, params, { pointer: "/params", isSealed });
  if (checked.ok) return checked.values;
  throw invalid(checked.errors);
}

/** Secrets are encrypted by the real thing; here it only matters that they are not plain. */
function seal(spec: JobSpec, params: Record<string, unknown>): Record<string, unknown> {
  const declared = { ...spec.requiredParams, ...spec.optionalParams };
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const { type, secret } = declared[name] ?? { type: "string" };
      return [name, type === "password" || secret ? { $sealed: "v1.0000" } : value];
    }),
  );
}
