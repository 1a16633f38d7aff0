// The keys under which a POST may be repeated: who holds one, and what became of its request (A1).
import type { Instant } from "../clock.ts";
import { conflict } from "../errors.ts";
import type { Database } from "./database.ts";
import { isDuplicate, type Sql, type SqlRow } from "./sql.ts";

/** Names the request that an effect belongs to: id of the principal, the key as sent, digest of the request. */
export interface KeyRef {
  actor: string;
  key: string;
  digest: string;
}

/** What `begin` found: a new key, the result of the same request, another request, or the same one still running. */
export type KeyState =
  | { kind: "first" }
  | { kind: "done"; status: number; resourceId: string }
  | { kind: "other" }
  | { kind: "running" };

/** A row without a result that is older belongs to a process that died before its effect. */
const ABANDONED_MS = 2 * 60_000;
const KEPT_MS = 24 * 3_600_000;
const REMOVED_AT_ONCE = 500;

export class DbIdempotencyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes the key, or tells what is there; of two that come together exactly one is `first`. */
  async begin(ref: KeyRef, now: Instant): Promise<KeyState> {
    // Read before insert: a failed insert would make the whole group commit start again one by one.
    const known = await this.#find(ref);
    if (known) return this.#judge(ref, known, now);
    try {
      await this.#database.gate.write((sql) =>
        sql.insert(
          "idempotency_keys",
          ["actor", "idempotency_key", "request_hash", "created_at"],
          [[ref.actor, ref.key, ref.digest, now]],
        ),
      );
      return { kind: "first" };
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const taken = await this.#find(ref);
      return taken ? this.#judge(ref, taken, now) : { kind: "running" };
    }
  }

  async finish(ref: KeyRef, status: number, resourceId: string): Promise<void> {
    await this.#database.gate.write((sql) => finishKey(sql, ref, status, resourceId));
  }

  async abandon(ref: KeyRef): Promise<void> {
    await this.#database.gate.write((sql) =>
      sql.run(
        "DELETE FROM idempotency_keys WHERE actor = ? AND idempotency_key = ? AND request_hash = ? AND status IS NULL",
        [ref.actor, ref.key, ref.digest],
      ),
    );
  }

  async #find(ref: KeyRef): Promise<SqlRow | undefined> {
    const [row] = await this.#database.read.all(
      "SELECT request_hash, status, resource_id, created_at FROM idempotency_keys WHERE actor = ? AND idempotency_key = ?",
      [ref.actor, ref.key],
    );
    return row;
  }

  async #judge(ref: KeyRef, row: SqlRow, now: Instant): Promise<KeyState> {
    const age = now - Number(row["created_at"]);
    const same = row["request_hash"] === ref.digest;
    if (age <= KEPT_MS) {
      if (!same) return { kind: "other" };
      if (row["status"] !== null)
        return { kind: "done", status: Number(row["status"]), resourceId: String(row["resource_id"]) };
      if (age <= ABANDONED_MS) return { kind: "running" };
    }
    return this.#takeOver(ref, Number(row["created_at"]), now);
  }

  /** The conditional UPDATE elects one of those that saw the same old row. */
  async #takeOver(ref: KeyRef, seen: Instant, now: Instant): Promise<KeyState> {
    const matched = await this.#database.gate.write((sql) =>
      sql.run(
        "UPDATE idempotency_keys SET request_hash = ?, status = NULL, resource_id = NULL, created_at = ? " +
          "WHERE actor = ? AND idempotency_key = ? AND created_at = ? AND (status IS NULL OR created_at < ?)",
        [ref.digest, now, ref.actor, ref.key, seen, now - KEPT_MS],
      ),
    );
    return { kind: matched === 1 ? "first" : "running" };
  }
}

/**
 * Records what became of the request, inside the transaction of its effect. False when the row is no longer this
 * request's (or has a result already), which changes nothing.
 */
export async function finishKey(sql: Sql, ref: KeyRef, status: number, resourceId: string): Promise<boolean> {
  const matched = await sql.run(
    "UPDATE idempotency_keys SET status = ?, resource_id = ? " +
      "WHERE actor = ? AND idempotency_key = ? AND request_hash = ? AND status IS NULL",
    [status, resourceId, ref.actor, ref.key, ref.digest],
  );
  return matched === 1;
}

/**
 * As `finishKey`, for an effect that must not be without its key: 409 when the request was repeated meanwhile and its
 * repetition has come first. The same effect done again (the answer of its commit was lost) is none of these.
 */
export async function holdKey(sql: Sql, ref: KeyRef, status: number, resourceId: string): Promise<void> {
  if (await finishKey(sql, ref, status, resourceId)) return;
  const [row] = await sql.all(
    "SELECT request_hash, resource_id FROM idempotency_keys WHERE actor = ? AND idempotency_key = ?",
    [ref.actor, ref.key],
  );
  if (row?.["request_hash"] === ref.digest && row["resource_id"] === resourceId) return;
  throw conflict(
    "idempotency_running",
    "The same request was sent again meanwhile, and takes effect instead of this one. Ask again in a moment.",
  );
}

/** Removes rows older than 24 hours, some hundred a transaction; answers how many there were. */
export async function removeOldKeys(database: Database, now: Instant): Promise<number> {
  let removed = 0;
  for (;;) {
    const matched = await database.write(async (sql) => {
      const rows = await sql.all(
        "SELECT created_at FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ?",
        [now - KEPT_MS, REMOVED_AT_ONCE],
      );
      const last = rows.at(-1);
      if (!last) return 0;
      return sql.run("DELETE FROM idempotency_keys WHERE created_at <= ?", [Number(last["created_at"])]);
    });
    if (matched === 0) return removed;
    removed += matched;
  }
}
