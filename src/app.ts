// The composition root, read top to bottom: what the service is made of, and the order in which it starts and stops.
import { Access } from "./access/access.ts";
import { Audit } from "./access/audit.ts";
import type { Scheduler } from "./actors/scheduler.ts";
import type { Worker } from "./actors/worker.ts";
import { makeActors } from "./app/actors.ts";
import { logChange, tellFinished } from "./app/events.ts";
import { FirstStart } from "./app/first-start.ts";
import { faceDeps } from "./app/face.ts";
import { Follower } from "./app/follower.ts";
import { type ImpactEvent, logImpact } from "./app/impact.ts";
import { Health } from "./app/health.ts";
import type { Metrics } from "./app/metrics.ts";
import { makeParts, type Parts } from "./app/parts.ts";
import { makeMetrics } from "./app/readings.ts";
import { shownAddress, startedSources } from "./app/report.ts";
import { orphanedText } from "./app/source-board.ts";
import { secretKeys } from "./app/secret-key.ts";
import { warnOfUnreadable } from "./app/unreadable-secrets.ts";
import { VersionUpkeep } from "./app/version-upkeep.ts";
import { interruption } from "./cli/context.ts";
import type { App, AppOptions, StartReport } from "./cli/ports.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { linkAddress } from "./config/link-address.ts";
import { DbAuditStore } from "./db/audit-store.ts";
import type { Database } from "./db/database.ts";
import { migrate, missingMigrations, openDatabase } from "./db/open.ts";
import { Vault } from "./db/secrets.ts";
import { DbSessionStore } from "./db/session-store.ts";
import { refuseUnfinished } from "./db/import-hold.ts";
import { SettingsStore } from "./db/settings-store.ts";
import { holdSingle } from "./db/single.ts";
import { DbTokenStore } from "./db/token-store.ts";
import { messageOf } from "./errors.ts";
import { createServer } from "./http/create-server.ts";
import { HttpServer } from "./http/server.ts";
import { newId } from "./ids.ts";
import type { Logger } from "./log.ts";

/** So long a start waits for the folders to be loaded. */
const SETTLE_MS = 5_000;
/** A start under way ends at its next step; what hangs in one (a database that does not answer) is left. */
const START_GRACE_MS = 5_000;
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
  #metrics: Metrics | undefined;
  #scheduler: Scheduler | undefined;
  #worker: Worker | undefined;
  #first: FirstStart | undefined;
  #scanned = false;
  /** Whether schedules fire now; changed by `fire` alone. */
  #firing = false;
  readonly #ending = new AbortController();
  #starting: Promise<StartReport> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(config: Config, log: Logger, options: AppOptions) {
    this.#config = config;
    this.#log = log;
    this.#options = options;
  }

  start(): Promise<StartReport> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<StartReport> {
    const { signal } = this.#ending;
    signal.throwIfAborted();
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
    signal.throwIfAborted();
    const ran = await migrate(database);
    if (ran.length > 0) log.info({ migrations: ran }, "the database schema was brought up");
    await refuseUnfinished(database);

    const vault = new Vault(secretKeys(config));
    this.#undo.push(warnOfUnreadable({ database, vault, log }));
    const owner = newId("wrk", database.now());
    const fires = () => this.#firing;
    const { onEvent, env = {} } = this.#options;
    const onImpact = (event: ImpactEvent) => (onEvent ? onEvent(event) : logImpact(event, log));
    const parts = makeParts({ config, database, vault, log, env, owner, fires, onImpact });
    this.#undo.push(
      () => parts.wake.stop(),
      () => parts.pool.stop(),
    );
    parts.catalog.onChange((change) => {
      // Whoever shows the events (dev) needs no log lines of them.
      if (onEvent) onEvent(change);
      else logChange(change, log);
      parts.impact.changed(change);
      if (change.kind === "loaded") void parts.codeSchedules.apply([change]);
      // What suspended schedules may be over.
      if (change.kind !== "missing") this.#scheduler?.reconcile();
      if (change.kind === "source") void parts.board.beat();
    });
    signal.throwIfAborted();
    await parts.board.start();
    this.#undo.push(
      () => parts.board.stop(),
      () => parts.catalog.stop(),
    );
    const follower = new Follower({ catalog: parts.catalog, database, log });
    follower.start();
    this.#undo.push(() => follower.stop());
    await Promise.all([parts.pool.start(), parts.catalog.start()]);
    const settled = parts.codeSchedules.start(parts.catalog).then(() => (this.#scanned = true));
    this.#undo.push(() => parts.codeSchedules.stop());
    // The report counts what loads in good time; a slow mount does not keep the service from starting.
    await Promise.race([settled, interruption(AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)]))]);
    signal.throwIfAborted();

    // Before anything fires: what a new version does not take any more must not be found out by a run.
    await parts.impact.start();
    this.#undo.push(() => parts.impact.stop());
    await this.#startActors(parts, database, owner);
    signal.throwIfAborted();
    return this.#open(parts, database);
  }

  async told(): Promise<void> {
    await this.#first?.told();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async fire(on: boolean): Promise<void> {
    if (this.#firing === on || !this.#scheduler) return;
    this.#firing = on;
    await (on ? this.#scheduler.start() : this.#scheduler.stop());
  }

  async #stop(): Promise<void> {
    if (this.#health) this.#health.isDraining = true;
    // A start that went on would open what nobody closes any more.
    this.#ending.abort(new Error("the service was stopped while it started"));
    const ready = this.#starting?.catch(() => undefined);
    await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, START_GRACE_MS).unref())]);
    // The face is there until the attempts are over: it says that we are not ready, shows what still runs, and cancels.
    await this.fire(false).catch((error: unknown) => this.#notClean(error));
    await this.#worker?.stop().catch((error: unknown) => this.#notClean(error));
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#notClean(error);
      }
    }
  }

  #notClean(error: unknown): void {
    this.#log.warn({ error: messageOf(error) }, "a part of the service did not stop cleanly");
  }

  async #startActors(parts: Parts, database: Database, owner: string): Promise<void> {
    const log = this.#log;
    const { onEvent } = this.#options;
    const { wake, notices } = parts;
    const beatAgeMs = () => {
      if (!this.#firing) return undefined;
      return scheduler.settledAt === undefined ? null : systemClock.monotonic() - scheduler.settledAt;
    };
    const metrics = makeMetrics(this.#config, parts, { running: () => worker.running, beatAgeMs });
    this.#metrics = metrics;
    const actors = makeActors({
      config: this.#config,
      parts,
      database,
      options: this.#options,
      log,
      owner,
      metrics,
    });
    const { spool, ends, worker, sweeper, scheduler, retention } = actors;
    wake.listen(worker);
    notices.onCancelAsked(() => worker.lookForCancels());
    this.#health = new Health({
      database,
      log,
      missingMigrations: () => missingMigrations(database),
      scanned: () => this.#scanned,
      beatAgeMs,
      trySpool: () => spool.probe(),
      spoolTrouble: () => spool.trouble,
    });
    if (onEvent) {
      notices.listen(({ runId }) => {
        void tellFinished(runId, parts.queries, onEvent, log);
      });
    }
    // What an earlier process left comes first, its ends before its running rows: their slots must be free before anything
    // is claimed.
    await spool.open();
    await ends.start();
    this.#undo.push(() => ends.stop());
    await sweeper.start();
    this.#undo.push(() => sweeper.stop());
    this.#worker = worker;
    await worker.start();
    this.#undo.push(() => worker.stop());
    const upkeep = new VersionUpkeep({ history: parts.history, cache: parts.versionCache, log });
    await upkeep.start();
    this.#undo.push(() => upkeep.stop());
    await retention.start();
    this.#undo.push(() => retention.stop());
    this.#scheduler = scheduler;
    this.#undo.push(() => this.fire(false));
    await this.fire(this.#options.schedules !== false);
  }

  async #open(parts: Parts, database: Database): Promise<StartReport> {
    const config = this.#config;
    const access = new Access({
      store: new DbTokenStore(database),
      sessions: new DbSessionStore(database),
      clock: systemClock,
      adminToken: config.adminToken ?? undefined,
    });
    const audit = new Audit({ store: new DbAuditStore(database), clock: systemClock, log: this.#log });
    this.#undo.push(() => audit.flush());
    let url = "";
    const deps = faceDeps({
      config,
      parts,
      database,
      access,
      audit,
      health: this.#health!,
      metrics: this.#metrics!,
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
    url = linkAddress(config, network.port);
    const first = new FirstStart({
      ...parts,
      access,
      settings: new SettingsStore(database),
      alone: database.dialect.name === "sqlite",
      hasToken: config.adminToken !== null,
      log: this.#log,
    });
    this.#first = first;
    this.#undo.push(() => first.stop());
    return {
      ...(await first.begin(url, this.#scanned)),
      url: network.address,
      socketPath: config.socketPath,
      sources: startedSources(parts),
      loading: !this.#scanned,
      orphaned: (await parts.board.orphaned()).filter(({ schedules }) => schedules > 0).map(orphanedText),
      database: shownAddress(config),
    };
  }
}
