// The catalog's store without a database, for verbs that load a folder once: `validate`, `run`.
import { notFound } from "../errors.ts";
import type { CatalogStore, EntryUpdate, StoredEntry, StoredVersion } from "./store.ts";
import { addressOf, type CatalogEntry, type JobVersion, NO_SETTINGS } from "./version.ts";

/** Keeps everything until it is let go. */
export class MemoryCatalogStore implements CatalogStore {
  private readonly entries = new Map<string, StoredEntry>();
  private readonly versions = new Map<string, JobVersion>();

  loadEntries(): Promise<StoredEntry[]> {
    return Promise.resolve([...this.entries.values()].map((entry) => ({ ...entry })));
  }

  /** Nobody else writes here. */
  changedSince(since: number): Promise<{ entries: []; through: number }> {
    return Promise.resolve({ entries: [], through: since });
  }

  saveVersion(version: JobVersion): Promise<void> {
    if (!this.versions.has(version.hash)) this.versions.set(version.hash, version);
    return Promise.resolve();
  }

  async publish(update: EntryUpdate, own?: JobVersion): Promise<CatalogEntry> {
    if (own) await this.saveVersion(own);
    const { source, key, loadState, loadError, version, loadedAt, inputs } = update;
    const before = this.entries.get(addressOf(source, key));
    const pinned = before?.pinned ?? false;
    if (version !== null && !this.versions.has(version))
      throw new Error(`the version ${version} cannot be published before it is saved`);
    const currentVersion = pinned ? (before?.currentVersion ?? null) : version;
    this.entries.set(addressOf(source, key), {
      source,
      key,
      loadState,
      loadError,
      currentVersion,
      loadedAt: pinned ? (before?.loadedAt ?? null) : loadedAt,
      spec: this.specOf(currentVersion),
      pinned,
      enabled: before?.enabled ?? true,
      settings: before?.settings ?? NO_SETTINGS,
      inputs,
      newestVersion: version,
    });
    return this.entryOf(source, key) as CatalogEntry;
  }

  pin(source: string, key: string, hash: string | null): Promise<CatalogEntry | null> {
    const entry = this.entries.get(addressOf(source, key));
    const version = hash === null ? null : this.versions.get(hash);
    if (entry && version !== null && (version?.source !== source || version.jobKey !== key))
      return Promise.reject(notFound(`the job "${key}" of the source "${source}" has no version ${hash}`));
    if (entry) {
      entry.pinned = hash !== null;
      entry.currentVersion = hash ?? entry.newestVersion;
      entry.spec = this.specOf(entry.currentVersion);
    }
    return Promise.resolve(this.entryOf(source, key));
  }

  /** A folder that is loaded once has no admin. */
  configure(source: string, key: string): Promise<CatalogEntry | null> {
    return Promise.resolve(this.entryOf(source, key));
  }

  loadVersion(hash: string): Promise<StoredVersion | null> {
    return Promise.resolve(this.versions.get(hash) ?? null);
  }

  loadData(hash: string): Promise<Map<string, Uint8Array>> {
    return Promise.resolve(new Map(this.versions.get(hash)?.data));
  }

  private specOf(hash: string | null): CatalogEntry["spec"] {
    return hash === null ? null : (this.versions.get(hash)?.spec ?? null);
  }

  private entryOf(source: string, key: string): CatalogEntry | null {
    const stored = this.entries.get(addressOf(source, key));
    return stored ? { ...stored } : null;
  }
}
