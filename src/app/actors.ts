// The loops in time, wired over the parts: claiming and running, bringing ends in, sweeping, firing schedules.
import { join } from "node:path";
import { Ends } from "../actors/ends.ts";
import { Lacking } from "../actors/lacking.ts";
import { Retention } from "../actors/retention.ts";
import { Scheduler } from "../actors/scheduler.ts";
import { Sweeper } from "../actors/sweeper.ts";
import { Worker } from "../actors/worker.ts";
import type { AppOptions } from "../cli/ports.ts";
import { systemClock } from "../clock.ts";
import { type Config, jobEnvironment } from "../config.ts";
import type { Database } from "../db/database.ts";
import { DbRetention } from "../db/retention.ts";
import { FileSpool } from "../db/spool.ts";
import type { Logger } from "../log.ts";
import { EndsTold } from "./ends-told.ts";
import { limitDefaults } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { Parts } from "./parts.ts";
import { pauseFailing } from "./pause-failing.ts";
import { spoolFolder } from "./spool-folder.ts";

/** Refused records kept with key and reason of one run; the rest is counted. */
const FAILED_RECORDS_KEPT = 10_000;
/** On SQLite nobody else writes, and this only finds what a wake missed. */
const POLL_MS = { sqlite: 2_000, mysql: 500 };
const TELL_MS = 500;

export interface ActorsOptions {
  config: Config;
  parts: Parts;
  database: Database;
  options: AppOptions;
  log: Logger;
  /** The worker's name in the rows that it holds. */
  owner: string;
  metrics: Metrics;
}

/** Nothing is started here; `app.ts` starts and stops in the right order. */
export function makeActors({ config, parts, database, options, log, owner, metrics }: ActorsOptions) {
  const { now, wake, notices, queries, runStore: store } = parts;
  const spool = new FileSpool(spoolFolder(config));
  const told = new EndsTold({
    byId: (id) => queries.byId(id),
    metrics,
    notices,
    failed: (scheduleId) => void pauseFailing(parts.schedules.settler, scheduleId, log),
    logs: !options.onEvent,
    log,
  });
  const ofAnother = (runId: string) => void told.ofAnother(runId);
  const ends = new Ends({ store, spool, clock: systemClock, log, onBroughtIn: ofAnother });
  const lacking = new Lacking({ alone: database.dialect.name === "sqlite", now });
  const worker = new Worker({
    store,
    followers: parts.followers,
    wake,
    log,
    lacking: () => lacking.versions(),
    sources: () => parts.catalog.sources().map((source) => source.name),
    slots: { total: config.concurrency, perSource: config.sourceConcurrency },
    pollMs: POLL_MS[database.dialect.name],
    tellMs: TELL_MS,
    heartbeatMs: config.heartbeatMs,
    drainMs: config.drainTimeoutMs,
    attempts: {
      pool: parts.pool,
      owner,
      now,
      random: Math.random,
      versionOf: (hash) => parts.versions.of(hash),
      leaveToOthers: (run) => run.version !== null && lacking.leave(run.version, run.availableAt),
      readParams: (spec, saved) => parts.params.open(spec, saved),
      sealState: (key, value) => parts.states.seal(key, value),
      jobState: async (source, key, scope) => parts.states.open(await store.jobState(source, key, scope)),
      failedKeys: (runId) => queries.failedKeys(runId),
      overridesOf: (source, key) => parts.catalog.entry(source, key)?.settings.overrides ?? {},
      envFor: (names) => jobEnvironment(config, options.env ?? {}, names),
      dataDirOf: (source) => join(config.filesDir, source),
      limits: { ...limitDefaults(config), failedRecords: FAILED_RECORDS_KEPT },
    },
    finish: (finish) => ends.write(finish),
    onFinished: (finish, answer, run) => told.finished(finish, answer, run),
  });
  const sweeper = new Sweeper({
    store,
    clock: systemClock,
    now,
    owner,
    leaseMs: config.leaseMs,
    sweepMs: config.sweepMs,
    alone: database.dialect.name === "sqlite",
    isHeld: (row) => worker.holds(row),
    // What ended while the database was away must be there before it is looked for who is lost.
    before: () => ends.replay(),
    onReaped: ofAnother,
    wake,
    log,
  });
  const scheduler = new Scheduler({
    clock: systemClock,
    now,
    log,
    settle: (at) => {
      parts.stale.tell();
      return parts.schedules.settleDue(at);
    },
    settleSuspended: () => parts.schedules.settler.suspended(),
    upTime: parts.upTime,
  });
  const retention = new Retention({
    store: new DbRetention(database),
    now,
    log,
    limits: {
      runsMs: config.retentionRunsMs,
      logsMs: config.retentionLogsMs,
      runsPerJob: config.retentionRunsPerJob,
      auditMs: config.retentionAuditMs,
      auditRows: config.retentionAuditRows,
    },
  });
  return { spool, ends, worker, sweeper, scheduler, retention };
}

export type Actors = ReturnType<typeof makeActors>;
