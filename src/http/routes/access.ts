// Routes of access: who am I, tokens, and sign-in links.
import type { Principal } from "../../access/principal.ts";
import type { Token } from "../../access/token.ts";
import { invalid } from "../../errors.ts";
import { SignInLinkBody, TokenBody } from "../dto/token-bodies.ts";
import { created, noContent, ok, wholeList } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isSecure, noSessionCookie, sessionCookie } from "../session-cookie.ts";
import type { PRINCIPAL, TOKEN } from "../shapes/access.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull, parseInstant } from "../time.ts";

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
    summary: "Signs the browser out; its token goes on",
    replies: { 204: null },
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
    summary: "All tokens, without their secrets",
    replies: { 200: "TokenList" },
    handle: async ({ deps, principal }) =>
      wholeList((await deps.access.list(principal)).map((token) => presentToken(token))),
  }),
  route({
    method: "POST",
    path: `${BASE}/tokens`,
    role: "admin",
    summary: "Makes a token; its secret is in this answer and never again",
    body: TokenBody,
    replies: { 201: "IssuedToken" },
    async handle({ deps, principal, body, about }) {
      about({ source: onlyOf(body.sources) });
      const { token, secret } = await deps.access.createToken(
        {
          name: body.name,
          role: body.role,
          sources: body.sources,
          expiresAt: expiryOf(body.expiresAt),
        },
        principal,
      );
      return created(token.id, { ...presentToken(token), token: secret });
    },
    async replay({ deps, principal }, id) {
      return created(id, presentToken(await deps.access.get(id, principal)));
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
    method: "POST",
    path: `${BASE}/sign-in-links`,
    role: "local",
    summary:
      "Makes a link that turns into one token, once, within ten minutes; only from the service's own socket",
    body: SignInLinkBody,
    bodyOptional: true,
    replies: { 201: "SignInLink" },
    async handle({ deps, principal, body }) {
      const { code, expiresAt } = await deps.access.createSignInCode({ ...body }, principal);
      return {
        status: 201,
        body: { url: `${deps.publicUrl()}/sign-in?code=${code}`, expiresAt: isoTime(expiresAt) },
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
