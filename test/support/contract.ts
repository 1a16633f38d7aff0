// Holds every answer that a test gets to the contract: its status, its content type and each of its fields.
import { Validator } from "@cfworker/json-schema";
import { type OpenApiDocument, openApiDocument } from "../../src/http/openapi/document.ts";
import { openApiPath } from "../../src/http/openapi/operation.ts";
import type { Route } from "../../src/http/route.ts";
import { routes } from "../../src/http/routes/index.ts";

type Schema = Record<string, unknown>;
interface Response {
  content?: Record<string, { schema: Schema }>;
}

export interface SeenAnswer {
  method: string;
  /** Path and query as asked. */
  path: string;
  status: number;
  contentType: string;
  text: string;
}

const document: OpenApiDocument = openApiDocument(routes, { version: "test" });
/** Closed: in tests an answer has no field that the contract does not name. */
const strict = closed(document.components.schemas) as Record<string, Schema>;
const validators = new Map<string, Validator>();

/** Which answers were seen: `GET /api/v1/runs 200 application/json`. */
export const seen = new Set<string>();

/** Throws when the answer is not one that the contract tells of. */
export function checkAnswer(answer: SeenAnswer): void {
  const { method, status, text } = answer;
  const path = answer.path.split("?")[0]!;
  const type = answer.contentType.split(";")[0]!.trim();
  const route = routeOf(method, path);
  const name = route ? `${route.method} ${route.path}` : `${method} ${path}`;
  const fail = (why: string): never => {
    throw new Error(
      `The contract does not tell of this answer. ${name} answered ${status}: ${why}\n${text.slice(0, 2_000)}`,
    );
  };
  if (!route) {
    // What is nowhere is answered with a problem, too.
    if (status < 400) fail("no route of the table has this path");
    return checkBody(strict["Problem"]!, "Problem", text, fail);
  }
  const operation = document.paths[openApiPath(route.path)]![route.method.toLowerCase()] as {
    responses: Record<string, Response>;
  };
  const response = operation.responses[String(status)] ?? fail("it names no such status");
  const content = response.content ?? {};
  seen.add(`${name} ${status} ${type}`.trim());
  if (Object.keys(content).length === 0) {
    if (text !== "") fail("it says that there is no content");
    return;
  }
  if (method === "HEAD") return;
  const { schema } = content[type] ?? fail(`it names no ${type}, only ${Object.keys(content).join(", ")}`);
  if (type === "application/x-ndjson") {
    for (const line of text.split("\n").filter(Boolean)) checkBody(schema, `${name} line`, line, fail);
  } else if (/json$/.test(type)) checkBody(schema, `${name} ${status}`, text, fail);
}

function routeOf(method: string, path: string): Route | undefined {
  const wanted = method === "HEAD" ? "GET" : method;
  return routes.find((route) => route.method === wanted && patternOf(route).test(path));
}

const patterns = new Map<Route, RegExp>();
function patternOf(route: Route): RegExp {
  let pattern = patterns.get(route);
  if (!pattern) patterns.set(route, (pattern = new RegExp(`^${route.path.replace(/:[a-z]+/gi, "[^/]+")}$`)));
  return pattern;
}

function checkBody(schema: Schema, name: string, text: string, fail: (why: string) => never): void {
  let validator = validators.get(name);
  if (!validator) {
    const whole = { ...(closed(schema) as Schema), components: { schemas: strict } };
    validators.set(name, (validator = new Validator(whole, "2020-12", false)));
  }
  const { valid, errors } = validator.validate(JSON.parse(text) as unknown);
  if (valid) return;
  const lines = errors.map((error) => `  ${error.instanceLocation} ${error.error}`);
  fail(`\n${[...new Set(lines)].slice(-12).join("\n")}`);
}

/** The same schema, with no other fields than those that it names. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inner: Schema = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one)]));
  const isObject = typeof inner["properties"] === "object" && inner["type"] !== undefined;
  return isObject && !("additionalProperties" in inner) ? { ...inner, additionalProperties: false } : inner;
}
