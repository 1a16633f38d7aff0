// Who is asking, and whether that is enough: no principal, no route below the base (A2).
import type { Middleware } from "koa";
import type { Access } from "../../access/access.ts";
import { LOCAL_PRINCIPAL, type Principal } from "../../access/principal.ts";
import { atLeast } from "../../access/role.ts";
import { ExpectedError } from "../../errors.ts";
import type { FaceState } from "../context.ts";
import { BASE, type Route } from "../route.ts";

/** Which door a request came through: the network, or the service's own socket, whose opener owns its files. */
export type Door = "network" | "local";

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

/** Sets the principal of everything below the base, and refuses the rest of it before it is looked at any further. */
export function authenticate(access: Access, door: Door): Middleware<FaceState> {
  return async (ctx, next) => {
    if (ctx.path === BASE || ctx.path.startsWith(`${BASE}/`)) {
      ctx.state.principal =
        door === "local" ? LOCAL_PRINCIPAL : await principalOf(access, ctx.get("Authorization"));
    }
    await next();
  };
}

/** The principal for this route, or 401 or 403. */
export function authorize(route: Route, principal: Principal | undefined): Principal {
  if (route.role === "public") return NOBODY;
  if (!principal) throw missing();
  if (route.role === "local") {
    if (principal.type === "local") return principal;
    throw new ExpectedError(
      403,
      "forbidden",
      "This is open only to the service's own local socket. On its machine run: jobmount sign-in",
    );
  }
  if (atLeast(principal.role, route.role)) return principal;
  throw new ExpectedError(
    403,
    "forbidden",
    `${route.method} ${route.path} needs the role ${route.role}; the token "${principal.name}" has ${principal.role}.`,
  );
}

async function principalOf(access: Access, header: string): Promise<Principal> {
  if (header === "") throw missing();
  const bearer = BEARER.exec(header)?.[1];
  if (bearer === undefined) {
    throw new ExpectedError(401, "invalid_token", "The Authorization header must read: Bearer jbm_…");
  }
  const principal = await access.authenticate(bearer);
  if (principal) return principal;
  throw new ExpectedError(401, "invalid_token", "The token is not known here, has expired, or was revoked.");
}

function missing(): ExpectedError {
  return new ExpectedError(
    401,
    "no_token",
    "This needs a token: send the header Authorization: Bearer jbm_… (jobmount sign-in prints a link that makes one).",
  );
}

/** On public routes; may see nothing. */
const NOBODY: Principal = {
  type: "token",
  id: "nobody",
  name: "nobody",
  role: "viewer",
  sources: [],
  expiresAt: null,
};
