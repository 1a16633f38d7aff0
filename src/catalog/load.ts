// One load: a task directory as it is now -> a version, or the reason why not. It changes nothing but a scratch folder.
import type { Clock } from "../clock.ts";
import { Builder, BUILDER_ID, type Built } from "./build.ts";
import { Describing, type DescribingOptions } from "./describing.ts";
import { GitRevisions } from "./git-revision.ts";
import { KnownInputs } from "./inputs.ts";
import { ENTRY_NAME } from "./key.ts";
import { LoadFailure, loadProblem, type LoadProblem } from "./load-problem.ts";
import { isInPackage, Resolver } from "./resolve.ts";
import { Snapshot, TreeMoved, type FileRead } from "./snapshot.ts";
import {
  dataFiles,
  dependencyFolder,
  dependencyFolderName,
  lockFiles,
  packageFolders,
  versionHash,
} from "./task-folder.ts";
import type { Tree, TreePath } from "./tree.ts";
import { Stopped, UnderWay } from "./under-way.ts";
import type { JobVersion, VersionFile } from "./version.ts";
import { sameList } from "./walk-files.ts";
import type { JobSpec } from "../sdk/spec.ts";

const MAX_ENTRY_BYTES = 1024 * 1024;
/** How often a load begins again when the tree moves under it, before it waits for the next hint. */
const TRIES = 5;
/** So long a load may be stopped and begun again by saves that come slowly, before it counts them. */
const STOPS_MS = 10_000;
/** What is stopped sooner may be a folder that does not hold still. */
const LONG_MS = 500;

export interface LoadTarget {
  source: string;
  key: string;
  /** Real path of the source's root. */
  root: string;
}

/** What describing this bundle gave before: the same bytes declare the same job. */
export interface KnownSpec {
  bundleSha256: string;
  spec: JobSpec;
}

export type Loaded =
  /** `moved`: it is one state of the tree, and not the newest one. */
  | { kind: "good"; version: JobVersion; known: KnownSpec; inputs: KnownInputs; moved?: true }
  | { kind: "bad"; problem: LoadProblem; inputs: KnownInputs }
  /** The tree would not hold still. */
  | { kind: "moving"; path: TreePath };

export interface LoaderOptions extends DescribingOptions {
  /** Where `deps install` puts packages; null when there is no such cache. */
  depsDir: string | null;
  depsHint: string | null;
  clock: Clock;
}

/** What all loads of a loader share. */
class Shared {
  readonly builder = new Builder();
  readonly revisions = new GitRevisions();
  readonly describing: Describing;

  constructor(options: DescribingOptions) {
    this.describing = new Describing(options);
  }
}

/** Loads task directories, any number at a time; it keeps nothing of one job for the next. */
export class Loader {
  private readonly shared: Shared;

  constructor(private readonly options: LoaderOptions) {
    this.shared = new Shared(options);
  }

  /**
   * `underWay` may be told that something changed meanwhile: then nobody waits for what is described in vain. It is for the
   * caller to end it, when what came of the load is published.
   */
  async load(target: LoadTarget, known: KnownSpec | null, underWay = new UnderWay()): Promise<Loaded> {
    const { clock } = this.options;
    const mayEndMany = clock.monotonic() + STOPS_MS;
    let path: TreePath = target.key;
    let learned = known;
    for (let tries = 0; tries < TRIES; tries++) {
      const tree: Tree = { root: target.root, deps: null };
      const snapshot = new Snapshot(tree);
      underWay.begins(snapshot);
      // Describing takes most of the time. A folder that changes again and again would never be loaded, if it had to
      // hold still all that while: in the last try it is enough that everything was read before anything changed.
      const hurries = tries === TRIES - 1;
      const stoppable = hurries ? null : underWay;
      const attempt = new Attempt(this.options, this.shared, target, snapshot, tree, stoppable);
      try {
        const outcome = await attempt.run(learned);
        const moved = await snapshot.moved();
        if (moved === null) return outcome;
        if (outcome.kind === "good") {
          if (attempt.wasOneState) return { ...outcome, moved: true };
          learned = outcome.known;
        }
        path = moved;
      } catch (error) {
        if (!(error instanceof TreeMoved)) throw error;
        path = error.path;
        // Saves of somebody who thinks in between, of code that never comes to its end: that folder does hold still.
        if (error instanceof Stopped && error.afterMs > LONG_MS && clock.monotonic() < mayEndMany) tries--;
      }
    }
    return { kind: "moving", path };
  }

  /** The tree that a task's remembered inputs are compared with. */
  async treeOf(target: LoadTarget, inputs: KnownInputs): Promise<Tree> {
    return { root: target.root, deps: await dependencyFolder(this.options.depsDir, inputs.inputs.deps) };
  }
}

/** The steps of one try, in order; each may end it with a LoadFailure. */
class Attempt {
  /** All that makes the version was read before any of it changed; looked at only by an attempt that hurries. */
  wasOneState = false;
  private readonly entry: TreePath;
  private deps: string | null = null;

  constructor(
    private readonly options: LoaderOptions,
    private readonly shared: Shared,
    private readonly target: LoadTarget,
    private readonly snapshot: Snapshot,
    private readonly tree: Tree,
    /** Ends describing when the tree moves; null for an attempt that hurries. */
    private readonly underWay: UnderWay | null,
  ) {
    this.entry = `${target.key}/${ENTRY_NAME}`;
  }

  async run(known: KnownSpec | null): Promise<Loaded> {
    try {
      await this.checkEntry();
      const revision = this.shared.revisions.of(this.target.root);
      const locks = await lockFiles(this.snapshot, this.target.key);
      this.deps = dependencyFolderName(locks);
      this.tree.deps = await dependencyFolder(this.options.depsDir, this.deps);
      const resolver = new Resolver(
        this.snapshot,
        this.target.key,
        this.options.depsHint,
        this.options.depsDir !== null,
      );
      const built = await this.shared.builder.build(this.snapshot, resolver, this.entry);
      if (!built.ok) return this.bad(built.problem);
      const needs = [...resolver.needs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const folders = packageFolders(needs, this.tree, this.target.key);
      const early = this.underWay === null ? await this.dataBefore(known?.spec.files ?? []) : null;
      const spec = await this.describe(built, known, folders);
      const isEarly = early !== null && sameList(early.patterns, spec.files);
      const data = isEarly ? early.data : await dataFiles(this.snapshot, this.target.key, spec.files);
      this.wasOneState = isEarly;
      const files = fileList(built.code, data, locks);
      const { source, key: jobKey } = this.target;
      const { bundleSha256 } = built;
      const hash = versionHash({ source, key: jobKey, builderId: BUILDER_ID, bundleSha256, files, needs });
      return {
        kind: "good",
        known: { bundleSha256, spec },
        inputs: this.inputs(),
        version: {
          hash,
          source,
          jobKey,
          spec,
          bundle: built.bundle,
          sourceMap: built.sourceMap,
          files,
          data: new Map(data.map((file) => [file.path, file.bytes])),
          texts: ownTexts(built.code, locks),
          needs,
          builderId: BUILDER_ID,
          builtAt: this.options.clock.now(),
          sourceRevision: await revision,
        },
      };
    } catch (error) {
      if (error instanceof LoadFailure) return this.bad(error.problem);
      throw error;
    }
  }

  private async checkEntry(): Promise<void> {
    const entry = this.entry;
    const file = await this.snapshot.read(entry, MAX_ENTRY_BYTES);
    if (!file) throw new TreeMoved(entry);
    if (
      file.bytes
        .toString("utf8")
        .replace(/^\ufeff/, "")
        .trim() === ""
    ) {
      const hint = 'write import { defineJob } from "jobmount" and export class Job extends defineJob({ … })';
      throw new LoadFailure(
        loadProblem("E108", `${entry} is empty`, hint, { file: entry, line: 1, column: 1 }),
      );
    }
  }

  /** The data files that the job named last; null when the tree has changed since the first look at it. */
  private async dataBefore(patterns: string[]): Promise<{ patterns: string[]; data: FileRead[] } | null> {
    try {
      const data = await dataFiles(this.snapshot, this.target.key, patterns);
      return (await this.snapshot.moved()) === null ? { patterns, data } : null;
    } catch (error) {
      // It may name others by now; if it does not, this comes again.
      if (error instanceof LoadFailure) return null;
      throw error;
    }
  }

  private async describe(
    built: Extract<Built, { ok: true }>,
    known: KnownSpec | null,
    resolveFrom: string[],
  ): Promise<JobSpec> {
    if (known?.bundleSha256 === built.bundleSha256) return known.spec;
    const { snapshot, entry, underWay } = this;
    const of = { source: this.target.source, entry, snapshot, resolveFrom };
    const describe = (stop?: AbortSignal) => this.shared.describing.spec(built, of, stop);
    return underWay === null ? describe() : underWay.during(describe);
  }

  private bad(problem: LoadProblem): Loaded {
    return { kind: "bad", problem, inputs: this.inputs() };
  }

  private inputs(): KnownInputs {
    return KnownInputs.ofLoad(this.snapshot, BUILDER_ID, this.deps);
  }
}

/** Packages are left out: they are large, can be had by name and version, and their code is in the bundle. */
function ownTexts(code: readonly FileRead[], locks: readonly FileRead[]): Map<TreePath, Uint8Array> {
  const own = [...locks, ...code].filter((file) => !isInPackage(file.path));
  return new Map(own.map((file) => [file.path, file.bytes]));
}

/** Sorted by path. A file that is code and data too is data: it has to be stored as it is. */
function fileList(
  code: readonly FileRead[],
  data: readonly FileRead[],
  locks: readonly FileRead[],
): VersionFile[] {
  const files = new Map<TreePath, VersionFile>();
  const add = (role: VersionFile["role"], list: readonly FileRead[]): void => {
    for (const { path, sha256, bytes } of list) files.set(path, { path, sha256, bytes: bytes.length, role });
  };
  add("lock", locks);
  add("code", code);
  add("data", data);
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
