// Who is asking: the result of authentication, and which sources it may see.
import type { Role } from "./role.ts";

export interface Principal {
  type: "token" | "local";
  /** Id of the token, `admin_token` for the configured one, `local` for the local socket; at most 64 characters. */
  id: string;
  /** The token's name: what runs and audit rows show as the actor. */
  name: string;
  role: Role;
  /** The sources that it may see and change; null for all. */
  sources: readonly string[] | null;
  expiresAt: number | null;
  /** SHA-256 of the secret of its token: what a session stands for. */
  tokenHash?: string;
  /** SHA-256 of the secret of the session that it came with, if it did. */
  session?: string;
  sessionExpiresAt?: number;
}

/** Whoever can open the service's local socket owns its files already, and is therefore an admin. */
export const LOCAL_PRINCIPAL: Principal = {
  type: "local",
  id: "local",
  name: "local",
  role: "admin",
  sources: null,
  expiresAt: null,
};

/** Whether the principal may see what belongs to `source`. */
export function maySee(principal: Principal, source: string): boolean {
  return principal.sources === null || principal.sources.includes(source);
}

/** Whether what is open to `sources` (null: all) lies within what the principal may see. */
export function mayGrant(principal: Principal, sources: readonly string[] | null): boolean {
  if (principal.sources === null) return true;
  return sources !== null && sources.every((source) => maySee(principal, source));
}
