// The contract (OpenAPI 3.1), made from the table of routes, the body classes and the shapes of answers; never by hand.
import { BASE, type BodyClass, type Route } from "../route.ts";
import { SHAPES } from "../shapes/index.ts";
import type { JsonSchema, NamedShape, Shape } from "../shapes/shape.ts";
import { bodySchemas } from "./body-schemas.ts";
import { operationOf } from "./operation.ts";

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string };
  servers: readonly { url: string }[];
  tags: readonly { name: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, JsonSchema> };
}

const DESCRIPTION = `Everything below ${BASE} needs a token. Times are RFC 3339 in UTC, durations whole milliseconds in \
fields that end in Ms. A job is named by its key with . for /, with source: before it where several sources have it. \
Answers may get more fields; bodies take no others than these.`;

const SECURITY: Record<string, JsonSchema> = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "jbm_… as POST /tokens and jobmount token create make it",
  },
  session: { type: "apiKey", in: "cookie", name: "jobmount_session", description: "What POST /session sets" },
};

export function openApiDocument(routes: readonly Route[], { version }: { version: string }): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes) {
    const operation = operationOf(route);
    (paths[operation.path] ??= {})[route.method.toLowerCase()] = operation.schema;
  }
  return {
    openapi: "3.1.0",
    info: { title: "Jobmount", version, description: DESCRIPTION },
    // Relative to where the document lies, so that it holds behind a proxy that adds a path too.
    servers: [{ url: "../.." }],
    tags: [...new Set(routes.map((route) => operationOf(route).tag))].map((name) => ({ name })),
    paths,
    components: { schemas: schemasOf(routes), securitySchemes: SECURITY },
  };
}

function schemasOf(routes: readonly Route[]): Record<string, JsonSchema> {
  const bodies = new Set<BodyClass<object>>();
  const named = new Map<string, NamedShape<unknown>>();
  const add = (shape: Shape<unknown>) => {
    for (const one of shape.uses) named.set(one.name, one);
  };
  add(SHAPES.Problem);
  for (const { body, replies, formats } of routes) {
    if (body) bodies.add(body);
    for (const name of [...Object.values(replies), ...Object.values(formats ?? {})]) {
      if (name !== null && name !== undefined) add(SHAPES[name]);
    }
  }
  const shapes = [...named.values()].map(({ name, definition }) => [name, definition]);
  const all = { ...Object.fromEntries(shapes), ...bodySchemas([...bodies]) } as Record<string, JsonSchema>;
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
