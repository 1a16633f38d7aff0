// What a job version is: one built, content-hashed, immutable bundle of a job's code plus its spec.
import type { Instant } from "../clock.ts";
import type { JobOverrides, JobSpec } from "../sdk/spec.ts";

/** Why a job did not load. `code` is one of the rules in docs/load-errors.md (E001 …) or `syntax`, `resolve`. */
export interface LoadError {
  code: string;
  message: string;
  /** Path inside the source, never of the host. */
  file: string | null;
  line: number | null;
  column: number | null;
  /** The lines around the place, with a caret. */
  frame: string | null;
  /** The next step, in words. */
  hint: string | null;
  /** Each mistake by itself, where there are several at once; `message` and `hint` tell them all then. */
  problems?: readonly SingleProblem[];
  /** sha256 over what was read of the job as it is now and does not load; null when nothing could be read. */
  hash: string | null;
  /** Since when no state of the folder loads. */
  since: Instant;
}

/** One of several mistakes in one file. */
export type SingleProblem = Pick<LoadError, "code" | "message" | "line" | "column" | "hint">;

export interface VersionFile {
  /** Path inside the source, with `/`. */
  path: string;
  sha256: string;
  bytes: number;
  /** "data" files are stored with the version and given to the job by `this.file(name)`. */
  role: "code" | "data" | "lock";
}

/** A package that the bundle does not contain and that must be there to run it. */
export interface NeededPackage {
  name: string;
  version: string | null;
  /** Where it was found: in the task directory, in the dependency cache, or offered by the service. */
  from: "task" | "cache" | "service";
}

export interface JobVersion {
  /** sha256 (hex) over file hashes, lockfile and builder id. */
  hash: string;
  source: string;
  jobKey: string;
  spec: JobSpec;
  bundle: string;
  sourceMap: string;
  files: VersionFile[];
  /** Contents of the data files by path; only at load, afterwards they lie in the store. */
  data: Map<string, Uint8Array>;
  /** Contents of the code and lock files of the source itself, not of packages, for people to read; only at load. */
  texts: Map<string, Uint8Array>;
  needs: NeededPackage[];
  builderId: string;
  builtAt: Instant;
  /** The commit that the source was at; null where there is no `.git`. Changes that were not committed are not told. */
  sourceRevision: string | null;
}

export type LoadState = "ready" | "stale" | "error" | "missing" | "invalid";

/** One job as the catalog knows it (table `jobs`). */
export interface CatalogEntry {
  source: string;
  key: string;
  loadState: LoadState;
  loadError: LoadError | null;
  /** The version that new runs use; null when none ever loaded. */
  currentVersion: string | null;
  loadedAt: Instant | null;
  /** Of the current version, with what an admin set above it. */
  spec: JobSpec | null;
  pinned: boolean;
  /** False while an admin has switched the job off: nothing of it runs. */
  enabled: boolean;
  settings: JobSettings;
}

/** A folder that never loaded and is gone has nothing to show. */
export function isShown(entry: CatalogEntry): boolean {
  return entry.loadState !== "missing" || entry.currentVersion !== null;
}

/** What an admin sets beside the code; it outlives every version. */
export interface JobSettings {
  overrides: JobOverrides;
  notes: string | null;
  /** Grows by one at every change of these or of `enabled`. */
  revision: number;
}

/** A job that nobody has set anything for. */
export const NO_SETTINGS: JobSettings = { overrides: {}, notes: null, revision: 1 };

/** What runs go by: the version's own spec with what was set above it. Pure. */
export function withOverrides(spec: JobSpec | null, overrides: JobOverrides): JobSpec | null {
  if (spec === null || Object.keys(overrides).length === 0) return spec;
  return {
    ...spec,
    ...overrides,
    timeoutDeclared: spec.timeoutDeclared || overrides.timeoutMs !== undefined,
  };
}

/** `source:key`: how a job is addressed where several sources exist; also the key of every map of jobs. */
export function addressOf(source: string, key: string): string {
  return `${source}:${key}`;
}
