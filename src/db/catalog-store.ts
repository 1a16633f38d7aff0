// The CatalogStore on a database: one row a job, which points to the version that serves and to the newest one.
import { paramsDigest } from "../catalog/param-changes.ts";
import {
  AnotherPublishes,
  type CatalogStore,
  type EntryUpdate,
  type FollowedEntry,
  type RequestRef,
  type SettingsChange,
  type StoredEntry,
  type StoredVersion,
} from "../catalog/store.ts";
import type { Instant } from "../clock.ts";
import {
  type CatalogEntry,
  type JobVersion,
  type LoadError,
  type LoadState,
  withOverrides,
} from "../catalog/version.ts";
import { notFound } from "../errors.ts";
import type { Database } from "./database.ts";
import { fromJson, type Sql, type SqlRow, type SqlValue, toJson } from "./sql.ts";
import { holdKey } from "./idempotency-store.ts";
import { settingsOf, writeSettings } from "./job-settings.ts";
import {
  isSmall,
  loadData,
  loadVersion,
  lostToAnother,
  saveVersion,
  saveVersionIn,
  type VersionRows,
  versionRows,
} from "./version-store.ts";

type JobSpec = StoredVersion["spec"];

const ENTRIES = "SELECT j.*, v.spec FROM jobs j LEFT JOIN job_versions v ON v.hash = j.current_version";

/** Without what a load looked at, which is most of a row. */
const FOLLOWED =
  "SELECT j.source, j.job_key, j.load_state, j.load_error, j.current_version, j.newest_version, j.loaded_at, " +
  "j.pinned, j.enabled, j.overrides, j.notes, j.revision, v.spec FROM jobs j LEFT JOIN job_versions v ON v.hash = j.current_version";
/** A row is stamped before it is committed: whoever follows looks so far back again. */
const COMMIT_MS = 10_000;

export class DbCatalogStore implements CatalogStore {
  readonly #database: Database;
  readonly #replica: string | null;

  /** `replica`: publishes only while it is the one that publishes the source; null where nobody else can be. */
  constructor(database: Database, replica: string | null = null) {
    this.#database = database;
    this.#replica = replica;
  }

  async loadEntries(): Promise<StoredEntry[]> {
    const rows = await this.#database.read.all(`${ENTRIES} ORDER BY j.source, j.job_key`);
    return rows.map((row) => ({
      ...toEntry(row),
      inputs: fromJson(row["inputs"]) as string | null,
      newestVersion: newestOf(row),
    }));
  }

  async changedSince(since: Instant): Promise<{ entries: FollowedEntry[]; through: Instant }> {
    const through = this.#database.now() - COMMIT_MS;
    const rows = await this.#database.read.all(`${FOLLOWED} WHERE j.changed_at > ?`, [since]);
    return { entries: rows.map((row) => ({ ...toEntry(row), newestVersion: newestOf(row) })), through };
  }

  saveVersion(version: JobVersion): Promise<void> {
    return saveVersion(this.#database, version);
  }

  async publish(update: EntryUpdate, version?: JobVersion): Promise<CatalogEntry> {
    // One commit, where contents, version and pointer would be one after the other.
    const rows = version && isSmall(version) ? versionRows(version) : undefined;
    if (version && !rows) await saveVersion(this.#database, version);
    try {
      return await this.#database.write((sql) => this.#publish(sql, update, rows));
    } catch (error) {
      if (!lostToAnother(error)) throw error;
      // Another replica inserted the row between our update and our insert, or some of the same contents.
      if (version) await saveVersion(this.#database, version);
      return this.#database.write((sql) => this.#publish(sql, update));
    }
  }

  async pin(
    source: string,
    key: string,
    hash: string | null,
    request?: RequestRef,
  ): Promise<CatalogEntry | null> {
    return this.#database.write(async (sql) => {
      const { forUpdate } = this.#database.dialect;
      // The version first and then the job, as everywhere: a version that is being let go of cannot be pinned any more.
      const version = hash === null ? null : await this.#lockVersion(sql, hash);
      const [job] = await sql.all(`SELECT * FROM jobs WHERE source = ? AND job_key = ?${forUpdate}`, [
        source,
        key,
      ]);
      if (!job) return null;
      if (request) await holdKey(sql, request, 200, hash ?? "");
      if (hash === null) await this.#release(sql, job);
      else if (version?.["source"] !== source || version["job_key"] !== key) {
        throw notFound(`the job "${key}" of the source "${source}" has no version ${hash}`);
      } else {
        await sql.run(
          "UPDATE jobs SET pinned = 1, current_version = ?, loaded_at = ?, concurrency = ?, params_digest = ?, " +
            "changed_at = ? WHERE source = ? AND job_key = ?",
          [hash, Number(version["built_at"]), ...factsOf(version), this.#database.now(), source, key],
        );
      }
      return entryOf(sql, source, key);
    });
  }

  configure(
    source: string,
    key: string,
    actor: string,
    decide: (entry: CatalogEntry) => SettingsChange,
  ): Promise<CatalogEntry | null> {
    const database = this.#database;
    return database.write(async (sql) => {
      const { forUpdate } = database.dialect;
      const locked = `SELECT source FROM jobs WHERE source = ? AND job_key = ?${forUpdate}`;
      if ((await sql.all(locked, [source, key])).length === 0) return null;
      const entry = (await entryOf(sql, source, key))!;
      await writeSettings(database, sql, entry, decide(entry), actor);
      return entryOf(sql, source, key);
    });
  }

  loadVersion(hash: string): Promise<StoredVersion | null> {
    return loadVersion(this.#database.read, hash);
  }

  loadData(hash: string): Promise<Map<string, Uint8Array>> {
    return loadData(this.#database.read, hash);
  }

  /** What the folder holds serves at once, whichever process sees the folder. */
  async #release(sql: Sql, job: SqlRow): Promise<void> {
    if (Number(job["pinned"]) === 0) return;
    const newest = job["newest_version"] === null ? null : String(job["newest_version"]);
    const row = newest === null ? undefined : await this.#lockVersion(sql, newest);
    await sql.run(
      "UPDATE jobs SET pinned = 0, current_version = ?, loaded_at = ?, concurrency = ?, params_digest = ?, " +
        "changed_at = ? WHERE source = ? AND job_key = ?",
      [
        row ? newest : null,
        row ? (job["newest_loaded_at"] as number | null) : null,
        ...(row ? factsOf(row) : NO_FACTS),
        this.#database.now(),
        String(job["source"]),
        String(job["job_key"]),
      ],
    );
  }

  async #publish(sql: Sql, update: EntryUpdate, rows?: VersionRows): Promise<CatalogEntry> {
    const { source, key, version, loadedAt } = update;
    if (this.#replica !== null) await this.#requireTurn(sql, source, this.#replica);
    if (rows) await saveVersionIn(this.#database, sql, rows);
    let facts: [number | null, string | null] = NO_FACTS;
    if (version !== null) {
      const row = await this.#lockVersion(sql, version);
      if (!row) throw new Error(`the version ${version} cannot be published before it is saved`);
      facts = factsOf(row);
      if (loadedAt !== null && loadedAt > Number(row["loaded_at"]))
        await sql.run("UPDATE job_versions SET loaded_at = ? WHERE hash = ?", [loadedAt, version]);
    }
    const values: SqlValue[] = [
      version,
      loadedAt,
      version,
      loadedAt,
      ...facts,
      this.#database.now(),
      update.loadState,
      toJson(update.loadError),
      toJson(update.inputs),
    ];
    // Each column looks at `pinned` itself: a pin may come between any two statements.
    const matched = await sql.run(
      "UPDATE jobs SET newest_version = ?, newest_loaded_at = ?, " +
        "current_version = CASE WHEN pinned = 1 THEN current_version ELSE ? END, " +
        "loaded_at = CASE WHEN pinned = 1 THEN loaded_at ELSE ? END, " +
        "concurrency = CASE WHEN pinned = 1 THEN concurrency ELSE ? END, " +
        "params_digest = CASE WHEN pinned = 1 THEN params_digest ELSE ? END, " +
        "changed_at = ?, load_state = ?, load_error = ?, inputs = ? WHERE source = ? AND job_key = ?",
      [...values, source, key],
    );
    if (matched === 0) await sql.insert("jobs", ENTRY_COLUMNS, [[...values, source, key]]);
    return (await entryOf(sql, source, key))!;
  }

  /** Locks the source's row: nobody takes it over before this has committed, and nobody writes who lost it meanwhile. */
  async #requireTurn(sql: Sql, source: string, replica: string): Promise<void> {
    const { dialect } = this.#database;
    const [life] = await sql.all(
      `SELECT writer, writer_until FROM sources WHERE name = ?${dialect.forUpdate}`,
      [source],
    );
    // The built-in jobs are everybody's, and nobody's word is asked for them.
    if (!life) return;
    if (life["writer"] !== replica || Number(life["writer_until"]) <= this.#database.now())
      throw new AnotherPublishes(source);
  }

  /** Nobody lets go of it until this transaction has ended. */
  async #lockVersion(sql: Sql, hash: string): Promise<SqlRow | undefined> {
    const [row] = await sql.all(
      `SELECT source, job_key, spec, built_at, loaded_at FROM job_versions WHERE hash = ?${this.#database.dialect.forUpdate}`,
      [hash],
    );
    return row;
  }
}

const ENTRY_COLUMNS = [
  "newest_version",
  "newest_loaded_at",
  "current_version",
  "loaded_at",
  "concurrency",
  "params_digest",
  "changed_at",
  "load_state",
  "load_error",
  "inputs",
  "source",
  "job_key",
];

/** What a job's row repeats of its current version's spec, for queries: concurrency and the digest of its params. */
function factsOf(version: SqlRow): [concurrency: number | null, paramsDigest: string | null] {
  const spec = fromJson(version["spec"]) as JobSpec;
  return [spec.concurrency, paramsDigest(spec)];
}

const NO_FACTS: [null, null] = [null, null];

async function entryOf(sql: Sql, source: string, key: string): Promise<CatalogEntry | null> {
  const [row] = await sql.all(`${ENTRIES} WHERE j.source = ? AND j.job_key = ?`, [source, key]);
  return row ? toEntry(row) : null;
}

function newestOf(row: SqlRow): string | null {
  return row["newest_version"] === null ? null : String(row["newest_version"]);
}

function toEntry(row: SqlRow): CatalogEntry {
  const settings = settingsOf(row);
  return {
    source: String(row["source"]),
    key: String(row["job_key"]),
    loadState: row["load_state"] as LoadState,
    loadError: fromJson(row["load_error"]) as LoadError | null,
    currentVersion: row["current_version"] === null ? null : String(row["current_version"]),
    loadedAt: row["loaded_at"] === null ? null : Number(row["loaded_at"]),
    spec: withOverrides(fromJson(row["spec"]) as JobSpec | null, settings.overrides),
    pinned: Number(row["pinned"]) === 1,
    enabled: Number(row["enabled"]) === 1,
    settings,
  };
}
