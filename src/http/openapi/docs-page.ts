// The contract as a page: plain HTML without any script, picture or outside request, readable at 390 px and in print.
import { escapeHtml } from "../html.ts";
import type { JsonSchema } from "../shapes/shape.ts";
import type { OpenApiDocument } from "./document.ts";
import { inWords, referencedName } from "./schema-words.ts";

/** The whole content of the page's one style element: the page's headers allow it by its hash. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 18%, Canvas); --soft: color-mix(in srgb, CanvasText 6%, Canvas); }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h2 { margin: 2.5rem 0 0.5rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
details { border-top: 1px solid var(--line); padding: 0.4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4rem; }
table { border-collapse: collapse; margin: 0.5rem 0; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
td:first-child { white-space: nowrap; }
pre { background: var(--soft); overflow-x: auto; padding: 0.5rem; }
nav a { margin-right: 0.75rem; }
@media (max-width: 40rem) { td:first-child { white-space: normal; } th, td { display: block; border: 0; padding: 0; } tr { display: block; border-bottom: 1px solid var(--line); padding: 0.4rem 0; } }
`;

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Operation {
  operationId: string;
  summary: string;
  tags: readonly [string];
  "x-least-role": string;
  parameters: readonly Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>;
}

export function docsPage(document: OpenApiDocument): string {
  const { info, tags, components } = document;
  const names = tags.map(({ name }) => name);
  const links = [...names, "shapes"].map((name) => `<a href="#${name}">${name}</a>`).join(" ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Jobmount REST</title>
<style>${DOCS_STYLE}</style></head>
<body>
<header><h1>Jobmount REST</h1>
<p>Version ${escapeHtml(info.version)}. ${escapeHtml(info.description)}</p>
<p>The same for programs: <a href="api/v1/openapi.json">openapi.json</a> (needs a token).</p>
<nav aria-label="Parts">${links}</nav></header>
<main>
${names.map((name) => section(document, name)).join("\n")}
<section id="shapes"><h2>shapes</h2>
${Object.entries(components.schemas)
  .map(([name, schema]) => shapeOf(name, schema))
  .join("\n")}
</section>
</main>
</body></html>
`;
}

function section(document: OpenApiDocument, tag: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, operation]) => ({ path, method, operation: operation as unknown as Operation }))
      .filter(({ operation }) => operation.tags[0] === tag),
  );
  const shown = operations.map(({ path, method, operation }) => operationOf(path, method, operation));
  return `<section id="${tag}"><h2>${tag}</h2>\n${shown.join("\n")}\n</section>`;
}

function operationOf(path: string, method: string, operation: Operation): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const role = operation["x-least-role"];
  return `<details id="${operationId}"><summary><b>${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code></summary>
<p>${escapeHtml(summary)}.</p>
<p>Least role: ${escapeHtml(role)}.</p>
${parameters.length > 0 ? parameterTable(parameters) : ""}
${requestBody ? body(requestBody) : ""}
<table><thead><tr><th>answer</th><th>what</th></tr></thead><tbody>
${Object.entries(responses)
  .map(([status, response]) => answerRow(status, response))
  .join("\n")}
</tbody></table></details>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: place, required, description, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? ", needed" : ""}</td><td>${inWords(schema)}</td><td>${escapeHtml(description ?? "")}</td></tr>`,
  );
  return `<table><thead><tr><th>parameter</th><th>in</th><th>type</th><th>what</th></tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

function body({ required, content }: NonNullable<Operation["requestBody"]>): string {
  const types = Object.keys(content).map((type) => `<code>${type}</code>`);
  const schema = Object.values(content)[0]!.schema;
  return `<p>Body${required ? "" : " (may be left out)"}: ${inWords(schema)} as ${types.join(" or ")}.</p>`;
}

function answerRow(status: string, { description, content = {} }: Operation["responses"][string]): string {
  const contents = Object.entries(content).map(([type, { schema }]) =>
    referencedName(schema) === "Problem" ? inWords(schema) : `${inWords(schema)} as <code>${type}</code>`,
  );
  return `<tr><td>${status} ${escapeHtml(description)}</td><td>${contents.join("<br>") || "nothing"}</td></tr>`;
}

function shapeOf(name: string, schema: JsonSchema): string {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
  const required = new Set((schema["required"] ?? []) as string[]);
  const rows = Object.entries(properties).map(
    ([field, one]) =>
      `<tr><td><code>${escapeHtml(field)}</code>${required.has(field) ? "" : "?"}</td><td>${inWords(one)}</td><td>${escapeHtml(String(one["description"] ?? ""))}</td></tr>`,
  );
  const [example] = (schema["examples"] ?? []) as unknown[];
  const about =
    schema["description"] === undefined ? "" : `<p>${escapeHtml(String(schema["description"]))}.</p>`;
  const table =
    rows.length === 0
      ? `<p>${inWords(schema)}</p>`
      : `<table><thead><tr><th>field</th><th>type</th><th>what</th></tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
  const sample = example === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`;
  return `<details id="shape-${name}"><summary><code>${name}</code></summary>\n${about}${table}${sample}</details>`;
}
