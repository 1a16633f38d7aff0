// Values held against JSON Schemas that job authors wrote: interpreted, never compiled, and under a time limit (S13).
import { Validator, type OutputUnit, type Schema } from "@cfworker/json-schema";
import { STOPPED, withinTime } from "./time-limit.ts";

/** Milliseconds for one value; also patterns inside a schema run into it. */
const LIMIT_MS = 100;
const MAX_DEPTH = 100;

type JsonSchema = { [key: string]: unknown };

// A schema object comes from one version of one job and is used for as long as that; then both are let go.
const validators = new WeakMap<JsonSchema, Validator>();

/** Null when the value fits; else the place in the value and what is wrong there. Never throws. */
export function checkSchema(schema: JsonSchema, value: unknown): { pointer: string; message: string } | null {
  if (tooDeep(value, 0)) return { pointer: "", message: `is nested deeper than ${MAX_DEPTH} levels` };
  try {
    const result = withinTime(LIMIT_MS, () => validatorOf(schema).validate(value));
    if (result === STOPPED) {
      return {
        pointer: "",
        message: `could not be checked: the schema takes more than ${LIMIT_MS} ms on this value`,
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

/** The validator tells the way down from the root; the last step of the first way is what a person needs. */
function innermost(errors: readonly OutputUnit[]): { pointer: string; message: string } {
  let told = errors[0];
  for (const error of errors) {
    if (told === undefined || error.instanceLocation.length > told.instanceLocation.length) told = error;
    else if (error.keywordLocation.startsWith(`${told.keywordLocation}/`)) told = error;
  }
  if (told === undefined) return { pointer: "", message: "does not fit the schema" };
  return { pointer: decodeURI(told.instanceLocation.replace(/^#/, "")), message: told.error };
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= MAX_DEPTH) return true;
  return Object.values(value).some((inner) => tooDeep(inner, depth + 1));
}
