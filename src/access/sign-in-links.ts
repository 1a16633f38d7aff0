// Sign-in links that nobody has used yet: which there are, and taking one back.
import type { Instant } from "../clock.ts";
import { ExpectedError, notFound } from "../errors.ts";
import { mayGrant, type Principal } from "./principal.ts";
import type { Role } from "./role.ts";
import type { SignInCode, TokenStore } from "./token.ts";

export interface NewSignInCode {
  name?: string;
  role?: Role;
  sources?: readonly string[] | null;
  /** How long the link may wait; ten minutes unless given, seven days at most. */
  validMs?: number;
}

/** A new link; the only moment at which its code exists here. */
export interface IssuedCode {
  id: string;
  code: string;
  expiresAt: Instant;
}

/** A link without its code, which is nowhere but in the link. */
export interface SignInLink extends SignInCode {
  id: string;
}

/** Of a hash of 256 random bits the first 64: it names the link, and nobody gets from it to the code. */
export function linkId({ hash }: Pick<SignInCode, "hash">): string {
  return `lnk_${hash.slice(0, 16)}`;
}

/** Those that `by` may see, the first to end first. */
export async function openLinks(store: TokenStore, now: Instant, by: Principal): Promise<SignInLink[]> {
  const open = await store.openCodes(now);
  return open.filter(({ sources }) => mayGrant(by, sources)).map((code) => ({ ...code, id: linkId(code) }));
}

/** Ends one; 404 for one that was used, is over or belongs to somebody else's sources. */
export async function withdrawLink(
  store: TokenStore,
  now: Instant,
  id: string,
  by: Principal,
): Promise<SignInLink> {
  const link = (await openLinks(store, now, by)).find((one) => one.id === id);
  if (link && (await store.removeCode(link.hash))) return link;
  throw notFound(`There is no sign-in link "${id.slice(0, 64)}" that could still be used.`);
}

/** 410 unless somebody could use the code with this hash now. */
export async function expectOpen(store: TokenStore, now: Instant, hash: string): Promise<void> {
  const open = await store.openCodes(now);
  if (!open.some((code) => code.hash === hash)) throw unusable();
}

export function unusable(): ExpectedError {
  return new ExpectedError(
    410,
    "sign_in_code",
    "This sign-in link was used already, has expired, or never existed. Print a fresh one with: jobmount sign-in",
  );
}
