// A JSON Schema in a few words of HTML, with links to the shapes that it refers to.
import { escapeHtml } from "../html.ts";
import { type JsonSchema, REF } from "../shapes/shape.ts";

/** The name of the shape that a schema refers to. */
export function referencedName(schema: JsonSchema): string | undefined {
  const ref = schema["$ref"];
  return typeof ref === "string" ? ref.slice(REF.length) : undefined;
}

/** `array of Run`, `text or null`, `one of skip, latest`. */
export function inWords(schema: JsonSchema): string {
  const name = referencedName(schema);
  if (name !== undefined) return `<a href="#shape-${name}">${name}</a>`;
  const options = schema["anyOf"] as JsonSchema[] | undefined;
  if (options) return options.map(inWords).join(" or ");
  const words = schema["enum"] as unknown[] | undefined;
  if (words) return `one of ${words.map((word) => `<code>${escapeHtml(String(word))}</code>`).join(", ")}`;
  const { type } = schema;
  const types = Array.isArray(type) ? (type as string[]) : type === undefined ? ["anything"] : [String(type)];
  return types.map((one) => typeInWords(one, schema)).join(" or ") + limits(schema);
}

function typeInWords(type: string, schema: JsonSchema): string {
  switch (type) {
    case "string":
      return schema["format"] === "date-time" ? "time" : "text";
    case "integer":
      return "whole number";
    case "array":
      return `array of ${inWords((schema["items"] ?? {}) as JsonSchema)}`;
    case "object":
      return objectInWords(schema);
    default:
      return type;
  }
}

function objectInWords({ properties, additionalProperties }: JsonSchema): string {
  if (properties) {
    const fields = Object.entries(properties as Record<string, JsonSchema>);
    return `{ ${fields.map(([name, one]) => `<code>${escapeHtml(name)}</code>: ${inWords(one)}`).join("; ")} }`;
  }
  return typeof additionalProperties === "object" ? "object with fields of any name" : "object";
}

function limits({ minimum, maximum, default: fallback }: JsonSchema): string {
  const parts = [
    ...(minimum === undefined ? [] : [`from ${String(minimum)}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${String(maximum)}`]),
    ...(fallback === undefined ? [] : [`unless given ${String(fallback)}`]),
  ];
  return parts.length > 0 ? `, ${parts.join(" ")}` : "";
}
