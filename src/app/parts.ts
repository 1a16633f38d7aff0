// The middle of the service: stores, catalog, children, runs and schedules, wired over one open database.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Catalog } from "../catalog/catalog.ts";
import { jobName } from "../catalog/key.ts";
import { VersionCache } from "../catalog/version-cache.ts";
import { isGone, ownPlace } from "../actors/place.ts";
import { UpTime } from "../actors/up-time.ts";
import { systemClock } from "../clock.ts";
import { childEnvironment, type Config } from "../config.ts";
import { DbBatchStore } from "../db/batches.ts";
import { DbCatalogStore } from "../db/catalog-store.ts";
import type { Database } from "../db/database.ts";
import { DbFitStore } from "../db/fit-store.ts";
import { removeRuns } from "../db/retention.ts";
import { NamedLocks } from "../db/named-locks.ts";
import { DbRunFigures } from "../db/run-figures.ts";
import { DbRunQueries } from "../db/run-queries.ts";
import { DbRunStore } from "../db/run-store.ts";
import { DbScheduleHistory } from "../db/schedule-history.ts";
import { DbSourceStore } from "../db/source-store.ts";
import { DbScheduleStore } from "../db/schedule-store.ts";
import { SettingsStore } from "../db/settings-store.ts";
import { DbUpTimeStore } from "../db/up-time-store.ts";
import type { Vault } from "../db/secrets.ts";
import { DbVersionHistory } from "../db/version-history.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Backfills } from "../runs/backfill.ts";
import { Followers } from "../runs/followers.ts";
import { Notices } from "../runs/notices.ts";
import { Runs } from "../runs/runs.ts";
import type { JobStanding } from "../runs/standing.ts";
import { SandboxDescriber } from "../sandbox/describer.ts";
import { Pool } from "../sandbox/pool.ts";
import { Controls } from "../schedules/controls.ts";
import { Explainer } from "../schedules/explainer.ts";
import { Schedules } from "../schedules/schedules.ts";
import { Suggestions } from "../schedules/suggestions.ts";
import { ScopePauses } from "../schedules/scope-pauses.ts";
import { secretParams } from "../sdk/params.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { LocalWake } from "../wake/local.ts";
import { CodeSchedules } from "./code-schedules.ts";
import { Impact, type ImpactEvent } from "./impact.ts";
import { jobUserOf, openFoldersTo } from "./job-user.ts";
import { JobSettings } from "./job-settings.ts";
import { JobStates } from "./job-state.ts";
import { Params } from "./params.ts";
import { SourceBoard } from "./source-board.ts";
import { StaleJobs } from "./stale-jobs.ts";
import { suspensionBy } from "./suspended.ts";
import { Versions } from "./versions.ts";

/** The folder of built-in jobs in the package, above the built file or above this one. */
const BUILTIN = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../builtin_tasks" : "../../../builtin_tasks",
    import.meta.url,
  ),
);

export interface PartsOptions {
  config: Config;
  database: Database;
  vault: Vault;
  log: Logger;
  env: Readonly<Record<string, string | undefined>>;
  /** Names this process: the worker of its runs, the replica of its up-time. */
  owner: string;
  /** Whether schedules fire in this process at this time. */
  fires(): boolean;
  onImpact(event: ImpactEvent): void;
}

/** Nothing is started here; `app.ts` starts and stops in the right order. */
export function makeParts(options: PartsOptions) {
  const { config, database, vault, log, env, owner, fires, onImpact } = options;
  const now = () => database.now();
  const sources = [...config.sources, { name: "builtin", path: BUILTIN, builtIn: true }];
  const user = jobUserOf(config, log);
  if (user) {
    const names = sources.map(({ name }) => name);
    openFoldersTo(user, config, names);
  }
  const pool = new Pool({
    clock: { ...systemClock, now },
    tempRoot: join(config.dataDir, "children"),
    env: childEnvironment(env),
    warmLimit: config.concurrency,
    memoryBytes: config.jobMemoryBytes,
    user,
    guard: { leaseMs: config.leaseMs },
    onTrouble: (sentence) => log.warn({}, sentence),
  });
  const catalogStore = new DbCatalogStore(database, database.dialect.name === "sqlite" ? null : owner);
  const cache = new VersionCache({
    store: catalogStore,
    cacheDir: join(config.dataDir, "versions"),
    sources: new Map(sources.map(({ name, path }) => [name, path])),
    depsDir: config.depsDir,
  });
  const versions = new Versions(cache);
  const history = new DbVersionHistory(database);
  const catalog: Catalog = new Catalog({
    sources,
    versions: cache,
    store: catalogStore,
    describer: new SandboxDescriber(pool),
    watch: config.watch,
    pace: { rescanMs: config.rescanMs },
    depsDir: config.depsDir,
    depsHint: config.depsHint,
    beforeServing: (version) => impact.prepare(version),
    mayPublish: (source) => board.mayPublish(source),
    scratchDir: join(config.dataDir, "loading"),
    signaturesDir: join(config.dataDir, "signatures"),
    clock: { ...systemClock, now },
    log,
  });
  const isAvailable = (source: string) =>
    catalog.sources().find(({ name }) => name === source)?.state === "available";
  const board: SourceBoard = new SourceBoard({
    store: new DbSourceStore(database),
    sources: config.sources,
    isAvailable,
    replica: owner,
    alone: database.dialect.name === "sqlite",
    beatMs: config.heartbeatMs,
    leaseMs: config.leaseMs,
    now,
    log,
    onGained: (source) => catalog.gained(source),
  });
  const params = new Params(vault);
  const states = new JobStates(vault);
  const specOf = (source: string, key: string): JobSpec | null | undefined => {
    const entry = catalog.entry(source, key);
    return entry && entry.spec;
  };

  const isMissing = (source: string, key: string) => catalog.entry(source, key)?.loadState === "missing";
  const standingOf = (source: string, key: string): JobStanding => {
    if (catalog.entry(source, key)?.enabled === false) return "disabled";
    return isMissing(source, key) ? "missing" : "ready";
  };

  const notices = new Notices();
  const followers = new Followers();
  const wake = new LocalWake({ now });
  const runStore = new DbRunStore(database);
  const queries = new DbRunQueries(database);
  const figures = new DbRunFigures(database);
  const runs = new Runs({
    insert: (rows, idempotency) => runStore.insert(rows, idempotency),
    byId: (id) => queries.byId(id),
    runningOf: (source, key) => runStore.runningOf(source, key),
    specOf,
    standingOf,
    saveParams: (spec, values, saved) => params.save(spec, values, saved),
    specOfVersion: async (hash) => (await versions.of(hash)).spec,
    requestCancel: (id, cancel, at) => runStore.requestCancel(id, cancel, at),
    failedRecordsOf: (id) => queries.failedRecordsOf(id),
    remove: async (id) => (await database.write((sql) => removeRuns(sql, [id]))) === 1,
    expect: (source) => wake.expect(source),
    wakeAt: (source, at) => wake.wakeAt(source, at),
    notices,
    now,
  });

  const wakeAll = () => {
    for (const { name } of catalog.sources()) wake.wake(name);
  };
  const upTimes = new DbUpTimeStore(database);
  const place = ownPlace();
  const upTime = new UpTime({
    store: upTimes,
    replica: owner,
    place,
    // One process at a time may have an SQLite file.
    isGone: (other) => database.dialect.name === "sqlite" || isGone(other, place),
    log,
  });
  const scheduleStore = new DbScheduleStore(database, {
    factsOf: ({ source, jobKey, retries }) => {
      const spec = specOf(source, jobKey);
      return { jobName: spec?.name ?? null, maxAttempts: retries?.attempts ?? spec?.retries.attempts ?? 1 };
    },
    onFault: (id, error) =>
      log.error({ schedule: id, error: messageOf(error) }, "the fires of a schedule could not be planned"),
  });
  const stale = new StaleJobs({
    catalog,
    afterMs: config.staleAfterMs,
    hold: config.onStale === "hold",
    now,
    log,
  });
  const suspensionOf = suspensionBy({ board, stale, isMissing, skipsAway: config.onUnavailable === "skip" });
  const schedules = new Schedules({
    store: scheduleStore,
    clock: { now },
    defaults: { timeZone: config.timeZone },
    jobOf: (source, key) => {
      const spec = specOf(source, key);
      if (!spec) return undefined;
      return {
        overlap: spec.overlap,
        secretParams: secretParams(spec),
        acceptParams: (values, saved) => params.save(spec, values, saved),
      };
    },
    suspensionOf,
    upSince: () => (fires() ? upTime.since(now()) : undefined),
    outage: () => upTime.outage(now()),
    wake: wakeAll,
    trouble: ({ id }, error) =>
      log.error({ schedule: id, error: messageOf(error) }, "a schedule cannot be planned"),
  });
  const locks = new NamedLocks(new SettingsStore(database));
  const alone = <T>(name: string, work: () => Promise<T>) => locks.hold(name, work);
  const suggestions = new Suggestions({ schedules, alone });
  const backfills = new Backfills({
    batches: new DbBatchStore(database),
    alone,
    scheduleOf: (id) => schedules.get(id),
    insert: (rows, request) => runStore.insert(rows, request),
    specOf,
    standingOf,
    expect: (source) => wake.expect(source),
    notices,
    now,
  });
  const mounted = () => catalog.sources().map(({ name }) => name);
  const explain = new Explainer({
    history: new DbScheduleHistory(database),
    upTimes,
    scheduleOf: (id) => schedules.get(id),
    suspensionOf,
    jobName: ({ source, jobKey }) => jobName(source, jobKey, mounted()),
    now,
  });
  const controls = new Controls(schedules, { now });
  const impact = new Impact({
    fits: new DbFitStore(database),
    history,
    schedules,
    controls,
    params,
    log,
    now,
    onEvent: onImpact,
  });
  const codeSchedules = new CodeSchedules({
    apply: config.codeSchedules === "apply",
    schedules,
    locks,
    log,
  });
  const scopePauses = new ScopePauses(scheduleStore, schedules.settler, { now }, config.timeZone);
  const jobSettings = new JobSettings(catalog, schedules.settler, scopePauses);
  return {
    pool,
    catalog,
    board,
    stale,
    versions,
    versionCache: cache,
    history,
    params,
    states,
    vault,
    notices,
    followers,
    wake,
    runStore,
    queries,
    figures,
    runs,
    schedules,
    suggestions,
    controls,
    impact,
    scopePauses,
    jobSettings,
    codeSchedules,
    backfills,
    explain,
    upTime,
    upTimes,
    specOf,
    now,
  };
}

export type Parts = ReturnType<typeof makeParts>;
