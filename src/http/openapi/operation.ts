// One operation of the contract, from one route of the table.
import { STATUS_CODES } from "node:http";
import { PROBLEM_TYPE } from "../problem.ts";
import type { QueryFields } from "../query.ts";
import { BASE, type HeaderName, type Route } from "../route.ts";
import { SHAPES, type ShapeName } from "../shapes/index.ts";
import type { JsonSchema } from "../shapes/shape.ts";

export interface Operation {
  path: string;
  tag: string;
  schema: JsonSchema;
}

const HEADERS: Readonly<Record<HeaderName, { description: string; schema: JsonSchema }>> = {
  "If-Match": {
    description: "The ETag of what is changed, or * for whatever is there",
    schema: { type: "string" },
  },
  "Idempotency-Key": {
    description: "The same request with the same key is done once within 24 hours",
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
  },
  Prefer: {
    description: "wait=N: answer when the run has ended, or after N seconds",
    schema: { type: "string", examples: ["wait=20"] },
  },
  "Last-Event-ID": { description: "Go on behind this event", schema: { type: "string" } },
};

const PATH_PARAMS: Readonly<Record<string, string>> = {
  key: "Key of a job with . for /, or source:key",
  id: "Id",
  hash: "Hash of a version, or at least seven digits of it",
  a: "Hash of a version, or at least seven digits of it",
  b: "Hash of a version, or at least seven digits of it",
  n: "Number, from 0",
  name: "Name",
};

export function operationOf(route: Route): Operation {
  const path = openApiPath(route.path);
  const isOpen = route.role === "public";
  return {
    path,
    tag: tagOf(route.path),
    schema: {
      operationId: operationId(route),
      summary: route.summary,
      tags: [tagOf(route.path)],
      "x-least-role": route.role,
      security: isOpen ? [] : [{ token: [] }, { session: [] }],
      parameters: [...pathParameters(route.path), ...queryParameters(route.query ?? {}), ...headersOf(route)],
      ...(route.body ? { requestBody: requestBody(route) } : {}),
      responses: { ...answers(route), ...failures(route) },
    },
  };
}

/** `/jobs/:key` as the contract writes it: `/jobs/{key}`. */
export function openApiPath(path: string): string {
  return path.replace(/:([a-z]+)/gi, "{$1}");
}

/** `post_schedules_id_pause`: unique, since method and path are. */
function operationId({ method, path }: Route): string {
  const words = path.replace(BASE, "").match(/[A-Za-z]+/g) ?? [];
  return [method.toLowerCase(), ...words].join("_");
}

/** Routes of one kind of thing stand together. */
function tagOf(path: string): string {
  const inside = path.startsWith(`${BASE}/`);
  return (inside && /[a-z-]+/.exec(path.slice(BASE.length))?.[0]) || "service";
}

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/:([a-z]+)/gi)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: PATH_PARAMS[name!] ?? name,
    schema: { type: "string" },
  }));
}

function queryParameters(fields: QueryFields): JsonSchema[] {
  return Object.entries(fields).map(([name, { description, schema }]) => ({
    name,
    in: "query",
    description,
    schema,
  }));
}

function headersOf(route: Route): JsonSchema[] {
  return headersTaken(route).map((name) => ({
    name,
    in: "header",
    required: route.requires?.includes(name) ?? false,
    ...HEADERS[name],
  }));
}

/** The request headers that the route looks at. */
export function headersTaken({ takes, requires, replay }: Route): HeaderName[] {
  return [
    ...new Set([...(replay ? ["Idempotency-Key" as const] : []), ...(requires ?? []), ...(takes ?? [])]),
  ];
}

function requestBody({ body, bodyTypes, bodyOptional }: Route): JsonSchema {
  const content = { schema: { $ref: `#/components/schemas/${body!.name}` } };
  const types = ["application/json", ...(bodyTypes ?? [])];
  return {
    required: bodyOptional !== true,
    content: Object.fromEntries(types.map((type) => [type, content])),
  };
}

function answers({ replies, formats }: Route): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(replies).map(([status, name]) => {
      const ofStatus = Number(status) === 200 ? (formats ?? {}) : {};
      const content = Object.fromEntries([
        ...(name ? [["application/json", contentOf(name)]] : []),
        ...Object.entries(ofStatus).map(([type, line]) => [type, contentOf(line ?? null)]),
      ]) as JsonSchema;
      return [
        status,
        {
          description: STATUS_CODES[status] ?? status,
          ...(Object.keys(content).length > 0 ? { content } : {}),
        },
      ];
    }),
  );
}

function contentOf(name: ShapeName | null): JsonSchema {
  return { schema: name === null ? { type: "string" } : SHAPES[name].schema };
}

/** Every refusal that a route of this kind can give; all of them are the same problem. */
function failures(route: Route): Record<string, JsonSchema> {
  const content = {
    [PROBLEM_TYPE]: { schema: SHAPES.Problem.schema },
    // A page tells its reader in HTML what became of it.
    ...(route.fails && route.formats?.["text/html"] === null ? { "text/html": contentOf(null) } : {}),
  };
  return Object.fromEntries(
    failureStatuses(route).map((status) => [
      String(status),
      { description: STATUS_CODES[status] ?? String(status), content },
    ]),
  );
}

function failureStatuses(route: Route): number[] {
  const { role, path, method, body, replies, fails, requires } = route;
  const statuses = new Set<number>([400, 422, 500, 503, ...(fails ?? [])]);
  if (role !== "public") for (const status of [401, 403, 429]) statuses.add(status);
  if (path.includes("/:")) statuses.add(404);
  // A bare key may mean several jobs.
  if (path.includes("/:key") || method !== "GET") statuses.add(409);
  if (body) for (const status of [408, 413, 415]) statuses.add(status);
  if (method !== "GET") statuses.add(412);
  if (route.replay) statuses.add(410);
  if (requires?.includes("If-Match")) statuses.add(428);
  // What answers with it anyway.
  for (const status of Object.keys(replies)) statuses.delete(Number(status));
  return [...statuses].sort((a, b) => a - b);
}
