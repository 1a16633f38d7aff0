// Params as words of a command line: text in, the JSON value out that checkParams then checks.
import type { FieldError } from "../errors.ts";
import { findParam, unknownParam, type ParamSpec } from "./params.ts";
import { isSecret } from "./param-types.ts";
import { pointerTo } from "./pointer.ts";
import type { ListItemType, ParamDefinition } from "./spec.ts";
import { show, textOf } from "./text.ts";

export type Decoded = { ok: true; value: unknown } | { ok: false; error: FieldError };

const YES = new Set(["true", "yes", "on", "1"]);
const NO = new Set(["false", "no", "off", "0"]);

/**
 * The value that the text means for this param. Lists are comma separated, or JSON when they start with `[`; `json` is
 * JSON. Only the form is decided here: checkParams says whether the value is allowed.
 */
export function decodeText(spec: ParamSpec, name: string, text: string, pointer = ""): Decoded {
  const definition = findParam(spec, name);
  if (!definition) return { ok: false, error: unknownParam(spec, name, pointer) };
  const decoded = decode(definition, text);
  if ("value" in decoded) return { ok: true, value: decoded.value };
  const shown = isSecret(definition) ? "" : `, but is ${show(text)}`;
  const message = `${decoded.message}${shown}`;
  return { ok: false, error: { pointer: pointerTo(pointer, name), code: "type", message } };
}

function decode(definition: ParamDefinition, text: string): { value: unknown } | { message: string } {
  switch (definition.type) {
    case "integer":
    case "number":
      return decodeNumber(definition.type, text);
    case "boolean": {
      const word = text.trim().toLowerCase();
      if (YES.has(word)) return { value: true };
      return NO.has(word) ? { value: false } : { message: "must be true or false (yes, no, on, off, 1, 0)" };
    }
    case "select":
      return definition.multiple === true ? decodeList("string", text) : { value: text };
    case "list":
      return decodeList(definition.of ?? "string", text);
    case "json":
      return decodeJson(text, isSecret(definition));
    default:
      return { value: text };
  }
}

function decodeNumber(type: "integer" | "number", text: string): { value: number } | { message: string } {
  const word = text.trim();
  // Number() alone would read "" as 0, and "0x10" and "Infinity" as numbers.
  const form =
    type === "integer"
      ? /^[+-]?\d{1,30}$/
      : /^[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:e[+-]?\d{1,3})?$/i;
  const value = Number(word);
  if (form.test(word) && Number.isFinite(value)) return { value };
  return { message: type === "integer" ? "must be a whole number" : "must be a number such as 2.5" };
}

function decodeList(of: ListItemType, text: string): { value: unknown[] } | { message: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { value: [] };
  if (trimmed.startsWith("[")) {
    const decoded = decodeJson(trimmed, false);
    if ("message" in decoded) return decoded;
    return Array.isArray(decoded.value) ? { value: decoded.value } : { message: "must be a list" };
  }
  const items: unknown[] = [];
  for (const part of trimmed.split(",")) {
    const item = part.trim();
    if (of !== "integer" && of !== "number") items.push(item);
    else {
      const decoded = decodeNumber(of, item);
      if ("message" in decoded) return { message: "must be numbers separated by commas" };
      items.push(decoded.value);
    }
  }
  return { value: items };
}

function decodeJson(text: string, secret: boolean): { value: unknown } | { message: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    // The engine's sentence quotes the text.
    return { message: secret ? "must be JSON" : `must be JSON (${textOf(error, 200)})` };
  }
}
