// The VersionHistory on a database: lists of versions, their files, and the end of the old ones.
import type { VersionFacts, VersionHistory, VersionPlace } from "../catalog/history.ts";
import type { NeededPackage, VersionFile } from "../catalog/version.ts";
import { loadBlob } from "./blobs.ts";
import type { Database } from "./database.ts";
import { fromJson, markValues, marks, type SqlRow, type SqlValue } from "./sql.ts";
import { pruneVersions } from "./version-prune.ts";

const FACTS =
  "SELECT hash, source, job_key, spec, files, needs, builder_id, built_at, loaded_at, source_revision FROM job_versions";

const HASHES_AT_ONCE = 500;

export class DbVersionHistory implements VersionHistory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(source: string, key: string, limit: number, after?: VersionPlace): Promise<VersionFacts[]> {
    const values: SqlValue[] = [source, key];
    let where = "source = ? AND job_key = ?";
    if (after) {
      where += " AND (loaded_at < ? OR (loaded_at = ? AND hash < ?))";
      values.push(after.loadedAt, after.loadedAt, after.hash);
    }
    const rows = await this.#database.read.all(
      `${FACTS} WHERE ${where} ORDER BY loaded_at DESC, hash DESC LIMIT ?`,
      [...values, limit],
    );
    return rows.map(toFacts);
  }

  async find(source: string, key: string, hashPrefix: string): Promise<VersionFacts[]> {
    // Hashes are hex, so everything that begins with the prefix lies between it and it with a g.
    const rows = await this.#database.read.all(
      `${FACTS} WHERE hash >= ? AND hash < ? AND source = ? AND job_key = ? ORDER BY hash LIMIT 2`,
      [hashPrefix, `${hashPrefix}g`, source, key],
    );
    return rows.map(toFacts);
  }

  async contents(version: VersionFacts, paths: readonly string[]): Promise<Map<string, Uint8Array>> {
    const wanted = new Set(paths);
    const contents = new Map<string, Uint8Array>();
    for (const { path, sha256 } of version.files.filter((file) => wanted.has(file.path))) {
      const bytes = await loadBlob(this.#database.read, sha256);
      if (bytes) contents.set(path, bytes);
    }
    return contents;
  }

  prune(keep: number): Promise<number> {
    return pruneVersions(this.#database, keep);
  }

  async stored(hashes: readonly string[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (let at = 0; at < hashes.length; at += HASHES_AT_ONCE) {
      const asked = hashes.slice(at, at + HASHES_AT_ONCE);
      const text = `SELECT hash FROM job_versions WHERE hash IN (${marks(asked.length)})`;
      for (const row of await this.#database.read.all(text, markValues(asked)))
        found.add(String(row["hash"]));
    }
    return found;
  }
}

function toFacts(row: SqlRow): VersionFacts {
  return {
    hash: String(row["hash"]),
    source: String(row["source"]),
    jobKey: String(row["job_key"]),
    spec: fromJson(row["spec"]) as VersionFacts["spec"],
    files: fromJson(row["files"]) as VersionFile[],
    needs: fromJson(row["needs"]) as NeededPackage[],
    builderId: String(row["builder_id"]),
    builtAt: Number(row["built_at"]),
    loadedAt: Number(row["loaded_at"]),
    sourceRevision: row["source_revision"] === null ? null : String(row["source_revision"]),
  };
}
