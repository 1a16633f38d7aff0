// The one-time sign-in link. Opening it only shows a button, so that a mail scanner or a preview cannot use it up.
import { createHash } from "node:crypto";
import { ExpectedError } from "../../errors.ts";
import type { Access } from "../../access/access.ts";
import type { IssuedToken } from "../../access/token.ts";
import type { Call } from "../context.ts";
import { escapeHtml } from "../html.ts";
import { text } from "../query.ts";
import { type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isSecure, sessionCookie } from "../session-cookie.ts";
import { isoTimeOrNull } from "../time.ts";

const QUERY = { code: text("The code of the link") };

const STYLE = `:root{color-scheme:light dark}
body{background:light-dark(#f6f7f9,#12161b);color:light-dark(#1a2027,#e4e9ee);font:400 .9375rem/1.45 system-ui,sans-serif;margin:0;padding:10vh 1rem}
main{background:light-dark(#fff,#191e25);border:1px solid light-dark(#d9dee4,#2f3843);border-radius:6px;margin:auto;max-width:32rem;padding:1.5rem}
h1{font-size:1.375rem;margin:0}
a{color:light-dark(#0b57a4,#7cb8f5)}
button{background:light-dark(#0b57a4,#7cb8f5);border:0;border-radius:6px;color:light-dark(#fff,#0d1620);cursor:pointer;font:inherit;font-weight:500;min-height:2.25rem;padding:.25rem 1.25rem}
pre{background:light-dark(#eef1f4,#222932);border-radius:6px;overflow-x:auto;padding:.75rem}`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** No script, no style but its own, no picture, no frame; the form may only come back here. */
const HEADERS = {
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  // Not no-referrer: with that a browser sends `Origin: null` with the form.
  "Referrer-Policy": "same-origin",
  "X-Frame-Options": "DENY",
} as const;

/** From /sign-in, also behind a path prefix. */
const HERE = BASE.slice(1);

export const signInRoutes = [
  route({
    method: "GET",
    path: "/sign-in",
    role: "public",
    summary: "A page with one button that uses the link",
    query: QUERY,
    replies: { 200: null },
    formats: { "text/html": null },
    handle: ({ query }) =>
      page(
        200,
        `<p>Sign in to Jobmount on this browser. The link works once.</p>
<form method="post" action="?code=${escapeHtml(encodeURIComponent(query.code ?? ""))}"><button>Sign in</button></form>`,
      ),
  }),
  route({
    method: "POST",
    path: "/sign-in",
    role: "public",
    summary: "Uses the link: signs a browser in, or answers a fresh token as JSON, by Accept",
    query: QUERY,
    replies: { 200: "SignedIn", 303: null },
    formats: { "text/html": null },
    fails: [403, 410, 429],
    action: "sign-in",
    // Thrown and not answered, so that it is a refusal for the audit log too.
    refusalPage: (message) => page(410, `<p>${escapeHtml(message)}</p>`),
    // Codes that are none must not fill the audit log: they are refusals, of which many become one row.
    async admit(call) {
      if (call.foreignPage) throw foreign();
      await guarded(call, (access, code) => access.expectSignInCode(code));
    },
    async handle(call) {
      // Straight at the page nobody is shown the token.
      const hides = call.format() === "text/html" && call.deps.page !== undefined;
      const issued = await guarded(call, (access, code) =>
        access.useSignInCode(code, ({ sources }) => hides && sources === null),
      );
      const { id, name, role, sources } = issued.token;
      const source = sources?.length === 1 ? sources[0] : undefined;
      call.about({ target: id, source, made: { token: id, name, role, sources } });
      return call.format() === "text/html" ? await signedIn(call, issued) : tokenJson(issued);
    },
  }),
];

type AnyRequest = Call<object, object>;

/** Nobody else's page may sign a browser in: it would work on under a name that is not its reader's. */
function foreign(): ExpectedError {
  return new ExpectedError(403, "origin", "A sign-in link is used from its own page, not from another site.");
}

/** Wrong codes of one address are slowed down like wrong tokens. */
async function guarded<T>(
  { deps: { access }, client, tooMany, query }: Call<object, { code?: string }>,
  work: (access: Access, code: string) => Promise<T>,
): Promise<T> {
  const code = query.code ?? "";
  const wait = access.backOff.waitFor(code, client.address);
  if (wait > 0) throw tooMany(wait);
  try {
    return await work(access, code);
  } catch (error) {
    if (error instanceof ExpectedError && error.status === 410) access.backOff.wrong(code, client.address);
    throw error;
  }
}

/**
 * The browser signed in, and straight at the page. Whoever has a link to single sources was sent it to have a token too;
 * so has everybody where there is no page.
 */
async function signedIn({ deps, client }: AnyRequest, issued: IssuedToken): Promise<Reply> {
  const principal = await deps.access.authenticate(issued.secret);
  const shown = tokenPage(issued, deps.publicUrl(), deps.page !== undefined);
  if (!principal) return shown;
  const isHidden = deps.page !== undefined && issued.token.sources === null;
  const { secret, expiresAt } = await deps.access.openSession(
    principal,
    isHidden ? issued.token.createdAt : undefined,
  );
  const secure = isSecure(client, deps.publicUrl());
  const cookie = sessionCookie(secret, expiresAt - deps.clock.now(), secure);
  if (isHidden)
    return { status: 303, text: "", headers: { ...HEADERS, Location: "/", "Set-Cookie": cookie } };
  return { ...shown, headers: { ...shown.headers, "Set-Cookie": cookie } };
}

function tokenJson({ token, secret }: IssuedToken): Reply {
  return {
    status: 200,
    body: {
      token: secret,
      role: token.role,
      sources: token.sources,
      expiresAt: isoTimeOrNull(token.expiresAt),
    },
  };
}

function tokenPage({ token, secret }: IssuedToken, publicUrl: string, hasPage: boolean): Reply {
  const lines = `export JOBMOUNT_TOKEN=${secret}
curl -H "Authorization: Bearer $JOBMOUNT_TOKEN" ${publicUrl}${BASE}/jobs`;
  return page(
    200,
    `<p>This browser is signed in.${hasPage ? ' <a href="./"><b>Open Jobmount</b></a>.' : ""} As data: <a href="${HERE}/load-errors">load errors</a>,
<a href="${HERE}/upcoming">next fires</a>, <a href="${HERE}/runs?state=failed">failures</a>.</p>
<details><summary>A token for programs, shown this once</summary>
<p>It has the role ${token.role} and expires at ${isoTimeOrNull(token.expiresAt) ?? "no time"}.</p>
<pre>${escapeHtml(lines)}</pre></details>`,
  );
}

function page(status: number, content: string): Reply {
  return {
    status,
    type: "text/html; charset=utf-8",
    headers: HEADERS,
    text: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in to Jobmount</title><style>${STYLE}</style></head>
<body><main><h1>Jobmount</h1>
${content}
</main></body></html>
`,
  };
}
