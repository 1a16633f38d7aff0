// Routes of access: who am I, tokens, and sign-in links.
import { maySee, type Principal } from "../../access/principal.ts";
import { ROLES } from "../../access/role.ts";
import type { SignInLink } from "../../access/sign-in-links.ts";
import type { Token } from "../../access/token.ts";
import { type AccessWarning, unknownSources } from "../../access/unknown-sources.ts";
import { invalid } from "../../errors.ts";
import type { FaceDeps } from "../ports.ts";
import { SignInLinkBody, TokenBody } from "../dto/token-bodies.ts";
import { LIST_QUERY, pageOf } from "../paging.ts";
import { choices, fits, oneOf } from "../query.ts";
import { created, list, noContent, ok } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isSecure, noSessionCookie, sessionCookie } from "../session-cookie.ts";
import type { OPEN_SIGN_IN_LINK, PRINCIPAL, TOKEN } from "../shapes/access.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull, parseInstant } from "../time.ts";

const TOKENS_QUERY = {
  ...LIST_QUERY,
  state: choices("Only tokens that hold, or only those that have expired", ["valid", "expired"]),
  role: choices("Only tokens of these roles", ROLES),
  sort: oneOf("Oldest first", ["createdAt"], "createdAt"),
};

export const accessRoutes = [
  route({
    method: "GET",
    path: `${BASE}/me`,
    role: "viewer",
    summary: "Who is asking, and what that may do",
    replies: { 200: "Principal" },
    handle: ({ principal }) => ok(presentPrincipal(principal)),
  }),
  route({
    method: "POST",
    path: `${BASE}/session`,
    role: "viewer",
    summary: "Signs a browser in: a cookie that stands for the token of this request, for at most seven days",
    action: "session.create",
    replies: { 201: "Session" },
    fails: [409, 429],
    async handle({ deps, principal, client }) {
      const { secret, expiresAt } = await deps.access.openSession(principal);
      const secure = isSecure(client, deps.publicUrl());
      const cookie = sessionCookie(secret, expiresAt - deps.clock.now(), secure);
      return {
        status: 201,
        headers: { "Set-Cookie": cookie },
        body: { ...presentPrincipal(principal), expiresAt: isoTime(expiresAt), secure },
      };
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/session`,
    role: "viewer",
    summary: "Signs the browser out; its token goes on, unless a sign-in link made it for this browser alone",
    replies: { 204: null },
    fails: [409],
    async handle({ deps, principal, client }) {
      await deps.access.closeSession(principal);
      const cookie = noSessionCookie(isSecure(client, deps.publicUrl()));
      return { ...noContent, headers: { "Set-Cookie": cookie } };
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/tokens`,
    role: "admin",
    summary: "All tokens that were not ended, without their secrets",
    query: TOKENS_QUERY,
    replies: { 200: "TokenList" },
    async handle({ deps, principal, query }) {
      const now = deps.clock.now();
      const found = (await deps.access.list(principal)).filter(
        ({ role, expiresAt }) =>
          fits(role, query.role) &&
          fits(expiresAt !== null && expiresAt <= now ? "expired" : "valid", query.state),
      );
      // Ids grow with the instant at which they are made.
      const { rows, page } = pageOf(found, ({ id }) => id, query.sort, query);
      return list(rows.map(presentToken), page);
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/tokens`,
    role: "admin",
    summary: "Makes a token; its secret is in this answer and never again",
    body: TokenBody,
    replies: { 201: "IssuedToken" },
    async handle({ deps, principal, body, about, idempotency }) {
      about({ source: onlyOf(body.sources) });
      const { token, secret } = await deps.access.createToken(
        {
          name: body.name,
          role: body.role,
          sources: body.sources,
          expiresAt: expiryOf(body.expiresAt),
        },
        principal,
        idempotency,
      );
      const warnings = warningsOf(deps, principal, token.sources);
      return created(token.id, { ...presentToken(token), token: secret, warnings });
    },
    async replay({ deps, principal }, id) {
      const token = await deps.access.get(id, principal);
      return created(id, { ...presentToken(token), warnings: warningsOf(deps, principal, token.sources) });
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/tokens/:id`,
    role: "admin",
    summary: "Ends a token at once",
    replies: { 204: null },
    async handle({ deps, principal, params, about }) {
      const token = await deps.access.get(params["id"] ?? "", principal);
      about({ source: onlyOf(token.sources), before: presentToken(token) });
      await deps.access.revoke(token.id, principal);
      return noContent;
    },
  }),
  route({
    method: "GET",
    path: `${BASE}/sign-in-links`,
    role: "admin",
    summary: "The sign-in links that nobody has used yet, without their codes",
    query: { ...LIST_QUERY, sort: oneOf("The first to end first", ["expiresAt"], "expiresAt") },
    replies: { 200: "SignInLinkList" },
    async handle({ deps, principal, query }) {
      const links = await deps.access.signInLinks(principal);
      const placeOf = ({ expiresAt, id }: SignInLink) => `${String(expiresAt).padStart(16, "0")} ${id}`;
      const { rows, page } = pageOf(links, placeOf, query.sort, query);
      return list(rows.map(presentLink), page);
    },
  }),
  route({
    method: "DELETE",
    path: `${BASE}/sign-in-links/:id`,
    role: "admin",
    summary: "Takes back a sign-in link that nobody has used yet",
    replies: { 204: null },
    async handle({ deps, principal, params, about }) {
      const link = await deps.access.withdrawSignInLink(params["id"] ?? "", principal);
      about({ source: onlyOf(link.sources), target: link.id, before: presentLink(link) });
      return noContent;
    },
  }),
  route({
    method: "POST",
    path: `${BASE}/sign-in-links`,
    role: "local",
    summary:
      "Makes a link that turns into one token, once, within ten minutes; only from the service's own socket",
    body: SignInLinkBody,
    bodyOptional: true,
    replies: { 201: "SignInLink" },
    async handle({ deps, principal, body }) {
      const { id, code, expiresAt } = await deps.access.createSignInCode({ ...body }, principal);
      return {
        status: 201,
        body: {
          id,
          url: `${deps.publicUrl()}/sign-in?code=${code}`,
          expiresAt: isoTime(expiresAt),
          warnings: warningsOf(deps, principal, body.sources),
        },
      };
    },
  }),
];

function presentPrincipal(principal: Principal): Of<typeof PRINCIPAL> {
  return {
    type: principal.type,
    id: principal.id,
    name: principal.name,
    role: principal.role,
    sources: principal.sources,
    expiresAt: isoTimeOrNull(principal.expiresAt),
  };
}

function warningsOf(
  { jobs, params }: FaceDeps,
  principal: Principal,
  sources: readonly string[] | null | undefined,
): AccessWarning[] {
  const seen = jobs.sources().filter(({ name }) => maySee(principal, name));
  return unknownSources(
    sources,
    seen.map(({ name }) => name),
    params.nearest,
  );
}

/** A token of one source concerns that source. */
function onlyOf(sources: readonly string[] | null | undefined): string | undefined {
  return sources?.length === 1 ? sources[0] : undefined;
}

function presentToken(token: Token): Of<typeof TOKEN> {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    role: token.role,
    sources: token.sources,
    createdAt: isoTime(token.createdAt),
    expiresAt: isoTimeOrNull(token.expiresAt),
    lastUsedAt: isoTimeOrNull(token.lastUsedAt),
  };
}

function presentLink({ id, name, role, sources, expiresAt }: SignInLink): Of<typeof OPEN_SIGN_IN_LINK> {
  return { id, name, role, sources, expiresAt: isoTime(expiresAt) };
}

function expiryOf(text: string | null | undefined): number | null {
  if (text === undefined || text === null) return null;
  const at = parseInstant(text);
  if (at !== undefined) return at;
  throw invalid([
    {
      pointer: "/expiresAt",
      code: "instant",
      message: "must be an RFC 3339 time such as 2027-01-31T00:00:00Z",
    },
  ]);
}
