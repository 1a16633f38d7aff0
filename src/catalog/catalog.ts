// The map from job to its current good version: what serves, what failed, and where the sources stand.
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, type Clock } from "../clock.ts";
import { messageOf, notFound } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { BUILDER_ID } from "./build.ts";
import type { CatalogChange, ChangeListener, SourceStatus } from "./change.ts";
import type { DescribeLimits, Describer } from "./describe.ts";
import { KnownInputs } from "./inputs.ts";
import { mayPass } from "./load-problem.ts";
import { Loader } from "./load.ts";
import { LoadQueue } from "./load-queue.ts";
import { Settler } from "./settle.ts";
import { Source } from "./source.ts";
import type { CatalogSource, Pace, Watching } from "./source-options.ts";
import type { CatalogStore } from "./store.ts";
import { Task } from "./task.ts";
import type { VersionCache } from "./version-cache.ts";
import { addressOf, type CatalogEntry, type LoadError, type LoadState } from "./version.ts";

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
  /** Where `deps install` puts packages; null when there is no such cache. */
  depsDir?: string | null;
  /** Shown in the error of a missing package instead of our own command. */
  depsHint?: string | null;
  limits?: Partial<DescribeLimits>;
  pace?: Partial<Pace>;
  clock: Clock;
  log: Logger;
}

/** A current load error. `invalid`: what lies there is no job, and looks like one. */
export interface FailedLoad {
  source: string;
  /** The job's key, or for `invalid` the path inside the source. */
  key: string;
  loadState: LoadState;
  error: LoadError;
}

const LIMITS: DescribeLimits = { timeMs: 10_000, memoryBytes: 512 * 1024 * 1024 };
const PACE: Pace = { quietMs: 8, failureQuietMs: 300, rescanMs: 10_000, rehashMs: 3_600_000, rootMs: 500 };
const PARALLEL_LOADS = 2;
const STOP_MS = 2_000;

export class Catalog {
  private readonly sourcesByName = new Map<string, Source>();
  private readonly queue = new LoadQueue(PARALLEL_LOADS);
  private readonly settler: Settler;
  private readonly listeners = new Set<ChangeListener>();
  private scanned: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: CatalogOptions) {
    const { clock, log, store, versions, describer, watch, scratchDir } = options;
    const { depsDir = null, depsHint = null } = options;
    const pace = { ...PACE, ...options.pace };
    const limits = { ...LIMITS, ...options.limits };
    this.settler = new Settler({
      loader: new Loader({ describer, limits, depsDir, depsHint, scratchDir, clock }),
      store,
      versions,
      clock,
      log,
      failureQuietMs: pace.failureQuietMs,
      onChange: (change) => this.tell(change),
    });
    for (const location of options.sources) {
      const onStatus = (status: SourceStatus): void =>
        this.tell({ kind: "source", source: location.name, status, at: clock.now() });
      const source = new Source({
        location,
        watch,
        pace,
        settler: this.settler,
        queue: this.queue,
        clock,
        log,
        onStatus,
      });
      this.sourcesByName.set(location.name, source);
    }
  }

  /** Resolves when the last good versions serve; scanning and loading go on, see `whenSettled`. */
  async start(): Promise<void> {
    await this.clearScratch();
    const orphans = new Set<string>();
    for (const { inputs, ...entry } of await this.options.store.loadEntries()) {
      const source = this.sourcesByName.get(entry.source);
      if (!source) {
        orphans.add(entry.source);
        continue;
      }
      const task = new Task(entry.source, entry.key);
      task.entry = entry;
      task.newest = entry.pinned ? null : entry.currentVersion;
      task.inputs = KnownInputs.parse(inputs, BUILDER_ID);
      task.force = entry.loadError !== null && mayPass(entry.loadError.code);
      source.tasks.set(entry.key, task);
    }
    if (orphans.size > 0) {
      const sources = [...orphans].sort().join(", ");
      this.options.log.warn(
        { sources },
        "jobs of sources that are not configured any more are left as they are",
      );
    }
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
    const errors: FailedLoad[] = [];
    for (const source of this.sourcesByName.values()) {
      const tasks = [...source.tasks.values()];
      for (const { entry } of tasks) {
        if (!entry?.loadError) continue;
        errors.push({
          source: source.name,
          key: entry.key,
          loadState: entry.loadState,
          error: entry.loadError,
        });
      }
      for (const { finding, since } of source.findings) {
        // Code that some job imports is where it belongs.
        if (tasks.some((task) => task.inputs?.reads(finding.path))) continue;
        const error = { ...finding.problem, since };
        errors.push({ source: source.name, key: finding.path, loadState: "invalid", error });
      }
    }
    return errors;
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

  /** Serves this version until `unpin`, whatever the folder holds. 404 for a job or version that is not known. */
  async pin(source: string, key: string, hash: string): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    const version = await this.options.store.loadVersion(hash);
    if (version?.source !== source || version.jobKey !== key) {
      throw notFound(`${addressOf(source, key)} has no version ${hash}`);
    }
    return this.pinned(task, await this.options.store.pin(source, key, hash));
  }

  /** Back to the newest version of the folder, which is looked at at once. */
  async unpin(source: string, key: string): Promise<CatalogEntry> {
    const task = this.taskOf(source, key);
    const entry = this.pinned(task, await this.options.store.pin(source, key, null));
    task.newest = null;
    task.force = true;
    this.sourcesByName.get(source)?.settle(task);
    return entry;
  }

  /** Called after each change was committed. Answers how to stop it. */
  onChange(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private pinned(task: Task, entry: CatalogEntry | null): CatalogEntry {
    if (!entry) throw notFound(`there is no job ${addressOf(task.source, task.key)}`);
    task.entry = entry;
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

  /** What a process that was killed left behind; another process may be at work in the same folder. */
  private async clearScratch(): Promise<void> {
    const { scratchDir } = this.options;
    await mkdir(scratchDir, { recursive: true });
    for (const name of await readdir(scratchDir)) {
      const path = join(scratchDir, name);
      const age = systemClock.now() - ((await stat(path).catch(() => null)) ?? { mtimeMs: Infinity }).mtimeMs;
      if (age > 3_600_000) await rm(path, { recursive: true, force: true });
    }
  }
}

/** A folder that never loaded and is gone has nothing to show. */
function isShown(entry: CatalogEntry): boolean {
  return entry.loadState !== "missing" || entry.currentVersion !== null;
}
