// Who may come in: turns a bearer token into a principal, and makes, lists and ends tokens and one-time sign-in codes.
import { timingSafeEqual } from "node:crypto";
import type { Clock, Instant } from "../clock.ts";
import { conflict, ExpectedError, invalid, notFound } from "../errors.ts";
import { BackOff } from "./back-off.ts";
import { EndedRights } from "./ended.ts";
import { OpenedSessions } from "./opened-sessions.ts";
import { isSessionsOwn, SESSION_MS, type SessionStore } from "./session.ts";
import { TokenCache } from "./token-cache.ts";
import type { Principal } from "./principal.ts";
import { mayGrant } from "./principal.ts";
import * as links from "./sign-in-links.ts";
import type { IssuedCode, NewSignInCode, SignInLink } from "./sign-in-links.ts";
import type { IssuedToken, NewToken, RequestRef, SignInCode, Token, TokenStore } from "./token.ts";
import { hashSecret, issue, looksLikeToken, newSecret, newTokenSecret } from "./token.ts";

/** How long a one-time sign-in code may be used. */
export const SIGN_IN_CODE_MS = 10 * 60_000;
/** One that is sent to somebody waits until it is read. */
export const LONGEST_CODE_MS = 7 * 86_400_000;
/** How long a token made by a sign-in lives: it was on a screen, so it does not live for ever. */
export const SIGN_IN_TOKEN_MS = 30 * 86_400_000;
/** `lastUsedAt` is written at most this often for each token. */
const TOUCH_EVERY_MS = 60_000;

export interface AccessOptions {
  store: TokenStore;
  clock: Clock;
  /** Where the sessions of browsers are kept. */
  sessions?: SessionStore;
  /** JOBMOUNT_ADMIN_TOKEN: an admin token known beforehand, at least 32 characters (checked by the configuration). */
  adminToken?: string;
}

export class Access {
  /** Of this process; asked and told by whoever takes secrets from the network. */
  readonly backOff: BackOff;
  /** Of this process; told of each token and session that is ended here. */
  readonly ended = new EndedRights();
  readonly #store: TokenStore;
  readonly #sessions: SessionStore | undefined;
  readonly #clock: Clock;
  readonly #adminHash: string | undefined;
  readonly #cache: TokenCache;
  readonly #opened: OpenedSessions;
  readonly #touchedAt = new Map<string, Instant>();

  constructor(options: AccessOptions) {
    this.#store = options.store;
    this.#sessions = options.sessions;
    this.#clock = options.clock;
    this.backOff = new BackOff(options.clock);
    this.#opened = new OpenedSessions(options.clock);
    this.#adminHash = options.adminToken === undefined ? undefined : hashSecret(options.adminToken);
    this.#cache = new TokenCache(options.clock);
  }

  /** The principal of a bearer token; undefined when it is unknown, revoked or expired (which of them is not told). */
  async authenticate(bearer: string): Promise<Principal | undefined> {
    const hash = hashSecret(bearer);
    const isAdmin = this.#adminHash !== undefined && sameHash(hash, this.#adminHash);
    return isAdmin || looksLikeToken(bearer) ? this.#principalOf(hash) : undefined;
  }

  /** The principal of a session's secret: that of its token, as long as both hold. */
  async authenticateSession(secret: string): Promise<Principal | undefined> {
    const hash = hashSecret(secret);
    const session = await this.#sessions?.byHash(hash);
    if (!session || !sameHash(session.hash, hash) || session.expiresAt <= this.#clock.now()) return undefined;
    const principal = await this.#principalOf(session.tokenHash);
    return principal && { ...principal, session: hash, sessionExpiresAt: session.expiresAt };
  }

  /** Signs a browser in: a session that may do what the principal's token may, until one of both ends. */
  async openSession(
    principal: Principal,
    now = this.#clock.now(),
  ): Promise<{ secret: string; expiresAt: Instant }> {
    const { tokenHash } = principal;
    if (tokenHash === undefined || !this.#sessions) {
      throw conflict("no_token", "A session stands for a token, and this request came without one.");
    }
    if (principal.session !== undefined) {
      throw conflict(
        "session",
        "A session is not renewed by itself. Sign in again: with the token, or with a link of jobmount sign-in.",
      );
    }
    this.#opened.add(tokenHash);
    const secret = newSecret();
    const expiresAt = Math.min(now + SESSION_MS, principal.expiresAt ?? Infinity);
    await this.#sessions.insert({ hash: hashSecret(secret), tokenHash, createdAt: now, expiresAt });
    return { secret, expiresAt };
  }

  /** Signs out, and ends a token that was made for this session alone; 409 when the request did not come with a session. */
  async closeSession(principal: Principal): Promise<void> {
    if (principal.session === undefined)
      throw conflict("no_session", "This request came without a session, so there is none to sign out of.");
    const session = await this.#sessions?.byHash(principal.session);
    await this.#sessions?.remove(principal.session);
    this.ended.tell({ session: principal.session });
    const token = session && (await this.#store.byHash(session.tokenHash));
    if (token && isSessionsOwn(token, session)) await this.#end(token);
  }

  /** Whether who came in some time ago would still come in, with no less than then. */
  async stillHolds(principal: Principal): Promise<boolean> {
    const { tokenHash, session, role, sources } = principal;
    if (principal.type === "local") return true;
    if (session !== undefined) {
      const kept = await this.#sessions?.byHash(session);
      if (!kept || kept.expiresAt <= this.#clock.now()) return false;
    }
    const now = tokenHash === undefined ? undefined : await this.#principalOf(tokenHash);
    return now?.role === role && JSON.stringify(now.sources) === JSON.stringify(sources);
  }

  async #principalOf(hash: string): Promise<Principal | undefined> {
    if (this.#adminHash !== undefined && sameHash(hash, this.#adminHash))
      return { ...ADMIN_TOKEN_PRINCIPAL, tokenHash: hash };
    const token = this.#cache.get(hash) ?? (await this.#load(hash));
    if (!token || !sameHash(token.hash, hash)) return undefined;
    const now = this.#clock.now();
    if (token.revokedAt !== null) return undefined;
    if (token.expiresAt !== null && token.expiresAt <= now) return undefined;
    this.#touch(token, now);
    return {
      type: "token",
      id: token.id,
      name: token.name,
      role: token.role,
      sources: token.sources,
      expiresAt: token.expiresAt,
      tokenHash: hash,
    };
  }

  /**
   * Makes a token. 403 when it would see more than `by` may: an admin of one source makes tokens for that source.
   * 422 when it would be expired at once.
   */
  async createToken(input: NewToken, by: Principal, request?: RequestRef): Promise<IssuedToken> {
    const sources = input.sources === undefined ? by.sources : input.sources;
    refuseWiderThan(by, sources);
    const now = this.#clock.now();
    if (input.expiresAt !== undefined && input.expiresAt !== null && input.expiresAt <= now) {
      throw invalid([{ pointer: "/expiresAt", code: "past", message: "must lie in the future" }]);
    }
    const issued = issue({ ...input, sources }, now);
    await this.#store.insert(issued.token, request);
    return issued;
  }

  /** The tokens that `by` may see, oldest first. */
  async list(by: Principal): Promise<Token[]> {
    return (await this.#store.list()).filter((token) => mayGrant(by, token.sources));
  }

  /** The token with this id if `by` may see it; 404 otherwise. Revoked ones are not found. */
  async get(id: string, by: Principal): Promise<Token> {
    const token = await this.#store.byId(id);
    if (!token || token.revokedAt !== null || !mayGrant(by, token.sources)) {
      throw notFound(`There is no token "${id}".`);
    }
    return token;
  }

  /** Ends a token: in this process at once, in other processes of the same database within two seconds. */
  async revoke(id: string, by: Principal): Promise<void> {
    const isEnded = await this.#end(await this.get(id, by));
    if (!isEnded) throw notFound(`There is no token "${id}".`);
  }

  async #end({ id, hash }: Token): Promise<boolean> {
    const isEnded = await this.#store.revoke(id, this.#clock.now());
    this.#cache.forget(hash);
    this.ended.tell({ token: id });
    return isEnded;
  }

  /** Makes a code that can be turned into one token, once, within ten minutes or as long as asked for. */
  async createSignInCode(input: NewSignInCode, by: Principal): Promise<IssuedCode> {
    const sources = input.sources === undefined ? by.sources : input.sources;
    refuseWiderThan(by, sources);
    const code = newSecret();
    const expiresAt = this.#clock.now() + Math.min(input.validMs ?? SIGN_IN_CODE_MS, LONGEST_CODE_MS);
    const hash = hashSecret(code);
    await this.#store.insertCode({
      hash,
      name: input.name ?? "sign-in",
      role: input.role ?? "admin",
      sources,
      expiresAt,
      usedAt: null,
    });
    return { id: links.linkId({ hash }), code, expiresAt };
  }

  /** The sign-in links that `by` may see and nobody has used yet. */
  signInLinks(by: Principal): Promise<SignInLink[]> {
    return links.openLinks(this.#store, this.#clock.now(), by);
  }

  /** Ends a link that nobody has used yet; 404 otherwise. */
  withdrawSignInLink(id: string, by: Principal): Promise<SignInLink> {
    return links.withdrawLink(this.#store, this.#clock.now(), id, by);
  }

  /** 410 when nothing could be made of this code. */
  async expectSignInCode(code: string): Promise<void> {
    await links.expectOpen(this.#store, this.#clock.now(), hashSecret(code));
  }

  /**
   * Turns a code into a fresh token; 410 when it is unknown, expired or used already. `isHidden`: nobody is shown its secret,
   * so it lives as long as the session that is opened with it at the instant of its making.
   */
  async useSignInCode(
    code: string,
    isHidden: (code: SignInCode) => boolean = () => false,
  ): Promise<IssuedToken> {
    const now = this.#clock.now();
    const secret = newTokenSecret();
    const token = await this.#store.redeemCode(
      hashSecret(code),
      now,
      (row) =>
        issue({ ...row, expiresAt: now + (isHidden(row) ? SESSION_MS : SIGN_IN_TOKEN_MS) }, now, secret)
          .token,
    );
    if (!token) throw links.unusable();
    return { token, secret };
  }

  async #load(hash: string): Promise<Token | undefined> {
    const mark = this.#cache.mark();
    const token = await this.#store.byHash(hash);
    if (token) this.#cache.put(token, mark);
    return token;
  }

  /** Not awaited: when a token was last used is for people to read, and no request waits or fails for it. */
  #touch(token: Token, now: Instant): void {
    const last = this.#touchedAt.get(token.id) ?? token.lastUsedAt ?? 0;
    if (now - last < TOUCH_EVERY_MS) return;
    this.#touchedAt.set(token.id, now);
    this.#store.touch(token.id, now).catch(() => this.#touchedAt.delete(token.id));
  }
}

/** Whoever holds the configured admin token. */
const ADMIN_TOKEN_PRINCIPAL: Principal = {
  type: "token",
  id: "admin_token",
  name: "JOBMOUNT_ADMIN_TOKEN",
  role: "admin",
  sources: null,
  expiresAt: null,
};

function refuseWiderThan(by: Principal, sources: readonly string[] | null): void {
  if (mayGrant(by, sources)) return;
  throw new ExpectedError(
    403,
    "wider_than_own",
    `Your own token is limited to the sources ${(by.sources ?? []).join(", ")}; what you hand out cannot reach beyond them.`,
  );
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
