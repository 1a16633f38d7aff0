// The port to the database: where versions and the catalog's entries are kept. Every method may be repeated.
import type { JobOverrides } from "../sdk/spec.ts";
import type {
  CatalogEntry,
  JobVersion,
  LoadError,
  LoadState,
  NeededPackage,
  VersionFile,
} from "./version.ts";
import type { Instant } from "../clock.ts";
import type { JobSpec } from "../sdk/spec.ts";

/** One row of `jobs`, joined with the spec of its current version. */
export interface StoredEntry extends CatalogEntry {
  /** What was given to `publish` with this entry last: opaque JSON text, or null. */
  inputs: string | null;
  /** What was published last; another one than `currentVersion` while the job is pinned. */
  newestVersion: string | null;
}

/** An entry that another process may have changed. */
export type FollowedEntry = Omit<StoredEntry, "inputs">;

/** What the catalog writes about one job. `pinned` and `enabled` belong to others and are never part of it. */
export interface EntryUpdate {
  source: string;
  key: string;
  loadState: Exclude<LoadState, "invalid">;
  loadError: LoadError | null;
  /**
   * The newest good version, or null when none ever loaded. While the row is pinned the store keeps the row's own
   * current version and its `loadedAt`; it decides so in the same statement, since a pin may come at the same time.
   */
  version: string | null;
  loadedAt: Instant | null;
  /**
   * What the load looked at (paths with their hashes, and paths that were absent), so that a start can tell that
   * nothing changed. Opaque to the store: kept as it is and given back by `loadEntries`. Usually under 10 KB, 200 KB
   * for a job that bundles a thousand files.
   */
  inputs: string | null;
}

/** What one change of a job's settings sets, each as a whole. */
export interface SettingsChange {
  enabled: boolean;
  overrides: JobOverrides;
  notes: string | null;
}

/** A version as it lies in the database, without its data files. */
export interface StoredVersion {
  hash: string;
  source: string;
  jobKey: string;
  spec: JobSpec;
  bundle: string;
  sourceMap: string;
  files: VersionFile[];
  needs: NeededPackage[];
  builderId: string;
  builtAt: Instant;
  sourceRevision: string | null;
}

/** Whoever does has looked at the folder as a whole, and is followed. */
export class AnotherPublishes extends Error {
  constructor(source: string) {
    super(`another process publishes the source "${source}"`);
  }
}

/** Names the request that a change belongs to; opaque here. */
export interface RequestRef {
  actor: string;
  key: string;
  digest: string;
}

/** Implemented by `db/catalog-store`. A rejected call means "unknown": the catalog asks again later. */
export interface CatalogStore {
  /** Every known job of every source, also missing ones. */
  loadEntries(): Promise<StoredEntry[]>;

  /** Entries that were published or pinned after `since`, by whichever process; `through` is the next `since`. */
  changedSince(since: Instant): Promise<{ entries: FollowedEntry[]; through: Instant }>;

  /**
   * Keeps a version with bundle, source map, file list, contents of its data files and of its own code, spec and needs.
   * A hash that is known already is left as it is.
   */
  saveVersion(version: JobVersion): Promise<void>;

  /**
   * Inserts or updates the row of one job, and answers the entry as it is now (with the spec of its current version). A
   * version that comes with it is kept as `saveVersion` does, in the same commit unless its contents are large. Rejects
   * with AnotherPublishes, and changes nothing, when another process publishes the source by now.
   */
  publish(update: EntryUpdate, version?: JobVersion): Promise<CatalogEntry>;

  /**
   * Pins a job to a version of its own; with null releases it, and what was published last serves at once. Answers the
   * entry as it is now; null when there is no such job. `request` is recorded as done in the same transaction (A1).
   */
  pin(source: string, key: string, hash: string | null, request?: RequestRef): Promise<CatalogEntry | null>;

  /**
   * Sets what `decide` answers to the entry as it is, under the lock of its row; what changes nothing makes no revision.
   * Switching a job off or on begins or ends, in the same transaction, the suspension that its schedules read. Answers
   * the entry as it is now; null when there is no such job. An error thrown by `decide` leaves all as it was.
   */
  configure(
    source: string,
    key: string,
    actor: string,
    decide: (entry: CatalogEntry) => SettingsChange,
  ): Promise<CatalogEntry | null>;

  /** A version by its hash, or null. */
  loadVersion(hash: string): Promise<StoredVersion | null>;

  /** Contents of a version's data files by path inside the source (`VersionFile.path`); empty when it has none. */
  loadData(hash: string): Promise<Map<string, Uint8Array>>;
}
