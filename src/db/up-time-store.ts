// Up-times on a database: one row a stretch, moved on every few seconds.
import type { Instant } from "../clock.ts";
import {
  BACKWARDS_MS,
  type ClockStep,
  type Downtime,
  type SeenReplica,
  type UpTimeStore,
} from "../schedules/up-time.ts";
import type { Database } from "./database.ts";
import { movePausesBack } from "./pauses.ts";
import { isDuplicate, type Sql } from "./sql.ts";

/** Older ones than this answer no question any more. */
const KEPT_MS = 400 * 86_400_000;

export class DbUpTimeStore implements UpTimeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Begun twice (the answer of the first was lost), it is the same row. */
  async begin(
    replica: string,
    from: Instant,
    place: SeenReplica["place"],
    back?: Instant,
    unwritable?: string,
  ): Promise<void> {
    try {
      await this.#database.write(async (sql) => {
        await sql.run("DELETE FROM up_times WHERE started_at < ? AND beaten_at < ?", [
          from - KEPT_MS,
          from - KEPT_MS,
        ]);
        const ahead = await endBeyond(sql, from);
        const wasAt = back === undefined || ahead === null ? (back ?? ahead) : Math.max(back, ahead);
        if (wasAt !== null) await movePausesBack(sql, from + BACKWARDS_MS, from);
        await sql.insert(
          "up_times",
          ["replica", "started_at", "beaten_at", "place", "pid", "back_from", "unwritable"],
          [[replica, from, from, place.name, place.pid, wasAt, unwritable ?? null]],
        );
      });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  async beat(replica: string, from: Instant, through: Instant): Promise<boolean> {
    const moved = await this.#database.write((sql) =>
      sql.run("UPDATE up_times SET beaten_at = ? WHERE replica = ? AND started_at = ?", [
        through,
        replica,
        from,
      ]),
    );
    return moved > 0;
  }

  async stop(replica: string, from: Instant, at: Instant): Promise<void> {
    await this.#database.write((sql) =>
      sql.run("UPDATE up_times SET beaten_at = ?, stopped_at = ? WHERE replica = ? AND started_at = ?", [
        at,
        at,
        replica,
        from,
      ]),
    );
  }

  async downtimeAt(at: Instant): Promise<Downtime | undefined> {
    const [last] = await this.#database.read.all(
      "SELECT beaten_at, stopped_at FROM up_times WHERE started_at <= ? ORDER BY beaten_at DESC LIMIT 1",
      [at],
    );
    if (!last || Number(last["beaten_at"]) >= at) return undefined;
    const [next] = await this.#database.read.all(
      "SELECT replica, started_at, unwritable FROM up_times WHERE started_at > ? ORDER BY started_at LIMIT 1",
      [at],
    );
    return {
      from: Number(last["beaten_at"]),
      to: next ? Number(next["started_at"]) : null,
      stopped: last["stopped_at"] !== null,
      stalled: next !== undefined && (await this.#wasThere(String(next["replica"]), at)),
      unwritable: next && next["unwritable"] !== null ? String(next["unwritable"]) : null,
    };
  }

  async stepBackAt(at: Instant): Promise<ClockStep | undefined> {
    const [row] = await this.#database.read.all(
      "SELECT started_at, back_from FROM up_times WHERE started_at < ? AND back_from >= ? ORDER BY started_at DESC LIMIT 1",
      [at, at],
    );
    return row && { from: Number(row["back_from"]), to: Number(row["started_at"]) };
  }

  /** A process has one name for all of its life. */
  async #wasThere(replica: string, at: Instant): Promise<boolean> {
    const found = await this.#database.read.all(
      "SELECT replica FROM up_times WHERE replica = ? AND started_at <= ? AND stopped_at IS NULL LIMIT 1",
      [replica, at],
    );
    return found.length > 0;
  }

  async upSince(since: Instant): Promise<SeenReplica[]> {
    const rows = await this.#database.read.all(
      "SELECT replica, started_at, beaten_at, place, pid FROM up_times WHERE beaten_at >= ? AND stopped_at IS NULL ORDER BY started_at, replica",
      [since],
    );
    return rows.map((row) => ({
      replica: String(row["replica"]),
      from: Number(row["started_at"]),
      through: Number(row["beaten_at"]),
      place: { name: row["place"] === null ? null : String(row["place"]), pid: Number(row["pid"]) },
    }));
  }
}

/**
 * What lies beyond `from` is to come once more, and nobody has been there yet; answers how far the clock had been, or null
 * when it did not go back.
 */
async function endBeyond(sql: Sql, from: Instant): Promise<Instant | null> {
  const beyond = from + BACKWARDS_MS;
  const [row] = await sql.all("SELECT MAX(beaten_at) AS seen_at FROM up_times WHERE beaten_at > ?", [beyond]);
  const seenAt = row?.["seen_at"] ?? null;
  if (seenAt === null) return null;
  await sql.run("DELETE FROM up_times WHERE started_at > ?", [beyond]);
  await sql.run("UPDATE up_times SET beaten_at = ?, stopped_at = NULL WHERE beaten_at > ?", [from, beyond]);
  return Number(seenAt);
}
