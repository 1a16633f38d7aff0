// The map from job to its current good version: what serves, what failed, and where the sources stand.
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { messageOf, notFound } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { BUILDER_ID } from "./build.ts";
import type { CatalogChange, ChangeListener, SourceState, SourceStatus } from "./change.ts";
import type { SeenFinding } from "./findings.ts";
import type { DescribeLimits, Describer } from "./describe.ts";
import { DepsWatch } from "./deps-watch.ts";
import { type FailedLoad, failedLoads } from "./failed-loads.ts";
import { follow } from "./follow.ts";
import { KnownInputs } from "./inputs.ts";
import { mayPass } from "./load-problem.ts";
import { Loader } from "./load.ts";
import { LoadQueue } from "./load-queue.ts";
import { clearScratch } from "./scratch.ts";
import { Settler, type SettlerOptions } from "./settle.ts";
import { Source } from "./source.ts";
import { type CatalogSource, PACE, type Pace, type Watching } from "./source-options.ts";
import type { CatalogStore, RequestRef, SettingsChange } from "./store.ts";
import { Task } from "./task.ts";
import type { VersionCache } from "./version-cache.ts";
import { addressOf, type CatalogEntry, isShown } from "./version.ts";

export type { FailedLoad };

export interface CatalogOptions {
  /** Also the source `builtin`. Names are unique. */
  sources: readonly CatalogSource[];
  watch: Watching;
  store: CatalogStore;
  describer: Describer;
  /** Gets each new version at once, which spares its first run the way through the store. */
  versions?: VersionCache;
  /** Own folder for what is in the making; everything old in it is removed. */
  scratchDir: string;
  /** Where signatures of files are kept over a restart, one file a source; without it each start reads every file. */
  signaturesDir?: string | null;
  /** Where `deps install` puts packages; null when there is no such cache. */
  depsDir?: string | null;
  /** Shown in the error of a missing package instead of our own command. */
  depsHint?: string | null;
  /** Awaited before another version serves a job whose params differ (R7). When it rejects, that waits and is tried again. */
  beforeServing?: SettlerOptions["beforeServing"];
  /** Whether this process publishes what the folder of a source holds; else it follows whoever does. */
  mayPublish?(source: string): boolean;
  limits?: Partial<DescribeLimits>;
  pace?: Partial<Pace>;
  clock: Clock;
  log: Logger;
}

const LIMITS: DescribeLimits = { timeMs: 10_000, memoryBytes: 512 * 1024 * 1024 };
/** More than are built or described at once: what waits for the disk is committed together. */
const PARALLEL_LOADS = 6;
const STOP_MS = 2_000;

export class Catalog {
  private readonly sourcesByName = new Map<string, Source>();
  private readonly queue = new LoadQueue(PARALLEL_LOADS);
  private readonly settler: Settler;
  private readonly listeners = new Set<ChangeListener>();
  private readonly depsWatch: DepsWatch | null;
  private followedThrough = 0;
  private scanned: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CatalogOptions) {
    const { clock, log, store, versions, describer, watch, scratchDir } = options;
    const { depsDir = null, depsHint = null, signaturesDir = null } = options;
    const pace = { ...PACE, ...options.pace };
    const limits = { ...LIMITS, ...options.limits };
    const mayPublish = (source: string): boolean => options.mayPublish?.(source) ?? true;
    this.settler = new Settler({
      loader: new Loader({ describer, limits, depsDir, depsHint, scratchDir, clock }),
      store,
      versions,
      clock,
      log,
      failureQuietMs: pace.failureQuietMs,
      unsettledMs: pace.unsettledMs,
      onChange: (change) => this.tell(change),
      beforeServing: options.beforeServing,
      mayPublish,
    });
    // Packages that came are no change of any task folder; with watching off nobody looks by himself.
    const onDeps = (): void => {
      for (const source of this.sourcesByName.values()) void source.scan(true);
    };
    this.depsWatch = depsDir === null || watch.mode === "off" ? null : new DepsWatch(depsDir, onDeps);
    for (const location of options.sources) {
      const onStatus = (status: SourceStatus, was: SourceState | null): void =>
        this.tell({ kind: "source", source: location.name, status, was, at: clock.now() });
      const onFound = ({ finding: { path, problem }, since }: SeenFinding): void =>
        this.tell({ kind: "invalid", source: location.name, key: path, problem, at: since });
      const source = new Source({
        location,
        watch,
        pace,
        settler: this.settler,
        queue: this.queue,
        clock,
        log,
        onStatus,
        onFound,
        signaturesFile: signaturesDir === null ? null : join(signaturesDir, `${location.name}.json`),
        mayPublish: () => mayPublish(location.name),
      });
      this.sourcesByName.set(location.name, source);
    }
  }

  /** Resolves when the last good versions serve; scanning and loading go on, see `whenSettled`. */
  async start(): Promise<void> {
    await clearScratch(this.options.scratchDir);
    for (const { inputs, newestVersion, ...entry } of await this.options.store.loadEntries()) {
      const source = this.sourcesByName.get(entry.source);
      if (!source) continue;
      const task = new Task(entry.source, entry.key);
      task.entry = entry;
      task.newest = newestVersion;
      task.inputs = KnownInputs.parse(inputs, BUILDER_ID);
      task.force = entry.loadError !== null && mayPass(entry.loadError.code);
      source.tasks.set(entry.key, task);
    }
    this.depsWatch?.start();
    this.scanned = Promise.all([...this.sourcesByName.values()].map((source) => source.start()));
    this.scanned.catch((error: unknown) =>
      this.options.log.error({ error }, "a source could not be started"),
    );
  }

  /** Resolves when every source was scanned once and everything found so far is loaded or has failed. */
  async whenSettled(): Promise<void> {
    await this.scanned;
    await this.queue.idle();
  }

  /** Publishes nothing any more. A module that is being loaded is waited for, but not for long. */
  async stop(): Promise<void> {
    this.depsWatch?.stop();
    this.settler.stop();
    this.queue.clear();
    await Promise.all([...this.sourcesByName.values()].map((source) => source.stop()));
    let timer: NodeJS.Timeout | undefined;
    const longest = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
    await Promise.race([this.queue.idle(), longest]);
    clearTimeout(timer);
  }

  /** Every job of every source, also missing ones that once had a good version. */
  entries(): CatalogEntry[] {
    return this.tasks().flatMap((task) => (task.entry && isShown(task.entry) ? [task.entry] : []));
  }

  entry(source: string, key: string): CatalogEntry | undefined {
    const entry = this.sourcesByName.get(source)?.tasks.get(key)?.entry;
    return entry && isShown(entry) ? entry : undefined;
  }

  /** What a new run of the job uses; null when no version ever loaded. */
  current(source: string, key: string): { hash: string; spec: JobSpec } | null {
    const entry = this.entry(source, key);
    return entry?.currentVersion && entry.spec ? { hash: entry.currentVersion, spec: entry.spec } : null;
  }

  /** Everything that does not load now: jobs, and what only looks like one. */
  loadErrors(): FailedLoad[] {
    return [...this.sourcesByName.values()].flatMap(failedLoads);
  }

  sources(): SourceStatus[] {
    return [...this.sourcesByName.values()].map((source) => source.status());
  }

  /** Scans one source or all of them, and resolves when everything found is loaded or has failed. */
  async rescan(name?: string): Promise<void> {
    const source = name === undefined ? undefined : this.sourcesByName.get(name);
    if (name !== undefined && !source) {
      throw notFound(`there is no source ${name}; there are ${[...this.sourcesByName.keys()].join(", ")}`);
    }
    const asked = source ? [source] : [...this.sourcesByName.values()];
    await Promise.all(asked.map((one) => one.scan(true)));
    await this.queue.idle();
  }

  /** This process publishes the source from now on: after what others published last, its folder is looked at as a whole. */
  gained(source: string): void {
    const scan = () => void this.sourcesByName.get(source)?.scan();
    // Without the store nothing can be published either: that is tried again.
    void this.follow().then(scan, scan);
  }

  /** Takes over what other processes published or pinned since the last time. */
  async follow(): Promise<void> {
    const from = this.options.clock.monotonic();
    const { entries, through } = await this.options.store.changedSince(this.followedThrough);
    const at = this.options.clock.now();
    for (const [name, source] of this.sourcesByName) {
      const own = entries.filter((entry) => entry.source === name);
      for (const change of follow(source.tasks, own, from, at)) this.tell(change);
    }
    this.followedThrough = through;
  }

  /** Serves this version until `unpin`, whatever the folder holds. 404 for a job or version that is not known. */
  async pin(source: string, key: string, hash: string, request?: RequestRef): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    await this.prepare(hash);
    return this.pinned(task, await this.options.store.pin(source, key, hash, request));
  }

  /** Back to the newest version that loaded, at once; the folder is looked at too, in case an event was lost. */
  async unpin(source: string, key: string, request?: RequestRef): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    if (task.newest !== null) await this.prepare(task.newest);
    const entry = this.pinned(task, await this.options.store.pin(source, key, null, request));
    this.sourcesByName.get(source)?.settle(task);
    return entry;
  }

  /** Sets what an admin sets beside the code. 404 for a job that is not known; `decide` may refuse. */
  async configure(
    source: string,
    key: string,
    actor: string,
    decide: (entry: CatalogEntry) => SettingsChange,
  ): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    return this.pinned(task, await this.options.store.configure(source, key, actor, decide));
  }

  /** Looks at one job's folder now, and answers its entry when what was found is loaded or has failed. */
  async reload(source: string, key: string): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    await this.rescan(source);
    const now = this.entry(source, key);
    if (!now) throw notFound(`there is no job ${addressOf(task.source, task.key)} any more`);
    return now;
  }

  /** Called after each change was committed. Answers how to stop it. */
  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async prepare(hash: string): Promise<void> {
    const { beforeServing, store } = this.options;
    const version = beforeServing && (await store.loadVersion(hash));
    if (version) await beforeServing(version);
  }

  private pinned(task: Task, entry: CatalogEntry | null): CatalogEntry {
    if (!entry) throw notFound(`there is no job ${addressOf(task.source, task.key)}`);
    const previous = task.entry?.currentVersion ?? null;
    task.wroteAt = this.options.clock.monotonic();
    task.entry = entry;
    const { source, key, currentVersion: hash, spec, pinned } = entry;
    if (hash !== null && spec !== null && hash !== previous) {
      const at = this.options.clock.now();
      this.tell({
        kind: "served",
        source,
        key,
        hash,
        previous,
        why: pinned ? "pinned" : "released",
        spec,
        at,
      });
    }
    return entry;
  }

  private taskOf(source: string, key: string): Task {
    const task = this.sourcesByName.get(source)?.tasks.get(key);
    if (!task?.entry) throw notFound(`there is no job ${addressOf(source, key)}`);
    return task;
  }

  private tasks(): Task[] {
    return [...this.sourcesByName.values()].flatMap((source) => [...source.tasks.values()]);
  }

  private tell(change: CatalogChange): void {
    for (const listener of this.listeners) {
      try {
        listener(change);
      } catch (error) {
        this.options.log.error({ error, change: change.kind }, `a listener failed: ${messageOf(error)}`);
      }
    }
  }
}
