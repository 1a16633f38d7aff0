// What a session is: a browser's stand-in for a token, and never more than that token.
import type { Instant } from "../clock.ts";
import type { Token } from "./token.ts";

/** One row of `sessions`. Its secret is in the browser's cookie alone; only the SHA-256 is kept. */
export interface Session {
  /** SHA-256 of the secret, hex. */
  hash: string;
  /** SHA-256 of the secret of the token that it stands for: with that token it ends. */
  tokenHash: string;
  createdAt: Instant;
  expiresAt: Instant;
}

/** Where sessions are kept; implemented in db/. */
export interface SessionStore {
  insert(session: Session): Promise<void>;
  byHash(hash: string): Promise<Session | undefined>;
  /** False when there was none. */
  remove(hash: string): Promise<boolean>;
}

/** Whether a token was made for this session alone, at its beginning and to its end: nobody knows its secret. */
export function isSessionsOwn(
  token: Pick<Token, "createdAt" | "expiresAt">,
  { createdAt, expiresAt }: Session,
): boolean {
  return token.createdAt === createdAt && token.expiresAt === expiresAt;
}

/** How long a browser stays signed in. */
export const SESSION_MS = 7 * 86_400_000;
