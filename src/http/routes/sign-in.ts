// The one-time sign-in link. Opening it only shows a button, so that a mail scanner or a preview cannot use it up.
import { ExpectedError } from "../../errors.ts";
import type { IssuedToken } from "../../access/access.ts";
import type { Call } from "../context.ts";
import { escapeHtml } from "../html.ts";
import { text } from "../query.ts";
import { type Reply } from "../reply.ts";
import { BASE, route } from "../route.ts";
import { isSecure, sessionCookie } from "../session-cookie.ts";
import { isoTimeOrNull } from "../time.ts";

const QUERY = { code: text("The code of the link") };

/** No script, no style, no picture, no frame; the form may only come back here. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
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
        `<p>This link makes one token for this installation of Jobmount. It works once.</p>
<form method="post" action="?code=${escapeHtml(encodeURIComponent(query.code ?? ""))}"><button>Sign in</button></form>`,
      ),
  }),
  route({
    method: "POST",
    path: "/sign-in",
    role: "public",
    summary: "Uses the link: a fresh token, as a page or as JSON by Accept",
    query: QUERY,
    replies: { 200: "SignedIn" },
    formats: { "text/html": null },
    fails: [403, 410, 429],
    action: "sign-in",
    audit: "after",
    async handle(call) {
      const { query, format } = call;
      const wantsPage = format() === "text/html";
      if (call.foreignPage) throw foreign();
      try {
        const issued = await redeem(call, query.code ?? "");
        return wantsPage ? await signedIn(call, issued) : tokenJson(issued);
      } catch (error) {
        if (wantsPage && error instanceof ExpectedError && error.status === 410) {
          return page(410, `<p>${escapeHtml(error.message)}</p>`);
        }
        throw error;
      }
    },
  }),
];

type AnyRequest = Call<object, object>;

/** Nobody else's page may sign a browser in: it would work on under a name that is not its reader's. */
function foreign(): ExpectedError {
  return new ExpectedError(403, "origin", "A sign-in link is used from its own page, not from another site.");
}

/** Wrong codes of one address are slowed down like wrong tokens. */
async function redeem({ deps: { access }, client, tooMany }: AnyRequest, code: string): Promise<IssuedToken> {
  const wait = access.backOff.waitFor(code, client.address);
  if (wait > 0) throw tooMany(wait);
  try {
    return await access.useSignInCode(code);
  } catch (error) {
    if (error instanceof ExpectedError && error.status === 410) access.backOff.wrong(code, client.address);
    throw error;
  }
}

/** The page with the token, and the browser signed in. */
async function signedIn({ deps, client }: AnyRequest, issued: IssuedToken): Promise<Reply> {
  const principal = await deps.access.authenticate(issued.secret);
  const shown = tokenPage(issued, deps.publicUrl());
  if (!principal) return shown;
  const { secret, expiresAt } = await deps.access.openSession(principal);
  const secure = isSecure(client, deps.publicUrl());
  const cookie = sessionCookie(secret, expiresAt - deps.clock.now(), secure);
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

function tokenPage({ token, secret }: IssuedToken, publicUrl: string): Reply {
  const lines = `export JOBMOUNT_TOKEN=${secret}
curl -H "Authorization: Bearer $JOBMOUNT_TOKEN" ${publicUrl}${BASE}/jobs`;
  return page(
    200,
    `<p>This browser is signed in. As data: <a href="${HERE}/load-errors">load errors</a>,
<a href="${HERE}/upcoming">next fires</a>, <a href="${HERE}/runs?state=failed">failures</a>.</p>
<p>Your token for programs, shown once. It has the role ${token.role} and expires at ${isoTimeOrNull(token.expiresAt) ?? "no time"}.</p>
<pre>${escapeHtml(lines)}</pre>`,
  );
}

function page(status: number, content: string): Reply {
  return {
    status,
    type: "text/html; charset=utf-8",
    headers: HEADERS,
    text: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Jobmount sign-in</title></head>
<body><h1>Jobmount</h1>
${content}
</body></html>
`,
  };
}
