// One value held against its param: what the job gets, or each thing that is wrong with it.
import type { FieldError } from "../errors.ts";
import { readDate, readDatetime, readEmail, readUrl, type Formed } from "./formats.ts";
import { plainJson, sizeText } from "./json.ts";
import { DEFAULT_JSON_BYTES, MAX_FIELD_ERRORS } from "./limits.ts";
import { isSecret } from "./param-types.ts";
import { matches, type TimeBudget } from "./pattern.ts";
import { pointerTo } from "./pointer.ts";
import type { CheckSchema, JsonSchema, ListItemType, ParamDefinition } from "./spec.ts";
import { kindOf, show } from "./text.ts";

/** What checking one value needs and where its errors go. */
export interface ValueCheck {
  errors: FieldError[];
  budget: TimeBudget;
  checkSchema?: CheckSchema | undefined;
}

/** The value as the job gets it; undefined after an error, which stands in `check.errors` then. */
export function checkValue(
  definition: ParamDefinition,
  value: unknown,
  pointer: string,
  check: ValueCheck,
): unknown {
  const at: Place = { definition, pointer, check };
  switch (definition.type) {
    case "string":
    case "text":
    case "password":
      return checkText(at, value, (text) => ({ value: text }));
    case "url":
      return checkText(at, value, readUrl);
    case "email":
      return checkText(at, value, readEmail);
    case "date":
      return checkText(at, value, readDate);
    case "datetime":
      return checkText(at, value, readDatetime);
    case "integer":
    case "number":
      return checkNumber(at, value);
    case "boolean":
      return typeof value === "boolean"
        ? value
        : refuse(at, "type", `must be true or false${was(at, value)}`);
    case "select":
      return definition.multiple === true ? checkSelection(at, value) : checkOption(at, value, pointer);
    case "list":
      return checkList(at, value);
    case "json":
      return checkJson(at, value);
  }
}

interface Place {
  definition: ParamDefinition;
  pointer: string;
  check: ValueCheck;
}

function refuse(at: Place, code: string, message: string, pointer = at.pointer): undefined {
  if (at.check.errors.length < MAX_FIELD_ERRORS) at.check.errors.push({ pointer, code, message });
  return undefined;
}

/** `, but is "x"`: never for a secret (L3). */
function was(at: Place, value: unknown): string {
  if (isSecret(at.definition)) return "";
  const simple = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return `, but is ${simple ? show(value) : kindOf(value)}`;
}

/** `, but has 3`: the length of a secret says something of it too. */
function had(at: Place, count: number): string {
  return isSecret(at.definition) ? "" : `, but has ${count}`;
}

function checkText(at: Place, value: unknown, read: (text: string) => Formed): string | undefined {
  const { minLength, maxLength, pattern } = at.definition;
  if (typeof value !== "string") return refuse(at, "type", `must be a text${was(at, value)}`);
  const length = minLength === undefined && maxLength === undefined ? 0 : lengthOf(value);
  if (minLength !== undefined && length < minLength) {
    return refuse(at, "min_length", `must have at least ${minLength} characters${had(at, length)}`);
  }
  if (maxLength !== undefined && length > maxLength) {
    return refuse(at, "max_length", `must have at most ${maxLength} characters${had(at, length)}`);
  }
  const formed = read(value);
  if ("message" in formed) return refuse(at, "format", `${formed.message}${was(at, value)}`);
  if (pattern !== undefined) {
    const matched = matches(pattern, value, at.check.budget);
    if (matched === "stopped") {
      return refuse(
        at,
        "pattern_timeout",
        `could not be checked: the job's pattern ${show(pattern)} takes too long on this text`,
      );
    }
    if (!matched) return refuse(at, "pattern", `must match the pattern ${show(pattern)}${was(at, value)}`);
  }
  return formed.value;
}

/** Characters as JSON Schema counts them: code points. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 1; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) length -= 1;
  }
  return length;
}

function checkNumber(at: Place, value: unknown): number | undefined {
  const { type, min, max, step } = at.definition;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return refuse(
      at,
      "type",
      `must be ${type === "integer" ? "a whole number" : "a number"}${was(at, value)}`,
    );
  }
  if (type === "integer" && !Number.isSafeInteger(value)) {
    return refuse(at, "type", `must be a whole number between -(2^53-1) and 2^53-1${was(at, value)}`);
  }
  if (min !== undefined && value < min) return refuse(at, "min", `must be at least ${min}${was(at, value)}`);
  if (max !== undefined && value > max) return refuse(at, "max", `must be at most ${max}${was(at, value)}`);
  if (step !== undefined && !isMultiple(value, step)) {
    return refuse(at, "step", `must be a multiple of ${step}${was(at, value)}`);
  }
  // -0 prints as 0 and is equal to it, but is another number to Object.is and to 1 / value.
  return value === 0 ? 0 : value;
}

/** 0.3 is a multiple of 0.1 although no binary fraction is: a few rounding errors are forgiven. */
function isMultiple(value: number, step: number): boolean {
  const times = value / step;
  // So far apart that every double up there is a multiple.
  if (!Number.isFinite(times)) return true;
  return Math.abs(times - Math.round(times)) <= Number.EPSILON * 4 * Math.max(1, Math.abs(times));
}

function checkOption(at: Place, value: unknown, pointer: string): string | undefined {
  const options = at.definition.options ?? [];
  if (typeof value === "string" && options.includes(value)) return value;
  const shown = options.slice(0, 20).map(show).join(", ");
  const more = options.length > 20 ? `, … (${options.length} in all)` : "";
  return refuse(at, "option", `must be one of ${shown}${more}${was(at, value)}`, pointer);
}

function checkSelection(at: Place, value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return refuse(at, "type", `must be a list of options${was(at, value)}`);
  return checkItems(at, value, true, (item, pointer) => checkOption(at, item, pointer)) as
    string[] | undefined;
}

function checkList(at: Place, value: unknown): unknown[] | undefined {
  const { minItems, maxItems, unique, of = "string" } = at.definition;
  if (!Array.isArray(value)) return refuse(at, "type", `must be a list${was(at, value)}`);
  if (minItems !== undefined && value.length < minItems) {
    return refuse(at, "min_items", `must have at least ${minItems} items${had(at, value.length)}`);
  }
  if (maxItems !== undefined && value.length > maxItems) {
    return refuse(at, "max_items", `must have at most ${maxItems} items${had(at, value.length)}`);
  }
  const item: ParamDefinition = { type: of satisfies ListItemType };
  return checkItems(at, value, unique === true, (one, pointer) => checkValue(item, one, pointer, at.check));
}

/** Stops at the first dozen wrong items: a list of a million wrong ones is told soon enough. */
function checkItems(
  at: Place,
  items: readonly unknown[],
  unique: boolean,
  checkItem: (item: unknown, pointer: string) => unknown,
): unknown[] | undefined {
  const before = at.check.errors.length;
  const out: unknown[] = [];
  const seen = new Map<unknown, number>();
  for (let i = 0; i < items.length; i++) {
    const pointer = pointerTo(at.pointer, i);
    const item = checkItem(items[i], pointer);
    const first = unique && item !== undefined ? seen.get(item) : undefined;
    if (first !== undefined)
      refuse(at, "unique", `is the same as item ${first}; each may be given once`, pointer);
    seen.set(item, i);
    out.push(item);
    if (at.check.errors.length >= Math.min(before + 12, MAX_FIELD_ERRORS)) break;
  }
  return at.check.errors.length > before ? undefined : out;
}

function checkJson(at: Place, value: unknown): unknown {
  const { schema, maxBytes = DEFAULT_JSON_BYTES } = at.definition;
  const plain = plainJson(value, { maxBytes });
  if (!plain.ok) {
    return plain.tooLarge
      ? refuse(at, "max_bytes", `must be at most ${sizeText(maxBytes)} of JSON`)
      : refuse(at, "type", `must be JSON: it ${plain.message}`, at.pointer + plain.pointer);
  }
  const wrong = schema ? checkAgainst(schema, plain.value, at.check) : null;
  if (wrong) {
    // The validator's sentence may quote the value.
    const message = isSecret(at.definition) ? "does not fit the param's schema" : wrong.message;
    return refuse(at, "schema", message, at.pointer + wrong.pointer);
  }
  return plain.value;
}

/** Each schema has its own limit inside `checkSchema`; here they share one budget (A3). */
function checkAgainst(
  schema: JsonSchema,
  value: unknown,
  check: ValueCheck,
): { pointer: string; message: string } | null {
  if (!check.checkSchema) return null;
  if (check.budget.leftMs <= 0)
    return { pointer: "", message: "could not be checked: the checks took too long" };
  const started = performance.now();
  try {
    return check.checkSchema(schema, value);
  } finally {
    check.budget.leftMs -= performance.now() - started;
  }
}
