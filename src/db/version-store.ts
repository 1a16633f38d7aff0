// Versions in the database: one row each, and their contents as blobs that versions share.
import type { StoredVersion } from "../catalog/store.ts";
import type { JobVersion, NeededPackage, VersionFile } from "../catalog/version.ts";
import { loadBlob, saveBlobs, saveBlobsIn, sha256 } from "./blobs.ts";
import type { Database } from "./database.ts";
import { fromJson, isDuplicate, jsonText, markValues, marks, type Sql, type SqlValue } from "./sql.ts";

type JobSpec = StoredVersion["spec"];

const COLUMNS = [
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
  "source_revision",
  "loaded_at",
];
/** How often contents may be pruned away between storing them and naming them, before that is a fault. */
const TRIES = 5;

/** More than that does not go into one commit with anything else: others would wait for it. */
const SMALL_BYTES = 1024 * 1024;

/** Everything that the database keeps of one version, ready to be written. */
export interface VersionRows {
  blobs: Map<string, Uint8Array>;
  row: SqlValue[];
  /** What it names of the contents, sorted. */
  refs: [hash: string, content: string][];
}

export function versionRows(version: JobVersion): VersionRows {
  const [bundle, map] = [Buffer.from(version.bundle), Buffer.from(version.sourceMap)];
  const [bundleHash, mapHash] = [sha256(bundle), sha256(map)];
  const blobs = new Map([[bundleHash, bundle], [mapHash, map], ...contentsOf(version)]);
  const row = [
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
    version.sourceRevision,
    version.builtAt,
  ];
  const contents = [...blobs.keys()].sort();
  return { blobs, row, refs: contents.map((content) => [version.hash, content]) };
}

/** Whether all of it fits into one commit; packages and data may be large. */
export function isSmall({ bundle, sourceMap, data, texts }: JobVersion): boolean {
  // A character has three bytes at most, where it is one of JavaScript's own.
  let bytes = 3 * (bundle.length + sourceMap.length);
  for (const content of [...data.values(), ...texts.values()]) bytes += content.byteLength;
  return bytes <= SMALL_BYTES;
}

/**
 * Keeps a small version with all its contents in the transaction at hand. A replica that stored or pruned the same at the
 * same time makes it fail, `lostToAnother`: then `saveVersion` does it step by step.
 */
export async function saveVersionIn(
  database: Database,
  sql: Sql,
  { blobs, row, refs }: VersionRows,
): Promise<void> {
  if (await isKnown(sql, String(row[0]))) return;
  await saveBlobsIn(sql, blobs);
  await requireBlobs(database, sql, [...blobs.keys()]);
  await insertVersion(sql, row, refs);
}

export function lostToAnother(error: unknown): boolean {
  return isDuplicate(error) || error instanceof ContentsGone;
}

export async function saveVersion(database: Database, version: JobVersion): Promise<void> {
  if (await isKnown(database.read, version.hash)) return;
  const { blobs, row, refs } = versionRows(version);
  for (let tries = 1; ; tries++) {
    await saveBlobs(database, blobs);
    try {
      // Last: a version that can be read has all its contents.
      await database.write(async (sql) => {
        await requireBlobs(database, sql, [...blobs.keys()]);
        await insertVersion(sql, row, refs);
      });
      return;
    } catch (error) {
      if (isDuplicate(error)) return;
      if (!(error instanceof ContentsGone) || tries === TRIES) throw error;
    }
  }
}

async function isKnown(sql: Sql, hash: string): Promise<boolean> {
  return (await sql.all("SELECT 1 AS known FROM job_versions WHERE hash = ?", [hash])).length > 0;
}

async function insertVersion(sql: Sql, row: VersionRows["row"], refs: VersionRows["refs"]): Promise<void> {
  await sql.insert("job_versions", COLUMNS, [row]);
  await sql.insert("version_blobs", ["hash", "sha256"], refs);
}

class ContentsGone extends Error {}

/** Locks them, so that nobody who prunes takes them away before this version is known to name them. */
async function requireBlobs({ dialect }: Database, sql: Sql, contents: readonly string[]): Promise<void> {
  const found = await sql.all(
    `SELECT sha256 FROM blobs WHERE chunk = 0 AND sha256 IN (${marks(contents.length)})${dialect.forUpdate}`,
    markValues([...contents].sort()),
  );
  if (found.length < contents.length) throw new ContentsGone("contents of a version went while it was saved");
}

/** Contents of data files and of the source's own code, by the hash that the file list names. */
function contentsOf({ files, data, texts }: JobVersion): [string, Uint8Array][] {
  const contents: [string, Uint8Array][] = [];
  for (const { path, sha256: named, role } of files) {
    const bytes = role === "data" ? data.get(path) : texts.get(path);
    if (bytes === undefined) {
      if (role === "data") throw new Error(`the data file ${path} comes without its contents`);
      continue;
    }
    if (sha256(bytes) !== named) throw new Error(`the file ${path} is not the one that was hashed`);
    contents.push([named, bytes]);
  }
  return contents;
}

export async function loadVersion(sql: Sql, hash: string): Promise<StoredVersion | null> {
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
    sourceRevision: row["source_revision"] === null ? null : String(row["source_revision"]),
  };
}

export async function loadData(sql: Sql, hash: string): Promise<Map<string, Uint8Array>> {
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
