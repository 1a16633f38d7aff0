// The CatalogStore on a database: one row a job, its versions by hash, and their contents as shared blobs.
import type { CatalogStore, EntryUpdate, StoredEntry, StoredVersion } from "../catalog/store.ts";
import type {
  CatalogEntry,
  JobVersion,
  LoadError,
  LoadState,
  NeededPackage,
  VersionFile,
} from "../catalog/version.ts";
import { notFound } from "../errors.ts";
import { loadBlob, saveBlobs, sha256 } from "./blobs.ts";
import type { Database } from "./database.ts";
import { fromJson, isDuplicate, type Sql, type SqlRow, type SqlValue, toJson, jsonText } from "./sql.ts";

type JobSpec = StoredVersion["spec"];

const ENTRIES = "SELECT j.*, v.spec FROM jobs j LEFT JOIN job_versions v ON v.hash = j.current_version";

export class DbCatalogStore implements CatalogStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async loadEntries(): Promise<StoredEntry[]> {
    const rows = await this.#database.read.all(`${ENTRIES} ORDER BY j.source, j.job_key`);
    return rows.map((row) => ({ ...toEntry(row), inputs: fromJson(row["inputs"]) as string | null }));
  }

  async saveVersion(version: JobVersion): Promise<void> {
    const [known] = await this.#database.read.all("SELECT 1 AS known FROM job_versions WHERE hash = ?", [
      version.hash,
    ]);
    if (known) return;
    const [bundle, map] = [Buffer.from(version.bundle), Buffer.from(version.sourceMap)];
    const [bundleHash, mapHash] = [sha256(bundle), sha256(map)];
    await saveBlobs(this.#database, new Map([[bundleHash, bundle], [mapHash, map], ...contentsOf(version)]));
    try {
      // Last: a version that can be read has all its contents.
      await this.#database.write((sql) =>
        sql.insert(
          "job_versions",
          [
            "hash",
            "source",
            "job_key",
            "spec",
            "files",
            "needs",
            "builder_id",
            "bundle_sha256",
            "map_sha256",
            "built_at",
          ],
          [
            [
              version.hash,
              version.source,
              version.jobKey,
              jsonText(version.spec),
              jsonText(version.files),
              jsonText(version.needs),
              version.builderId,
              bundleHash,
              mapHash,
              version.builtAt,
            ],
          ],
        ),
      );
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  async publish(update: EntryUpdate): Promise<CatalogEntry> {
    try {
      return await this.#database.write((sql) => publish(sql, update));
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // Another replica inserted the row between our update and our insert.
      return this.#database.write((sql) => publish(sql, update));
    }
  }

  async pin(source: string, key: string, hash: string | null): Promise<CatalogEntry | null> {
    return this.#database.write(async (sql) => {
      if (hash === null) {
        await sql.run("UPDATE jobs SET pinned = 0 WHERE source = ? AND job_key = ?", [source, key]);
        return entryOf(sql, source, key);
      }
      const [version] = await sql.all(
        "SELECT spec, built_at FROM job_versions WHERE hash = ? AND source = ? AND job_key = ?",
        [hash, source, key],
      );
      if (!version) {
        if (!(await entryOf(sql, source, key))) return null;
        throw notFound(`the job "${key}" of the source "${source}" has no version ${hash}`);
      }
      await sql.run(
        "UPDATE jobs SET pinned = 1, current_version = ?, loaded_at = ?, concurrency = ? WHERE source = ? AND job_key = ?",
        [hash, Number(version["built_at"]), concurrencyOf(version), source, key],
      );
      return entryOf(sql, source, key);
    });
  }

  async loadVersion(hash: string): Promise<StoredVersion | null> {
    const sql = this.#database.read;
    const [row] = await sql.all("SELECT * FROM job_versions WHERE hash = ?", [hash]);
    if (!row) return null;
    const bundle = await loadBlob(sql, String(row["bundle_sha256"]));
    const sourceMap = await loadBlob(sql, String(row["map_sha256"]));
    if (!bundle || !sourceMap) throw new Error(`the contents of the version ${hash} are not in the database`);
    return {
      hash,
      source: String(row["source"]),
      jobKey: String(row["job_key"]),
      spec: fromJson(row["spec"]) as JobSpec,
      bundle: bundle.toString(),
      sourceMap: sourceMap.toString(),
      files: fromJson(row["files"]) as VersionFile[],
      needs: fromJson(row["needs"]) as NeededPackage[],
      builderId: String(row["builder_id"]),
      builtAt: Number(row["built_at"]),
    };
  }

  async loadData(hash: string): Promise<Map<string, Uint8Array>> {
    const sql = this.#database.read;
    const [row] = await sql.all("SELECT files FROM job_versions WHERE hash = ?", [hash]);
    const files = (fromJson(row?.["files"]) ?? []) as VersionFile[];
    const data = new Map<string, Uint8Array>();
    for (const { path, sha256: content } of files.filter((file) => file.role === "data")) {
      const bytes = await loadBlob(sql, content);
      if (!bytes) throw new Error(`the data file ${path} of the version ${hash} is not in the database`);
      data.set(path, bytes);
    }
    return data;
  }
}

/** The contents of the data files by the hash that the file list names; a file that changed meanwhile is refused. */
function contentsOf({ files, data }: JobVersion): [string, Uint8Array][] {
  return files
    .filter((file) => file.role === "data")
    .map(({ path, sha256: named }) => {
      const bytes = data.get(path);
      if (!bytes) throw new Error(`the data file ${path} comes without its contents`);
      if (sha256(bytes) !== named) throw new Error(`the data file ${path} is not the one that was hashed`);
      return [named, bytes];
    });
}

async function publish(sql: Sql, update: EntryUpdate): Promise<CatalogEntry> {
  const { source, key, version } = update;
  const concurrency = version === null ? null : await concurrencyOfVersion(sql, version);
  const values: SqlValue[] = [
    version,
    update.loadedAt,
    concurrency,
    update.loadState,
    toJson(update.loadError),
    toJson(update.inputs),
  ];
  // Each column looks at `pinned` itself: a pin may come between any two statements.
  const matched = await sql.run(
    "UPDATE jobs SET current_version = CASE WHEN pinned = 1 THEN current_version ELSE ? END, " +
      "loaded_at = CASE WHEN pinned = 1 THEN loaded_at ELSE ? END, " +
      "concurrency = CASE WHEN pinned = 1 THEN concurrency ELSE ? END, " +
      "load_state = ?, load_error = ?, inputs = ? WHERE source = ? AND job_key = ?",
    [...values, source, key],
  );
  if (matched === 0) {
    await sql.insert(
      "jobs",
      [
        "current_version",
        "loaded_at",
        "concurrency",
        "load_state",
        "load_error",
        "inputs",
        "source",
        "job_key",
      ],
      [[...values, source, key]],
    );
  }
  return (await entryOf(sql, source, key))!;
}

async function concurrencyOfVersion(sql: Sql, hash: string): Promise<number | null> {
  const [row] = await sql.all("SELECT spec FROM job_versions WHERE hash = ?", [hash]);
  if (!row) throw new Error(`the version ${hash} cannot be published before it is saved`);
  return concurrencyOf(row);
}

const concurrencyOf = (row: SqlRow): number | null => (fromJson(row["spec"]) as JobSpec).concurrency;

async function entryOf(sql: Sql, source: string, key: string): Promise<CatalogEntry | null> {
  const [row] = await sql.all(`${ENTRIES} WHERE j.source = ? AND j.job_key = ?`, [source, key]);
  return row ? toEntry(row) : null;
}

function toEntry(row: SqlRow): CatalogEntry {
  return {
    source: String(row["source"]),
    key: String(row["job_key"]),
    loadState: row["load_state"] as LoadState,
    loadError: fromJson(row["load_error"]) as LoadError | null,
    currentVersion: row["current_version"] === null ? null : String(row["current_version"]),
    loadedAt: row["loaded_at"] === null ? null : Number(row["loaded_at"]),
    spec: fromJson(row["spec"]) as JobSpec | null,
    pinned: Number(row["pinned"]) === 1,
    enabled: Number(row["enabled"]) === 1,
  };
}
