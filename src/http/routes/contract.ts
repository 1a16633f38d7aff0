// Routes of the contract: as OpenAPI for programs, as a page for people. Both are made once, from the table of routes.
import { createHash } from "node:crypto";
import { docsPage, DOCS_STYLE } from "../openapi/docs-page.ts";
import { type OpenApiDocument, openApiDocument } from "../openapi/document.ts";
import type { Meta } from "../ports.ts";
import { BASE, type Route, route } from "../route.ts";

/** Nothing is fetched, nothing runs; the one style is named by its hash. */
const HEADERS = {
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${sha256(DOCS_STYLE)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
} as const;

/** `table`: all routes, these included; asked when the first request comes. */
export function contractRoutes(table: () => readonly Route[]): readonly Route[] {
  let document: OpenApiDocument | undefined;
  let json: string | undefined;
  let page: string | undefined;
  const contract = ({ version }: Meta) => (document ??= openApiDocument(table(), { version }));
  return [
    route({
      method: "GET",
      path: `${BASE}/openapi.json`,
      role: "viewer",
      summary: "This contract, as OpenAPI 3.1",
      replies: { 200: "OpenApi" },
      handle: ({ deps }) => ({
        status: 200,
        text: (json ??= JSON.stringify(contract(deps.meta))),
        type: "application/json; charset=utf-8",
      }),
    }),
    route({
      method: "GET",
      path: "/docs",
      role: "public",
      summary: "This contract as a page",
      replies: { 200: null },
      formats: { "text/html": null },
      handle: ({ deps }) => ({
        status: 200,
        text: (page ??= docsPage(contract(deps.meta))),
        type: "text/html; charset=utf-8",
        headers: HEADERS,
      }),
    }),
  ];
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
