// Brings one job up to date: looks whether anything changed, loads it, and publishes what came of it.
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { CatalogChange } from "./change.ts";
import { mayPass, type LoadProblem } from "./load-problem.ts";
import type { Loaded, Loader } from "./load.ts";
import { paramsDigest } from "./param-changes.ts";
import { suspects } from "./recheck.ts";
import type { Scan } from "./scan.ts";
import type { CatalogStore, EntryUpdate } from "./store.ts";
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
  onChange(change: CatalogChange): void;
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

  /** `root` is the real path of the task's source. Never rejects. */
  async settle(task: Task, root: string): Promise<Settled> {
    try {
      const settled =
        task.present === false ? await this.settleMissing(task) : await this.settlePresent(task, root);
      task.troubles = settled.again === null ? 0 : task.troubles;
      return settled;
    } catch (error) {
      if (this.stopped) return DONE;
      task.troubles++;
      task.force = true;
      const again = Math.min(10_000, 250 * 2 ** Math.min(6, task.troubles));
      const fields = { error, source: task.source, job: task.key, againMs: again };
      this.options.log.warn(fields, "a job could not be brought up to date; it is tried again");
      return { again, unannounced: null };
    }
  }

  private async settlePresent(task: Task, root: string): Promise<Settled> {
    const { loader, clock } = this.options;
    const target = { source: task.source, key: task.key, root };
    const { hinted, force, distrust } = task;
    task.hinted = task.force = task.distrust = false;
    const mustLoad = force || (hinted && mayLoadNow(task));
    const changed = mustLoad ? task.key : await this.changed(task.inputs, target, distrust);
    if (changed === null) {
      task.pending = null;
      if (task.entry?.loadState === "missing") await this.publishBack(task);
      return DONE;
    }
    const unannounced = hinted || mustLoad || task.inputs === null || task.pending !== null ? null : changed;
    if (unannounced !== null) task.changedAt = clock.monotonic();
    const pending = task.pending;
    const loaded =
      pending && !force && (await this.changed(pending.inputs, target, false)) === null
        ? pending
        : await loader.load(target, task.known);
    // A child that was ended because the service stops says nothing about the job.
    if (this.stopped) return DONE;
    const whileMoving = (): number => Math.min(1_000, 20 * 2 ** Math.min(6, task.troubles++));
    if (loaded.kind === "moving") return { again: whileMoving(), unannounced };
    if (loaded.kind === "good") {
      task.pending = null;
      await this.publishGood(task, loaded);
      return { again: loaded.moved ? whileMoving() : null, unannounced };
    }
    const wait = task.changedAt + this.options.failureQuietMs - clock.monotonic();
    task.pending = loaded;
    if (wait > 0) return { again: Math.ceil(wait), unannounced };
    await this.publishBad(task, loaded.problem, loaded.inputs);
    task.pending = null;
    return { again: null, unannounced };
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

  private async publishGood(task: Task, loaded: Extract<Loaded, { kind: "good" }>): Promise<void> {
    const { store, clock } = this.options;
    const { version, inputs, known } = loaded;
    const before = task.entry;
    const isNew = task.newest !== version.hash;
    // At a first start hundreds of versions are new, and most of them will not run soon.
    if (isNew) await Promise.all([store.saveVersion(version), before ? this.keep(version) : null]);
    if (isNew && before?.spec && !before.pinned && paramsDigest(before.spec) !== paramsDigest(version.spec))
      await this.options.beforeServing?.(version);
    const wasReady = before?.loadState === "ready";
    if (isNew || !wasReady || !inputs.sameAs(task.inputs)) {
      const loadedAt = isNew || !before?.loadedAt ? clock.now() : before.loadedAt;
      await this.publish(
        task,
        { loadState: "ready", loadError: null, version: version.hash, loadedAt },
        inputs,
      );
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

  private async publishBad(task: Task, problem: LoadProblem, inputs: KnownInputs): Promise<void> {
    const before = task.entry?.loadError ?? null;
    const isSame = before !== null && sameProblem(before, problem);
    if (isSame && inputs.sameAs(task.inputs)) {
      task.inputs = inputs;
      return;
    }
    // Since when nothing loads, not since when it is this very error.
    const hash = inputs.contentHash;
    const error: LoadError = { ...problem, hash, since: before?.since ?? this.options.clock.now() };
    const serving = task.newest ?? task.entry?.currentVersion ?? null;
    const loadedAt = task.entry?.loadedAt ?? null;
    const loadState = serving === null ? "error" : "stale";
    await this.publish(task, { loadState, loadError: error, version: serving, loadedAt }, inputs);
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

  private async settleMissing(task: Task): Promise<Settled> {
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
    await this.publish(task, { loadState: "missing", loadError: null, version, loadedAt }, task.inputs);
    this.options.onChange({ kind: "missing", source: task.source, key: task.key, at: clock.now() });
    return DONE;
  }

  /** The folder returned as it was: nothing has to be built. */
  private async publishBack(task: Task): Promise<void> {
    const hash = task.newest ?? task.entry?.currentVersion ?? null;
    if (hash === null) {
      task.force = true;
      return;
    }
    const loadedAt = task.entry?.loadedAt ?? null;
    await this.publish(task, { loadState: "ready", loadError: null, version: hash, loadedAt }, task.inputs);
    const { source, key } = task;
    this.options.onChange({ kind: "back", source, key, hash, at: this.options.clock.now() });
  }

  private async publish(
    task: Task,
    state: Pick<EntryUpdate, "loadState" | "loadError" | "version" | "loadedAt">,
    inputs: KnownInputs | null,
  ): Promise<void> {
    const { source, key } = task;
    task.entry = await this.options.store.publish({
      source,
      key,
      ...state,
      inputs: inputs?.toText() ?? null,
    });
  }
}

/** An error that may pass by itself is tried again when something moved, also when its files are the same. */
function mayLoadNow(task: Task): boolean {
  const code = task.entry?.loadError?.code;
  return code !== undefined && task.entry?.loadState !== "ready" && mayPass(code);
}

function sameProblem(before: LoadError, problem: LoadProblem): boolean {
  return (
    before.code === problem.code &&
    before.message === problem.message &&
    before.file === problem.file &&
    before.line === problem.line &&
    before.column === problem.column &&
    before.frame === problem.frame &&
    placesOf(before) === placesOf(problem)
  );
}

/** Where each of several mistakes lies; what they say stands in the message already. */
function placesOf({ problems }: LoadProblem): string {
  return (problems ?? []).map(({ line, column }) => `${line}:${column}`).join(" ");
}
