// The composition root, read top to bottom: what the service is made of, and the order in which it starts and stops.
import { join } from "node:path";
import { Access } from "./access/access.ts";
import { LOCAL_PRINCIPAL } from "./access/principal.ts";
import { Scheduler } from "./actors/scheduler.ts";
import { Sweeper } from "./actors/sweeper.ts";
import { Worker } from "./actors/worker.ts";
import { applyCodeSchedules, type SuggestingJob } from "./app/code-schedules.ts";
import { logChange, logFinish } from "./app/events.ts";
import { createBundledSchedules } from "./app/first-start.ts";
import { faceDeps } from "./app/face.ts";
import { Health } from "./app/health.ts";
import { makeParts, type Parts } from "./app/parts.ts";
import { secretKeys } from "./app/secret-key.ts";
import type { App, AppOptions, StartedSource, StartReport } from "./cli/ports.ts";
import { systemClock } from "./clock.ts";
import { type Config, jobEnvironment } from "./config.ts";
import type { Database } from "./db/database.ts";
import { migrate, openDatabase } from "./db/open.ts";
import { Vault } from "./db/secrets.ts";
import { SettingsStore } from "./db/settings-store.ts";
import { holdSingle } from "./db/single.ts";
import { DbTokenStore } from "./db/token-store.ts";
import { messageOf } from "./errors.ts";
import { createServer } from "./http/create-server.ts";
import { HttpServer } from "./http/server.ts";
import { newId } from "./ids.ts";
import type { Logger } from "./log.ts";

/** Refused records kept with key and reason of one run; the rest is counted. */
const FAILED_RECORDS_KEPT = 10_000;
const POLL_MS = 500;
const TELL_MS = 500;
/** So long a start waits for the folders to be loaded. */
const SETTLE_MS = 5_000;
/** Open requests may go on this long after a stop. */
const FACE_GRACE_MS = 2_000;

/** Makes the service; nothing is opened before `start`. */
export async function createApp(config: Config, log: Logger, options: AppOptions = {}): Promise<App> {
  return new JobmountApp(config, log, options);
}

class JobmountApp implements App {
  readonly #config: Config;
  readonly #log: Logger;
  readonly #options: AppOptions;
  /** What has been started, undone in reverse order. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  #health: Health | undefined;
  #scanned = false;
  #stopped: Promise<void> | undefined;

  constructor(config: Config, log: Logger, options: AppOptions) {
    this.#config = config;
    this.#log = log;
    this.#options = options;
  }

  async start(): Promise<StartReport> {
    const config = this.#config;
    const log = this.#log;
    const { path } = config.taskDatabase;
    if (path) {
      const hold = holdSingle(path);
      this.#undo.push(() => hold.release());
    }
    const onFault = (error: unknown) =>
      log.error({ error: messageOf(error) }, "the database reported a fault");
    const database = await openDatabase({
      url: config.taskDatabase.url,
      onFault,
      waitMs: config.databaseWaitMs,
    });
    this.#undo.push(() => database.close());
    const ran = await migrate(database);
    if (ran.length > 0) log.info({ migrations: ran }, "the database schema was brought up");

    const vault = new Vault(secretKeys(config));
    const parts = makeParts({ config, database, vault, log, env: this.#options.env ?? {} });
    this.#undo.push(
      () => parts.wake.stop(),
      () => parts.pool.stop(),
    );
    const { onEvent } = this.#options;
    parts.catalog.onChange((change) => {
      // Whoever shows the events (dev) needs no log lines of them.
      if (onEvent) onEvent(change);
      else logChange(change, log);
      if (change.kind === "loaded") void this.#applyCodeSchedules(parts, change);
    });
    this.#undo.push(() => parts.catalog.stop());
    await Promise.all([parts.pool.start(), parts.catalog.start()]);
    const settled = parts.catalog.whenSettled().then(() => (this.#scanned = true));
    // The report counts what loads in good time; a slow mount does not keep the service from starting.
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, SETTLE_MS).unref())]);

    const owner = newId("wrk", database.now());
    await this.#startActors(parts, database, owner);
    return this.#open(parts, database);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#health) this.#health.isDraining = true;
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#log.warn({ error: messageOf(error) }, "a part of the service did not stop cleanly");
      }
    }
  }

  async #applyCodeSchedules(parts: Parts, job: SuggestingJob): Promise<void> {
    if (this.#config.codeSchedules !== "apply") return;
    try {
      await applyCodeSchedules(job, parts.schedules, this.#log);
    } catch (error) {
      this.#log.warn(
        { job: job.key, error: messageOf(error) },
        "the schedules of the code could not be applied",
      );
    }
  }

  async #startActors(parts: Parts, database: Database, owner: string): Promise<void> {
    const config = this.#config;
    const log = this.#log;
    const { now, wake, notices, runStore: store } = parts;
    const worker = new Worker({
      store,
      wake,
      log,
      sources: () => parts.catalog.sources().map((source) => source.name),
      slots: { total: config.concurrency, perSource: config.sourceConcurrency },
      pollMs: POLL_MS,
      tellMs: TELL_MS,
      heartbeatMs: config.heartbeatMs,
      drainMs: config.drainTimeoutMs,
      attempts: {
        pool: parts.pool,
        owner,
        now,
        random: Math.random,
        versionOf: (hash) => parts.versions.of(hash),
        readParams: (spec, saved) => parts.params.open(spec, saved),
        jobState: (source, key, scope) => store.jobState(source, key, scope),
        envFor: (names) => jobEnvironment(config, this.#options.env ?? {}, names),
        dataDirOf: (source) => join(config.filesDir, source),
        limits: {
          timeoutMs: config.jobTimeoutMs,
          graceMs: config.graceMs,
          logBytes: config.logMaxBytes,
          failedRecords: FAILED_RECORDS_KEPT,
        },
      },
      onFinished: (finish, answer, run) => {
        if (!this.#options.onEvent && answer !== "late") logFinish(finish, run, log);
        notices.finished({ runId: run.id, source: run.source, jobKey: run.jobKey, state: finish.to });
      },
    });
    wake.listen(worker);
    const alone = database.dialect.name === "sqlite";
    const { leaseMs, sweepMs } = config;
    const sweeper = new Sweeper({
      store,
      clock: systemClock,
      now,
      owner,
      leaseMs,
      sweepMs,
      alone,
      wake,
      log,
    });
    const scheduler = new Scheduler({
      clock: systemClock,
      now,
      log,
      settle: (at) => parts.schedules.settleDue(at),
    });
    this.#health = new Health({
      database,
      log,
      scanned: () => this.#scanned,
      beatAgeMs: () => {
        if (this.#options.schedules === false) return undefined;
        return scheduler.settledAt === undefined ? null : systemClock.monotonic() - scheduler.settledAt;
      },
    });
    const { onEvent } = this.#options;
    if (onEvent) {
      notices.listen(({ runId }) => {
        void parts.queries.byId(runId).then((run) => run && onEvent({ kind: "finished", run }));
      });
    }
    // What an earlier process left running comes first: its slots must be free before anything is claimed.
    await sweeper.start();
    this.#undo.push(() => sweeper.stop());
    await worker.start();
    this.#undo.push(() => worker.stop());
    if (this.#options.schedules !== false) {
      await scheduler.start();
      this.#undo.push(() => scheduler.stop());
    }
  }

  async #open(parts: Parts, database: Database): Promise<StartReport> {
    const config = this.#config;
    const access = new Access({
      store: new DbTokenStore(database),
      clock: systemClock,
      adminToken: config.adminToken ?? undefined,
    });
    const firstStart = await new SettingsStore(database).firstStart();
    const schedulesCreated = firstStart
      ? await createBundledSchedules(parts.catalog.entries(), parts.schedules, this.#log)
      : [];
    let url = "";
    const deps = faceDeps({
      config,
      parts,
      database,
      access,
      health: this.#health!,
      log: this.#log,
      url: () => url,
    });
    const network = new HttpServer(createServer(deps, "network"), {
      listen: { host: config.host, port: config.port },
      graceMs: FACE_GRACE_MS,
    });
    const local = new HttpServer(createServer(deps, "local"), {
      listen: { socketPath: config.socketPath },
      graceMs: FACE_GRACE_MS,
    });
    for (const server of [network, local]) {
      await server.start();
      this.#undo.push(() => server.stop());
    }
    url = config.publicUrl ?? network.address;
    const needsToken = firstStart && config.adminToken === null;
    const token = needsToken
      ? await access.createToken({ name: "first start", role: "admin" }, LOCAL_PRINCIPAL)
      : null;
    return {
      url: network.address,
      socketPath: config.socketPath,
      sources: startedSources(parts),
      firstStart,
      token: token?.secret ?? null,
      schedulesCreated,
      database: shown(config),
    };
  }
}

function startedSources({ catalog }: Parts): StartedSource[] {
  const entries = catalog.entries();
  return catalog
    .sources()
    .filter((source) => source.name !== "builtin")
    .map(({ name, path, state }) => {
      const own = entries.filter((entry) => entry.source === name);
      return {
        name,
        path,
        state,
        jobs: own.filter((entry) => entry.loadState === "ready" || entry.loadState === "stale").length,
        errors: own.filter((entry) => entry.loadError !== null).length,
      };
    });
}

/** The address without a password. */
function shown(config: Config): string {
  const { path, url } = config.taskDatabase;
  return path ? `sqlite:${path}` : url.replace(/:\/\/([^:@/]*)(:[^@]*)?@/, "://$1:***@");
}
