// The port to what is kept of a job's versions: their list, their files, and letting go of the old ones.
import type { Instant } from "../clock.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { NeededPackage, VersionFile } from "./version.ts";

/** A version without its bundle. */
export interface VersionFacts {
  hash: string;
  source: string;
  jobKey: string;
  spec: JobSpec;
  files: VersionFile[];
  needs: NeededPackage[];
  builderId: string;
  builtAt: Instant;
  /** When the folder last became this version. */
  loadedAt: Instant;
  sourceRevision: string | null;
}

/** A place in the list of versions, newest first. */
export interface VersionPlace {
  loadedAt: Instant;
  hash: string;
}

/** Implemented by `db/version-history`. */
export interface VersionHistory {
  /** The job's versions, the last loaded first, from behind `after` on. */
  list(source: string, key: string, limit: number, after?: VersionPlace): Promise<VersionFacts[]>;
  /** Those of the job whose hash begins so; two are enough to know that it means several. */
  find(source: string, key: string, hashPrefix: string): Promise<VersionFacts[]>;
  /**
   * Contents of files of this version by path. Code of installed packages is not kept by itself (the bundle holds it),
   * so its paths are missing in the answer.
   */
  contents(version: VersionFacts, paths: readonly string[]): Promise<Map<string, Uint8Array>>;
  /**
   * Lets go of versions beyond the `keep` last loaded ones of each job. What a job serves, is pinned to or last loaded
   * stays, and so does what any kept run or attempt names and what is younger than the longest catch-up window. Answers how many went. May be repeated, and called by
   * several replicas at once.
   */
  prune(keep: number): Promise<number>;
  /** Those of these hashes that are kept. */
  stored(hashes: readonly string[]): Promise<Set<string>>;
}
