// What a token and a sign-in code are, how their secrets are made, and where they are kept.
import { createHash, randomBytes } from "node:crypto";
import type { Instant } from "../clock.ts";
import { newId } from "../ids.ts";
import type { Role } from "./role.ts";

/** One row of `tokens`. Its secret is shown once, when it is made; only the SHA-256 is kept. */
export interface Token {
  /** `tok_…` */
  id: string;
  name: string;
  /** The first characters of the secret, so that a person can tell tokens apart. */
  prefix: string;
  /** SHA-256 of the whole secret, hex. */
  hash: string;
  role: Role;
  /** The sources that it is limited to; null for all. */
  sources: readonly string[] | null;
  createdAt: Instant;
  expiresAt: Instant | null;
  /** Written at most once a minute. */
  lastUsedAt: Instant | null;
  revokedAt: Instant | null;
}

/** One row of `sign_in_codes`: may be turned into one token, once, until it expires. */
export interface SignInCode {
  /** SHA-256 of the code, hex. */
  hash: string;
  /** Name, role and sources of the token that it becomes. */
  name: string;
  role: Role;
  sources: readonly string[] | null;
  expiresAt: Instant;
  usedAt: Instant | null;
}

/** What a new token is to be. */
export interface NewToken {
  name: string;
  role: Role;
  /** Null for all sources; left out: those of whoever makes it. */
  sources?: readonly string[] | null;
  /** Null or left out: never. */
  expiresAt?: Instant | null;
}

/** A token with its secret; the only moment at which the secret exists outside its owner's hands. */
export interface IssuedToken {
  token: Token;
  secret: string;
}

/** Names the request that an effect belongs to; opaque here. */
export interface RequestRef {
  actor: string;
  key: string;
  digest: string;
}

/** Where tokens and codes are kept; implemented in db/. */
export interface TokenStore {
  /** `request`: recorded as done in the same transaction (A1). */
  insert(token: Token, request?: RequestRef): Promise<void>;
  byHash(hash: string): Promise<Token | undefined>;
  byId(id: string): Promise<Token | undefined>;
  /** All that are not revoked, oldest first. */
  list(): Promise<Token[]>;
  /** Sets `revokedAt` of one that is not revoked yet; false when there is none. */
  revoke(id: string, at: Instant): Promise<boolean>;
  touch(id: string, lastUsedAt: Instant): Promise<void>;
  insertCode(code: SignInCode): Promise<void>;
  /** Those that can still be used, the first to end first. */
  openCodes(now: Instant): Promise<SignInCode[]>;
  /** Takes one back that was not used yet; false when there is none. */
  removeCode(hash: string): Promise<boolean>;
  /**
   * One transaction: marks the code as used if it is neither used nor expired at `now` (one conditional UPDATE, so that
   * of two that come together one gets it), and inserts the token that `make` answers for it. Undefined when not usable.
   */
  redeemCode(hash: string, now: Instant, make: (code: SignInCode) => Token): Promise<Token | undefined>;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 32 random bytes in base 62, padded: 62^43 is just above 2^256. */
const SECRET_DIGITS = 43;
const TOKEN_SHAPE = /^jbm_[0-9A-Za-z]{43}$/;

/** 32 random bytes as 43 characters of base 62. */
export function newSecret(): string {
  let rest = BigInt(`0x${randomBytes(32).toString("hex")}`);
  let text = "";
  for (let i = 0; i < SECRET_DIGITS; i++) {
    text = BASE62[Number(rest % 62n)]! + text;
    rest /= 62n;
  }
  return text;
}

/** A token's secret: `jbm_` and 43 random characters. */
export function newTokenSecret(): string {
  return `jbm_${newSecret()}`;
}

/** Whether the text could be a token of ours; anything else is refused without asking the database. */
export function looksLikeToken(text: string): boolean {
  return TOKEN_SHAPE.test(text);
}

/** What may be shown of a token: enough to tell it apart, 36 unknown characters short of the whole. */
export function prefixOf(secret: string): string {
  return secret.slice(0, 11);
}

/** A fresh one, not kept anywhere yet. */
export function issue(
  { name, role, sources, expiresAt }: NewToken,
  now: Instant,
  secret = newTokenSecret(),
): IssuedToken {
  const token: Token = {
    id: newId("tok", now),
    name,
    prefix: prefixOf(secret),
    hash: hashSecret(secret),
    role,
    sources: sources ?? null,
    createdAt: now,
    expiresAt: expiresAt ?? null,
    lastUsedAt: null,
    revokedAt: null,
  };
  return { token, secret };
}

/** SHA-256 in hex; enough for secrets of 256 random bits, which nobody can guess from a list. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
