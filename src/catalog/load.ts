// One load: a task directory as it is now -> a version, or the reason why not. It changes nothing but a scratch folder.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { Builder, BUILDER_ID, BUNDLE_NAME, type Built } from "./build.ts";
import { descriptionProblem } from "./description-problem.ts";
import type { DescribeLimits, Describer } from "./describe.ts";
import { gitRevision } from "./git-revision.ts";
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
import type { JobVersion, VersionFile } from "./version.ts";
import { sameList } from "./walk-files.ts";
import type { JobSpec } from "../sdk/spec.ts";

const MAX_ENTRY_BYTES = 1024 * 1024;
/** How often a load begins again when the tree moves under it, before it waits for the next hint. */
const TRIES = 5;

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

export interface LoaderOptions {
  describer: Describer;
  limits: DescribeLimits;
  /** Where `deps install` puts packages; null when there is no such cache. */
  depsDir: string | null;
  depsHint: string | null;
  /** Bundles lie here while they are described. */
  scratchDir: string;
  clock: Clock;
}

/** Loads task directories, any number at a time; it keeps nothing between two loads. */
export class Loader {
  private readonly builder = new Builder();

  constructor(private readonly options: LoaderOptions) {}

  async load(target: LoadTarget, known: KnownSpec | null): Promise<Loaded> {
    let path: TreePath = target.key;
    let learned = known;
    for (let tries = 0; tries < TRIES; tries++) {
      const tree: Tree = { root: target.root, deps: null };
      const snapshot = new Snapshot(tree);
      // Describing takes most of the time. A folder that changes again and again would never be loaded, if it had to
      // hold still all that while: in the last try it is enough that everything was read before anything changed.
      const hurries = tries === TRIES - 1;
      const attempt = new Attempt(this.options, this.builder, target, snapshot, tree, hurries);
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
    private readonly builder: Builder,
    private readonly target: LoadTarget,
    private readonly snapshot: Snapshot,
    private readonly tree: Tree,
    private readonly hurries: boolean,
  ) {
    this.entry = `${target.key}/${ENTRY_NAME}`;
  }

  async run(known: KnownSpec | null): Promise<Loaded> {
    try {
      await this.checkEntry();
      const revision = gitRevision(this.target.root);
      const locks = await lockFiles(this.snapshot, this.target.key);
      this.deps = dependencyFolderName(locks);
      this.tree.deps = await dependencyFolder(this.options.depsDir, this.deps);
      const resolver = new Resolver(
        this.snapshot,
        this.target.key,
        this.options.depsHint,
        this.options.depsDir !== null,
      );
      const built = await this.builder.build(this.snapshot, resolver, this.entry);
      if (!built.ok) return this.bad(built.problem);
      const needs = [...resolver.needs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const folders = packageFolders(needs, this.tree, this.target.key);
      const early = this.hurries ? await this.dataBefore(known?.spec.files ?? []) : null;
      const spec = await this.describe(built, known, folders);
      const isEarly = early !== null && sameList(early.patterns, spec.files);
      const data = isEarly ? early.data : await dataFiles(this.snapshot, this.target.key, spec.files);
      this.wasOneState = isEarly;
      const files = fileList(built.code, data, locks);
      const { source, key: jobKey } = this.target;
      const hash = versionHash({ source, key: jobKey, builderId: BUILDER_ID, files, needs });
      return {
        kind: "good",
        known: { bundleSha256: built.bundleSha256, spec },
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
    const folder = await mkdtemp(join(this.options.scratchDir, "describe-"));
    try {
      // The child may run as another user, who has to reach it.
      await chmod(folder, 0o755);
      const bundlePath = join(folder, BUNDLE_NAME);
      await Promise.all([
        writeFile(bundlePath, built.bundle),
        writeFile(`${bundlePath}.map`, built.sourceMap),
      ]);
      const description = await this.options.describer.describe(
        { bundlePath, resolveFrom },
        this.options.limits,
      );
      if (description.outcome === "described") return description.spec;
      const { snapshot, entry } = this;
      const place = { snapshot, entry, sourceMap: built.sourceMap, bundleFolder: folder };
      throw new LoadFailure(descriptionProblem(description, place));
    } finally {
      void rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
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
