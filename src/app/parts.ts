// The middle of the service: stores, catalog, children, runs and schedules, wired over one open database.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Catalog } from "../catalog/catalog.ts";
import { VersionCache } from "../catalog/version-cache.ts";
import { systemClock } from "../clock.ts";
import { childEnvironment, type Config } from "../config.ts";
import { DbCatalogStore } from "../db/catalog-store.ts";
import type { Database } from "../db/database.ts";
import { DbRunQueries } from "../db/run-queries.ts";
import { DbRunStore } from "../db/run-store.ts";
import { DbScheduleStore } from "../db/schedule-store.ts";
import type { Vault } from "../db/secrets.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Notices } from "../runs/notices.ts";
import { Runs } from "../runs/runs.ts";
import { SandboxDescriber } from "../sandbox/describer.ts";
import { Pool } from "../sandbox/pool.ts";
import { Schedules } from "../schedules/schedules.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { LocalWake } from "../wake/local.ts";
import { Params } from "./params.ts";
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
}

/** Nothing is started here; `app.ts` starts and stops in the right order. */
export function makeParts({ config, database, vault, log, env }: PartsOptions) {
  const now = () => database.now();
  const sources = [...config.sources, { name: "builtin", path: BUILTIN, builtIn: true }];
  const pool = new Pool({
    clock: systemClock,
    tempRoot: join(config.dataDir, "children"),
    env: childEnvironment(env),
    warmLimit: config.concurrency,
  });
  const catalogStore = new DbCatalogStore(database);
  const cache = new VersionCache({
    store: catalogStore,
    cacheDir: join(config.dataDir, "versions"),
    sources: new Map(sources.map(({ name, path }) => [name, path])),
  });
  const versions = new Versions(cache);
  const catalog = new Catalog({
    sources,
    versions: cache,
    store: catalogStore,
    describer: new SandboxDescriber(pool),
    watch: config.watch,
    depsHint: config.depsHint,
    scratchDir: join(config.dataDir, "loading"),
    clock: { ...systemClock, now },
    log,
  });
  const params = new Params(vault);
  const specOf = (source: string, key: string): JobSpec | null | undefined => {
    const entry = catalog.entry(source, key);
    return entry && entry.spec;
  };

  const isMissing = (source: string, key: string) => catalog.entry(source, key)?.loadState === "missing";

  const notices = new Notices();
  const wake = new LocalWake({ now });
  const runStore = new DbRunStore(database);
  const queries = new DbRunQueries(database);
  const runs = new Runs({
    insert: (rows, idempotency) => runStore.insert(rows, idempotency),
    byId: (id) => queries.byId(id),
    runningOf: (source, key) => runStore.runningOf(source, key),
    specOf,
    isMissing,
    saveParams: (spec, values) => params.save(spec, values),
    expect: (source) => wake.expect(source),
    wakeAt: (source, at) => wake.wakeAt(source, at),
    notices,
    now,
  });

  const wakeAll = () => {
    for (const { name } of catalog.sources()) wake.wake(name);
  };
  const schedules = new Schedules({
    store: new DbScheduleStore(database, {
      factsOf: ({ source, jobKey, retries }) => {
        const spec = specOf(source, jobKey);
        return { jobName: spec?.name ?? null, maxAttempts: retries?.attempts ?? spec?.retries.attempts ?? 1 };
      },
      onFault: (id, error) =>
        log.error({ schedule: id, error: messageOf(error) }, "the fires of a schedule could not be planned"),
    }),
    clock: { now },
    defaults: { timeZone: config.timeZone },
    jobOf: (source, key) => {
      const spec = specOf(source, key);
      if (!spec) return undefined;
      return { overlap: spec.overlap, acceptParams: (values, saved) => params.save(spec, values, saved) };
    },
    suspensionOf: ({ source, jobKey }) => {
      if (!isMissing(source, jobKey)) return undefined;
      return { reason: "job_missing", cause: `skipped: the folder of the job "${jobKey}" is gone` };
    },
    wake: wakeAll,
    trouble: ({ id }, error) =>
      log.error({ schedule: id, error: messageOf(error) }, "a schedule cannot be planned"),
  });
  return { pool, catalog, versions, params, notices, wake, runStore, queries, runs, schedules, specOf, now };
}

export type Parts = ReturnType<typeof makeParts>;
