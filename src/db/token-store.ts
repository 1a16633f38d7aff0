// The TokenStore on a database: tokens and one-time sign-in codes, by the hash of their secrets.
import type { Role } from "../access/role.ts";
import type { RequestRef, SignInCode, Token, TokenStore } from "../access/token.ts";
import type { Instant } from "../clock.ts";
import type { Database } from "./database.ts";
import { holdKey } from "./idempotency-store.ts";
import { fromJson, type Sql, type SqlRow, toJson } from "./sql.ts";

const TOKEN_COLUMNS = [
  "id",
  "name",
  "prefix",
  "hash",
  "role",
  "sources",
  "created_at",
  "expires_at",
  "last_used_at",
  "revoked_at",
];

export class DbTokenStore implements TokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(token: Token, request?: RequestRef): Promise<void> {
    await this.#database.write(async (sql) => {
      await insertToken(sql, token);
      if (request) await holdKey(sql, request, 201, token.id);
    });
  }

  byHash(hash: string): Promise<Token | undefined> {
    return this.#by("hash", hash);
  }

  byId(id: string): Promise<Token | undefined> {
    return this.#by("id", id);
  }

  async list(): Promise<Token[]> {
    const rows = await this.#database.read.all(
      "SELECT * FROM tokens WHERE revoked_at IS NULL ORDER BY created_at, id",
    );
    return rows.map(toToken);
  }

  async revoke(id: string, at: Instant): Promise<boolean> {
    const matched = await this.#database.write((sql) =>
      sql.run("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [at, id]),
    );
    return matched === 1;
  }

  async touch(id: string, lastUsedAt: Instant): Promise<void> {
    await this.#database.gate.write((sql) =>
      sql.run(
        "UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
        [lastUsedAt, id, lastUsedAt],
      ),
    );
  }

  async insertCode(code: SignInCode): Promise<void> {
    await this.#database.write((sql) =>
      sql.insert(
        "sign_in_codes",
        ["hash", "name", "role", "sources", "expires_at", "used_at"],
        [[code.hash, code.name, code.role, toJson(code.sources), code.expiresAt, code.usedAt]],
      ),
    );
  }

  async openCodes(now: Instant): Promise<SignInCode[]> {
    const rows = await this.#database.read.all(
      "SELECT * FROM sign_in_codes WHERE used_at IS NULL AND expires_at > ? ORDER BY expires_at, hash",
      [now],
    );
    return rows.map(toCode);
  }

  async removeCode(hash: string): Promise<boolean> {
    const matched = await this.#database.write((sql) =>
      sql.run("DELETE FROM sign_in_codes WHERE hash = ? AND used_at IS NULL", [hash]),
    );
    return matched === 1;
  }

  redeemCode(hash: string, now: Instant, make: (code: SignInCode) => Token): Promise<Token | undefined> {
    return this.#database.write(async (sql) => {
      const matched = await sql.run(
        "UPDATE sign_in_codes SET used_at = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ?",
        [now, hash, now],
      );
      if (matched !== 1) return undefined;
      const [row] = await sql.all("SELECT * FROM sign_in_codes WHERE hash = ?", [hash]);
      const token = make(toCode(row!));
      await insertToken(sql, token);
      return token;
    });
  }

  async #by(column: "hash" | "id", value: string): Promise<Token | undefined> {
    const [row] = await this.#database.read.all(`SELECT * FROM tokens WHERE ${column} = ?`, [value]);
    return row && toToken(row);
  }
}

async function insertToken(sql: Sql, token: Token): Promise<void> {
  await sql.insert("tokens", TOKEN_COLUMNS, [
    [
      token.id,
      token.name,
      token.prefix,
      token.hash,
      token.role,
      toJson(token.sources),
      token.createdAt,
      token.expiresAt,
      token.lastUsedAt,
      token.revokedAt,
    ],
  ]);
}

const instantOrNull = (value: unknown): Instant | null => (value === null ? null : Number(value));

function toToken(row: SqlRow): Token {
  return {
    id: String(row["id"]),
    name: String(row["name"]),
    prefix: String(row["prefix"]),
    hash: String(row["hash"]),
    role: row["role"] as Role,
    sources: fromJson(row["sources"]) as string[] | null,
    createdAt: Number(row["created_at"]),
    expiresAt: instantOrNull(row["expires_at"]),
    lastUsedAt: instantOrNull(row["last_used_at"]),
    revokedAt: instantOrNull(row["revoked_at"]),
  };
}

function toCode(row: SqlRow): SignInCode {
  return {
    hash: String(row["hash"]),
    name: String(row["name"]),
    role: row["role"] as Role,
    sources: fromJson(row["sources"]) as string[] | null,
    expiresAt: Number(row["expires_at"]),
    usedAt: instantOrNull(row["used_at"]),
  };
}
