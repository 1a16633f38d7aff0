// Who is asking, and whether that is enough: no principal, no route below the base (A2).
import type { Middleware, ParameterizedContext } from "koa";
import type { Access } from "../../access/access.ts";
import { LOCAL_PRINCIPAL, type Principal } from "../../access/principal.ts";
import { atLeast } from "../../access/role.ts";
import { ExpectedError } from "../../errors.ts";
import type { FaceState } from "../context.ts";
import type { FaceDeps } from "../ports.ts";
import { BASE, type Route } from "../route.ts";
import { isOwnOrigin, isSecure, noSessionCookie, readSessionCookie } from "../session-cookie.ts";

type Context = ParameterizedContext<FaceState>;

/** Which door a request came through: the network, or the service's own socket, whose opener owns its files. */
export type Door = "network" | "local";

const BEARER = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

/** Sets the principal of everything below the base, and refuses the rest of it before it is looked at any further. */
export function authenticate(deps: FaceDeps, door: Door): Middleware<FaceState> {
  return async (ctx, next) => {
    if (ctx.path === BASE || ctx.path.startsWith(`${BASE}/`) || ctx.path === "/metrics") {
      if (door === "local") ctx.state.principal = LOCAL_PRINCIPAL;
      else ctx.state.principal = (await ofSession(deps, ctx)) ?? (await ofToken(deps.access, ctx));
    }
    await next();
  };
}

/** Milliseconds as Retry-After says them, and 429. */
export function tooManyTries(ctx: Context, waitMs: number): ExpectedError {
  const seconds = Math.ceil(waitMs / 1000);
  ctx.set("Retry-After", String(seconds));
  return new ExpectedError(
    429,
    "too_many_tries",
    `Too many wrong tokens or codes came from this address, or with this beginning. Try again in ${seconds} s.`,
  );
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
  if (route.wholeInstallation && principal.sources !== null) {
    throw new ExpectedError(
      403,
      "forbidden",
      `${route.method} ${route.path} is about the whole installation; the token "${principal.name}" is limited to the sources ${principal.sources.join(", ")}.`,
    );
  }
  if (atLeast(principal.role, route.role)) return principal;
  throw new ExpectedError(
    403,
    "forbidden",
    `${route.method} ${route.path} needs the role ${route.role}; the token "${principal.name}" has ${principal.role}.`,
  );
}

async function ofToken(access: Access, ctx: Context): Promise<Principal> {
  const header = ctx.get("Authorization");
  if (header === "") throw missing();
  const bearer = BEARER.exec(header)?.[1];
  if (bearer === undefined) {
    throw new ExpectedError(401, "invalid_token", "The Authorization header must read: Bearer jbm_…");
  }
  const address = ctx.state.client!.address;
  const wait = access.backOff.waitFor(bearer, address);
  if (wait > 0) throw tooManyTries(ctx, wait);
  const principal = await access.authenticate(bearer);
  if (principal) {
    access.backOff.right(bearer);
    return principal;
  }
  access.backOff.wrong(bearer, address);
  throw new ExpectedError(401, "invalid_token", "The token is not known here, has expired, or was revoked.");
}

/** Whoever the cookie stands for; a token in the Authorization header goes first. */
async function ofSession({ access, publicUrl }: FaceDeps, ctx: Context): Promise<Principal | undefined> {
  const header = ctx.get("Cookie");
  if (header === "" || ctx.get("Authorization") !== "") return undefined;
  const secure = isSecure(ctx.state.client!, publicUrl());
  const secret = readSessionCookie(header, secure);
  if (secret === undefined) return undefined;
  const principal = await access.authenticateSession(secret);
  if (!principal) {
    ctx.set("Set-Cookie", noSessionCookie(secure));
    throw new ExpectedError(401, "no_session", "The session has ended. Sign in again.");
  }
  if (SAFE.has(ctx.method) || isOwnOrigin(ctx.get("Origin"), ctx.get("Host"), publicUrl())) return principal;
  throw new ExpectedError(
    403,
    "origin",
    "A session changes things only from the service's own pages: the Origin header names another place, or none.",
  );
}

/** What changes nothing; the cookie itself never goes along from other sites (SameSite=Strict). */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

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
