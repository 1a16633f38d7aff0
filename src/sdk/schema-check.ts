// Whether an author's JSON Schema is one: found at load, because an interpreter finds it only with the first value.
import { MAX_DEPTH } from "./limits.ts";
import { patternProblem } from "./pattern.ts";
import { pointerTo } from "./pointer.ts";
import { kindOf, show } from "./text.ts";

export interface SchemaProblem {
  pointer: string;
  message: string;
}

const TYPES = ["null", "boolean", "object", "array", "number", "string", "integer"];
const ONE = [
  "not",
  "if",
  "then",
  "else",
  "items",
  "contains",
  "additionalProperties",
  "propertyNames",
].concat("unevaluatedItems", "unevaluatedProperties", "contentSchema");
const MANY = ["allOf", "anyOf", "oneOf", "prefixItems"];
const BY_NAME = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const COUNTS = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"].concat(
  "minContains",
  "maxContains",
);
const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

/** The first thing that is wrong with it, or null. The schema must already be plain data. */
export function schemaProblem(schema: unknown): SchemaProblem | null {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    return { pointer: "", message: `is ${kindOf(schema)}; a schema is an object` };
  }
  return checkSchemaAt(schema, "", schema, 0);
}

function checkSchemaAt(schema: unknown, pointer: string, root: object, depth: number): SchemaProblem | null {
  if (typeof schema === "boolean") return null;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    return { pointer, message: `is ${kindOf(schema)}; a schema is an object, true or false` };
  }
  if (depth > MAX_DEPTH) return { pointer, message: `is nested deeper than ${MAX_DEPTH} levels` };
  for (const [keyword, value] of Object.entries(schema)) {
    const at = pointerTo(pointer, keyword);
    const problem =
      checkKeyword(keyword, value, at, root) ?? checkInside(keyword, value, at, root, depth + 1);
    if (problem) return problem;
  }
  return null;
}

function checkKeyword(keyword: string, value: unknown, pointer: string, root: object): SchemaProblem | null {
  const wrong = (must: string): SchemaProblem => ({
    pointer,
    message: `${keyword} is ${typeof value === "object" ? kindOf(value) : show(value)}; it must be ${must}`,
  });
  if (keyword === "type") {
    const types: unknown[] = Array.isArray(value) ? value : [value];
    const known = types.length > 0 && types.every((type) => TYPES.includes(type as string));
    return known ? null : wrong(`one or a list of ${TYPES.join(", ")}`);
  }
  if (keyword === "required" || keyword === "enum") {
    if (!Array.isArray(value)) return wrong("a list");
    return keyword === "enum" || value.every((name) => typeof name === "string")
      ? null
      : wrong("a list of names");
  }
  if (keyword === "pattern") {
    const problem = typeof value === "string" ? patternProblem(value) : "it is no text";
    return problem === null ? null : wrong(`a regular expression (${problem})`);
  }
  if (keyword === "$ref")
    return checkRef(value, root) ? null : wrong("a reference inside this schema, such as #/$defs/row");
  if (keyword === "multipleOf")
    return typeof value === "number" && value > 0 ? null : wrong("a number above 0");
  if (COUNTS.includes(keyword))
    return Number.isInteger(value) && (value as number) >= 0 ? null : wrong("a whole number from 0 on");
  if (NUMBERS.includes(keyword)) return typeof value === "number" ? null : wrong("a number");
  return null;
}

/** Never over the network, and no `$id` or anchor games: only a JSON pointer that leads somewhere. */
function checkRef(ref: unknown, root: object): boolean {
  if (typeof ref !== "string" || !/^#(?:\/|$)/.test(ref)) return false;
  let at: unknown = root;
  try {
    for (const step of ref
      .slice(2)
      .split("/")
      .filter((_, i) => ref !== "#" || i > 0)) {
      const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return false;
      at = (at as Record<string, unknown>)[name];
    }
  } catch {
    return false;
  }
  return true;
}

function checkInside(
  keyword: string,
  value: unknown,
  pointer: string,
  root: object,
  depth: number,
): SchemaProblem | null {
  if (ONE.includes(keyword)) return checkSchemaAt(value, pointer, root, depth);
  if (MANY.includes(keyword)) {
    if (!Array.isArray(value))
      return { pointer, message: `${keyword} is ${kindOf(value)}; it must be a list of schemas` };
    return first(value.entries(), (i, each) => checkSchemaAt(each, pointerTo(pointer, i), root, depth));
  }
  if (!BY_NAME.includes(keyword)) return null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { pointer, message: `${keyword} is ${kindOf(value)}; it must be an object of schemas` };
  }
  return first(Object.entries(value), (name, each) => {
    const problem = keyword === "patternProperties" ? patternProblem(name) : null;
    if (problem !== null) return { pointer, message: `${show(name)} is no regular expression (${problem})` };
    return checkSchemaAt(each, pointerTo(pointer, name), root, depth);
  });
}

function first<Key>(
  entries: Iterable<[Key, unknown]>,
  check: (key: Key, value: unknown) => SchemaProblem | null,
): SchemaProblem | null {
  for (const [key, value] of entries) {
    const problem = check(key, value);
    if (problem) return problem;
  }
  return null;
}
