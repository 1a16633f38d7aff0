// The SessionStore on a database. Rows that have expired are removed with the rest of what is old.
import type { Session, SessionStore } from "../access/session.ts";
import type { Database } from "./database.ts";

export class DbSessionStore implements SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert({ hash, tokenHash, createdAt, expiresAt }: Session): Promise<void> {
    await this.#database.write((sql) =>
      sql.insert(
        "sessions",
        ["hash", "token_hash", "created_at", "expires_at"],
        [[hash, tokenHash, createdAt, expiresAt]],
      ),
    );
  }

  async byHash(hash: string): Promise<Session | undefined> {
    const [row] = await this.#database.read.all("SELECT * FROM sessions WHERE hash = ?", [hash]);
    return (
      row && {
        hash,
        tokenHash: String(row["token_hash"]),
        createdAt: Number(row["created_at"]),
        expiresAt: Number(row["expires_at"]),
      }
    );
  }

  async remove(hash: string): Promise<boolean> {
    const matched = await this.#database.write((sql) =>
      sql.run("DELETE FROM sessions WHERE hash = ?", [hash]),
    );
    return matched === 1;
  }
}
