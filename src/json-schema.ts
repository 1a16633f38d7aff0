// Values held against JSON Schemas that job authors wrote: interpreted, never compiled, and under a time limit (S13).
import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import { STOPPED, withinTime } from "./time-limit.ts";

/** Milliseconds for one value in the service; also patterns inside a schema run into it (A3: no stall over 200 ms). */
const LIMIT_MS = 60;
const MAX_DEPTH = 100;

type JsonSchema = { [key: string]: unknown };

// A schema object comes from one version of one job and is used for as long as that; then both are let go.
const validators = new WeakMap<JsonSchema, Validator>();

export type SchemaCheck = (schema: JsonSchema, value: unknown) => { pointer: string; message: string } | null;

/** Null when the value fits; else the place in the value and what is wrong there. Never throws. */
export const checkSchema: SchemaCheck = (schema, value) => check(schema, value, LIMIT_MS);

/** The same with more patience, for a process that stalls nobody else: a child that checks its result. */
export function checkSchemaWithin(ms: number): SchemaCheck {
  return (schema, value) => check(schema, value, ms);
}

function check(schema: JsonSchema, value: unknown, ms: number): { pointer: string; message: string } | null {
  if (tooDeep(value, 0)) return { pointer: "", message: `is nested deeper than ${MAX_DEPTH} levels` };
  try {
    const result = withinTime(ms, () => validatorOf(schema).validate(value));
    if (result === STOPPED) {
      return {
        pointer: "",
        message: `could not be checked: the schema takes more than ${ms} ms on this value`,
      };
    }
    return result.valid ? null : innermost(result.errors);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0]! : "unknown";
    return { pointer: "", message: `could not be checked: the schema is not usable (${reason})` };
  }
}

function validatorOf(schema: JsonSchema): Validator {
  const known = validators.get(schema);
  if (known) return known;
  // A copy, because the validator writes its own marks into the schema.
  const made = new Validator(structuredClone(schema) as Schema, "2020-12");
  validators.set(schema, made);
  return made;
}

/**
 * The validator tells the way down from the root, one step after the other. A person needs the last step, or the choice
 * at which the ways part: what is wrong with the first alternative alone would mislead.
 */
function innermost(errors: readonly OutputUnit[]): { pointer: string; message: string } {
  const told = errors.find(({ keyword }) => keyword === "anyOf" || keyword === "oneOf") ?? errors.at(-1);
  if (told === undefined) return { pointer: "", message: "does not fit the schema" };
  return { pointer: decodeURI(told.instanceLocation.replace(/^#/, "")), message: inWords(told) };
}

function inWords({ keyword, error }: OutputUnit): string {
  const type = /^Instance type "(.*)" is invalid\. Expected "(.*)"\.$/.exec(error);
  if (type) return `must be of type ${type[2]!.replaceAll('", "', " or ")}, but is of type ${type[1]}`;
  if (keyword === "false") return "is not allowed by the schema";
  if (keyword === "anyOf" || keyword === "oneOf")
    return `fits none or too many of the alternatives (${keyword})`;
  return error.replace(/^(?:Instance|String|Array|Object) /, "").replace(/\.$/, "");
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= MAX_DEPTH) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}
