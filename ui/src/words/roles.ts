// Who may what, for what the page leaves out. The service decides by itself; this only keeps dead buttons away.
import type { Principal, Role } from "../api/contract.ts";

const ORDER: readonly Role[] = ["viewer", "operator", "editor", "admin"];

export function atLeast(role: Role, least: Role): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(least);
}

/** Whether this token may do what needs `least`; `whole`: only who sees all sources may. */
export function may(me: Pick<Principal, "role" | "sources">, least: Role, whole = false): boolean {
  return atLeast(me.role, least) && (!whole || me.sources === null);
}
