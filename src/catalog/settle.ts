// Brings one job up to date: looks whether anything changed, loads it, and publishes what came of it.
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { atOnce, type Written } from "./gathered.ts";
import type { CatalogChange } from "./change.ts";
import { mayPass, movingProblem, sameProblem, type LoadProblem } from "./load-problem.ts";
import type { Loaded, Loader } from "./load.ts";
import { paramsDigest } from "./param-changes.ts";
import { suspects } from "./recheck.ts";
import type { Scan } from "./scan.ts";
import { AnotherPublishes, type CatalogStore, type EntryUpdate } from "./store.ts";
import type { Task } from "./task.ts";
import type { VersionCache } from "./version-cache.ts";
import type { KnownInputs } from "./inputs.ts";
import type { TreePath } from "./tree.ts";
import type { JobVersion, LoadError } from "./version.ts";

export interface SettlerOptions {
  loader: Loader;
  store: CatalogStore;
  versions?: VersionCache;
  clock: Clock;
  log: Logger;
  /** How long a folder has to be quiet before an error of it is published. */
  failureQuietMs: number;
  /** A folder that is not still for so long is said to be so. */
  unsettledMs: number;
  onChange(change: CatalogChange): void;
  /** Whether this process publishes the source, asked again before each write: it may have stood still meanwhile. */
  mayPublish(source: string): boolean;
  /** Awaited before a version with other params than the one before it is published: what it breaks is prepared for. */
  beforeServing?(version: Pick<JobVersion, "source" | "jobKey" | "hash" | "spec">): Promise<void>;
}

/** `null`: done. A number: look again after so many milliseconds. */
export type Again = number | null;

/** What the settling found out for the source that asked. */
export interface Settled {
  again: Again;
  /** What had changed without any event that told. */
  unannounced: TreePath | null;
}

const DONE: Settled = { again: null, unannounced: null };

/** The steps from a folder to a published entry. One call per task at a time. */
export class Settler {
  private stopped = false;

  constructor(private readonly options: SettlerOptions) {}

  /** Publishes nothing from now on. */
  stop(): void {
    this.stopped = true;
  }

  /** The tasks that a full scan has to settle: all but those of which nothing can have changed. */
  suspects(tasks: readonly Task[], scan: Scan, root: string): Promise<Set<Task>> {
    return suspects(tasks, scan, (task, inputs) => {
      return this.options.loader.treeOf({ source: task.source, key: task.key, root }, inputs);
    });
  }

  /** `root` is the real path of the task's source; nothing is written before `written` resolves. Never rejects. */
  async settle(task: Task, root: string, written: Written = atOnce): Promise<Settled> {
    try {
      const settled = await (task.present === false
        ? this.settleMissing(task, written)
        : this.settlePresent(task, root, written));
      task.troubles = settled.again === null ? 0 : task.troubles;
      this.watchMoving(task, settled.again !== null);
      return settled;
    } catch (error) {
      if (this.stopped || error instanceof AnotherPublishes) return DONE;
      task.troubles++;
      task.force = true;
      const again = Math.min(10_000, 250 * 2 ** Math.min(6, task.troubles));
      const fields = { error, source: task.source, job: task.key, againMs: again };
      this.options.log.warn(fields, "a job could not be brought up to date; it is tried again");
      return { again, unannounced: null };
    } finally {
      task.underWay.over();
    }
  }

  private async settlePresent(task: Task, root: string, written: Written): Promise<Settled> {
    const { loader, clock } = this.options;
    const target = { source: task.source, key: task.key, root };
    const { hinted, force, distrust } = task;
    task.hinted = task.force = task.distrust = false;
    const mustLoad = force || (hinted && mayLoadNow(task));
    const changed = mustLoad ? task.key : await this.changed(task.inputs, target, distrust);
    if (changed === null) {
      task.pending = null;
      if (task.entry?.loadState === "missing") await this.publishBack(task, written);
      return DONE;
    }
    const unannounced = hinted || mustLoad || task.inputs === null || task.pending !== null ? null : changed;
    if (unannounced !== null) task.changedAt = clock.monotonic();
    const pending = task.pending;
    const loaded =
      pending && !force && (await this.changed(pending.inputs, target, false)) === null
        ? pending
        : await loader.load(target, task.known, task.underWay);
    // A child that was ended because the service stops says nothing about the job.
    if (this.stopped) return DONE;
    const whileMoving = (): number => Math.min(1_000, 20 * 2 ** Math.min(6, task.troubles++));
    if (loaded.kind === "moving") {
      if (this.movesTooLong(task)) await this.publishBad(task, movingProblem(loaded.path), null, written);
      return { again: whileMoving(), unannounced };
    }
    if (loaded.kind === "good") {
      task.pending = null;
      await this.publishGood(task, loaded, written);
      return { again: loaded.moved ? whileMoving() : null, unannounced };
    }
    const wait = task.changedAt + this.options.failureQuietMs - clock.monotonic();
    task.pending = loaded;
    if (wait > 0 && !this.movesTooLong(task)) return { again: Math.ceil(wait), unannounced };
    await this.publishBad(task, loaded.problem, loaded.inputs, written);
    task.pending = null;
    return { again: null, unannounced };
  }

  /** Since when it was not still; said once where its versions load all the same, since no load error tells of it. */
  private watchMoving(task: Task, moves: boolean): void {
    if (!moves) {
      task.movingSince = null;
      return;
    }
    task.movingSince ??= { at: this.options.clock.monotonic(), told: false };
    if (task.movingSince.told || task.entry?.loadState !== "ready" || !this.movesTooLong(task)) return;
    task.movingSince.told = true;
    const fields = { source: task.source, job: task.key, forMs: this.options.unsettledMs };
    const message =
      "its folder does not stop changing; what it holds at one moment is loaded again and again";
    this.options.log.warn(fields, message);
  }

  private movesTooLong({ movingSince }: Task): boolean {
    const { clock, unsettledMs } = this.options;
    return movingSince !== null && clock.monotonic() - movingSince.at >= unsettledMs;
  }

  /** The first input that changed; the folder itself when nothing is known of it. */
  private async changed(
    inputs: KnownInputs | null,
    target: { source: string; key: string; root: string },
    distrust: boolean,
  ): Promise<TreePath | null> {
    if (inputs === null) return target.key;
    const tree = await this.options.loader.treeOf(target, inputs);
    return inputs.changed(tree, !distrust);
  }

  private async publishGood(
    task: Task,
    loaded: Extract<Loaded, { kind: "good" }>,
    written: Written,
  ): Promise<void> {
    const { clock } = this.options;
    const { version, inputs, known } = loaded;
    const before = task.entry;
    const isNew = task.newest !== version.hash;
    const wasReady = before?.loadState === "ready";
    // At a first start hundreds of versions are new, and most of them will not run soon.
    const kept = isNew && before ? this.keep(version) : null;
    try {
      if (isNew && before?.spec && !before.pinned && paramsDigest(before.spec) !== paramsDigest(version.spec))
        await this.options.beforeServing?.(version);
      if (isNew || !wasReady || !inputs.sameAs(task.inputs)) {
        const loadedAt = isNew || !before?.loadedAt ? clock.now() : before.loadedAt;
        await this.publish(
          task,
          { loadState: "ready", loadError: null, version: version.hash, loadedAt },
          inputs,
          written,
          isNew ? version : undefined,
        );
      }
    } finally {
      await kept;
    }
    const previous = task.newest;
    task.newest = version.hash;
    task.inputs = inputs;
    task.known = known;
    if (!isNew && wasReady) return;
    const { source, key } = task;
    const at = clock.now();
    if (before?.loadState === "missing")
      this.options.onChange({ kind: "back", source, key, hash: version.hash, at });
    const served = task.entry?.currentVersion ?? version.hash;
    const { hash, spec } = version;
    this.options.onChange({ kind: "loaded", source, key, hash, served, previous, spec, at });
  }

  /** Only a short cut for the first run: without it the version comes from the store. */
  private async keep(version: JobVersion): Promise<void> {
    await this.options.versions?.keep(version, version.data).catch((error: unknown) => {
      this.options.log.warn(
        { error, job: version.jobKey },
        "a version could not be written to the cache folder",
      );
    });
  }

  /** Without inputs nothing could be read: whatever the folder holds when it is still has to be loaded. */
  private async publishBad(
    task: Task,
    problem: LoadProblem,
    inputs: KnownInputs | null,
    written: Written,
  ): Promise<void> {
    const before = task.entry?.loadError ?? null;
    const isSame = before !== null && sameProblem(before, problem);
    if (isSame && (inputs?.sameAs(task.inputs) ?? task.inputs === null)) {
      task.inputs = inputs;
      return;
    }
    // Since when nothing loads, not since when it is this very error.
    const hash = inputs?.contentHash ?? null;
    const error: LoadError = { ...problem, hash, since: before?.since ?? this.options.clock.now() };
    const serving = task.newest ?? task.entry?.currentVersion ?? null;
    const loadedAt = task.entry?.loadedAt ?? null;
    const loadState = serving === null ? "error" : "stale";
    await this.publish(task, { loadState, loadError: error, version: serving, loadedAt }, inputs, written);
    task.inputs = inputs;
    if (isSame) return;
    const { source, key } = task;
    const at = this.options.clock.now();
    this.options.onChange({
      kind: "failed",
      source,
      key,
      error,
      serving: task.entry?.currentVersion ?? null,
      at,
    });
  }

  private async settleMissing(task: Task, written: Written): Promise<Settled> {
    const { clock, failureQuietMs } = this.options;
    task.hinted = task.force = false;
    task.pending = null;
    if (task.entry === null || task.entry.loadState === "missing") return DONE;
    const wait = task.changedAt + failureQuietMs - clock.monotonic();
    if (wait > 0) return { again: Math.ceil(wait), unannounced: null };
    const { currentVersion, loadedAt } = task.entry;
    // What did not load has to be loaded when it returns, also when it is the same.
    if (task.entry.loadState !== "ready") task.inputs = null;
    const version = task.newest ?? currentVersion;
    const state = { loadState: "missing", loadError: null, version, loadedAt } as const;
    await this.publish(task, state, task.inputs, written);
    this.options.onChange({ kind: "missing", source: task.source, key: task.key, at: clock.now() });
    return DONE;
  }

  /** The folder returned as it was: nothing has to be built. */
  private async publishBack(task: Task, written: Written): Promise<void> {
    const hash = task.newest ?? task.entry?.currentVersion ?? null;
    if (hash === null) {
      task.force = true;
      return;
    }
    const loadedAt = task.entry?.loadedAt ?? null;
    const state = { loadState: "ready", loadError: null, version: hash, loadedAt } as const;
    await this.publish(task, state, task.inputs, written);
    const { source, key } = task;
    this.options.onChange({ kind: "back", source, key, hash, at: this.options.clock.now() });
  }

  private async publish(
    task: Task,
    state: Pick<EntryUpdate, "loadState" | "loadError" | "version" | "loadedAt">,
    inputs: KnownInputs | null,
    written: Written,
    version?: JobVersion,
  ): Promise<void> {
    const { source, key } = task;
    await written();
    if (this.stopped) throw new Error("the catalog stops");
    if (!this.options.mayPublish(source)) throw new AnotherPublishes(source);
    const update = { source, key, ...state, inputs: inputs?.toText() ?? null };
    task.entry = await this.options.store.publish(update, version);
    task.wroteAt = this.options.clock.monotonic();
  }
}

/** An error that may pass by itself is tried again when something moved, also when its files are the same. */
function mayLoadNow(task: Task): boolean {
  const code = task.entry?.loadError?.code;
  return code !== undefined && task.entry?.loadState !== "ready" && mayPass(code);
}
