// Contents by their SHA-256, in numbered chunks; the same bytes are kept once, whoever stores them.
import { createHash } from "node:crypto";
import { CHUNK_BYTES } from "./columns.ts";
import type { Database } from "./database.ts";
import { isDuplicate, markValues, marks, type Sql } from "./sql.ts";

/** Chunks that travel in one statement: MySQL escapes bytes as hex, and a server takes 16 MB a packet or less. */
const CHUNKS_AT_ONCE = 16;

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Stores contents under their hash, each in a transaction of its own; known ones are left as they are. */
export async function saveBlobs(database: Database, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const known = await knownBlobs(database.read, [...blobs.keys()]);
  for (const [hash, bytes] of blobs) {
    if (known.has(hash)) continue;
    try {
      await database.write((sql) => insertBlob(sql, hash, bytes));
    } catch (error) {
      // Another replica stored the same bytes meanwhile, all of them: its transaction has committed.
      if (!isDuplicate(error)) throw error;
    }
  }
}

/** Stores contents in the transaction at hand; another replica may be faster, which is a duplicate key. */
export async function saveBlobsIn(sql: Sql, blobs: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const known = await knownBlobs(sql, [...blobs.keys()]);
  const rows = [...blobs].filter(([hash]) => !known.has(hash));
  // One statement where each is one chunk, as code is.
  if (rows.every(([, bytes]) => bytes.byteLength <= CHUNK_BYTES)) {
    if (rows.length > 0)
      await sql.insert(
        "blobs",
        ["sha256", "chunk", "bytes"],
        rows.map(([hash, bytes]) => [hash, 0, Buffer.from(bytes)]),
      );
  } else for (const [hash, bytes] of rows) await insertBlob(sql, hash, bytes);
}

async function knownBlobs(sql: Sql, hashes: readonly string[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await sql.all(
    `SELECT sha256 FROM blobs WHERE chunk = 0 AND sha256 IN (${marks(hashes.length)})`,
    markValues(hashes),
  );
  return new Set(rows.map((row) => String(row["sha256"])));
}

async function insertBlob(sql: Sql, hash: string, bytes: Uint8Array): Promise<void> {
  const chunks: Uint8Array[] = [];
  // Also nothing is something: an empty file is one empty chunk.
  for (let from = 0; from === 0 || from < bytes.byteLength; from += CHUNK_BYTES)
    chunks.push(Buffer.from(bytes.subarray(from, from + CHUNK_BYTES)));
  for (let i = 0; i < chunks.length; i += CHUNKS_AT_ONCE) {
    const rows = chunks.slice(i, i + CHUNKS_AT_ONCE).map((chunk, k) => [hash, i + k, chunk]);
    await sql.insert("blobs", ["sha256", "chunk", "bytes"], rows);
  }
}

/** The bytes of a hash, or undefined when they were never stored. */
export async function loadBlob(sql: Sql, hash: string): Promise<Buffer | undefined> {
  const rows = await sql.all("SELECT bytes FROM blobs WHERE sha256 = ? ORDER BY chunk", [hash]);
  if (rows.length === 0) return undefined;
  // libsql hands out an ArrayBuffer, mysql2 a Buffer.
  return Buffer.concat(rows.map((row) => new Uint8Array(row["bytes"] as ArrayBuffer)));
}
