// One JSON Schema 2020-12 of a job's params, for the API, the form and the command line alike.
import { isSecret } from "./param-types.ts";
import { declaredParams, type ParamSpec } from "./params.ts";
import type { JsonSchema, ListItemType, ParamDefinition, ParamGroup } from "./spec.ts";

/**
 * The schema that accepts what checkParams accepts, as far as JSON Schema can say it. `x-jobmount` holds what a form
 * needs besides: the declared type and the placeholder. Defaults and examples of secrets are left out.
 */
export function paramsSchema(spec: ParamSpec): JsonSchema {
  const properties = Object.fromEntries(
    declaredParams(spec).map(([name, definition]) => [name, paramSchema(name, definition)]),
  );
  const groups = spec.paramGroups.map((group) => groupSchema(group, spec));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties,
    required: Object.keys(spec.requiredParams),
    additionalProperties: false,
    ...(groups.length > 0 ? { allOf: groups } : {}),
  };
}

function paramSchema(name: string, definition: ParamDefinition): JsonSchema {
  const secret = isSecret(definition);
  const { label, description, placeholder } = definition;
  return {
    title: label ?? name,
    ...(description === undefined ? {} : { description }),
    ...valueSchema(name, definition),
    ...(secret ? { writeOnly: true } : {}),
    ...(secret || definition.default === undefined ? {} : { default: definition.default }),
    ...(secret || definition.example === undefined ? {} : { examples: [definition.example] }),
    "x-jobmount": { type: definition.type, ...(placeholder === undefined ? {} : { placeholder }) },
  };
}

function valueSchema(name: string, definition: ParamDefinition): JsonSchema {
  const { min, max, step, options, of = "string" } = definition;
  switch (definition.type) {
    case "integer":
    case "number":
      return given({ type: definition.type, minimum: min, maximum: max, multipleOf: step });
    case "boolean":
      return { type: "boolean" };
    case "select":
      return definition.multiple === true
        ? { type: "array", items: { type: "string", enum: options }, uniqueItems: true }
        : { type: "string", enum: options };
    case "list":
      return given({
        type: "array",
        items: itemSchema(of),
        minItems: definition.minItems,
        maxItems: definition.maxItems,
        uniqueItems: definition.unique,
      });
    case "json":
      // Under an id of its own, so that "#/$defs/…" in the author's schema still means the author's schema.
      return definition.schema
        ? { allOf: [{ $id: `urn:jobmount:param:${name}`, ...definition.schema }] }
        : {};
    default:
      return given({
        type: "string",
        format: FORMATS[definition.type],
        pattern: definition.pattern,
        minLength: definition.minLength,
        maxLength: definition.maxLength,
      });
  }
}

const FORMATS: Readonly<Partial<Record<string, string>>> = {
  url: "uri",
  email: "email",
  password: "password",
  date: "date",
  datetime: "date-time",
};

function itemSchema(of: ListItemType): JsonSchema {
  return of === "integer" || of === "number" ? { type: of } : given({ type: "string", format: FORMATS[of] });
}

function given(fields: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The longest list of combinations that is spelled out; beyond it only "at least one" and "none of" are told. */
const MAX_COMBINATIONS = 200;

/** "At least k" is: one of the combinations of k is there. "At most k": none of the combinations of k + 1 is. */
function groupSchema(group: ParamGroup, spec: ParamSpec): JsonSchema {
  const { params } = group;
  const min = group.min ?? 0;
  const max = group.max ?? params.length;
  const parts: JsonSchema[] = [];
  if (min > 0) {
    const wanted = combinations(params, min) ?? params.map((name) => [name]);
    parts.push({ anyOf: wanted.map((names) => allGiven(names, spec)) });
  }
  if (max < params.length) {
    const unwanted = combinations(params, max + 1);
    if (unwanted) parts.push({ not: { anyOf: unwanted.map((names) => allGiven(names, spec)) } });
  }
  return given({ description: group.message, allOf: parts });
}

/** As checkParams counts: a value equal to the default is not given. */
function allGiven(names: readonly string[], spec: ParamSpec): JsonSchema {
  const withDefault = names.filter((name) => spec.optionalParams[name]?.default !== undefined);
  if (withDefault.length === 0) return { required: names };
  const properties = withDefault.map((name) => [
    name,
    { not: { const: spec.optionalParams[name]!.default } },
  ]);
  return { required: names, properties: Object.fromEntries(properties) as JsonSchema };
}

/** All choices of `size` names, or undefined when they are too many to spell out. */
function combinations(names: readonly string[], size: number): string[][] | undefined {
  let found: string[][] = [[]];
  for (let i = 0; i < size; i++) {
    found = found.flatMap((chosen) => {
      const next = chosen.length === 0 ? 0 : names.indexOf(chosen.at(-1)!) + 1;
      return names.slice(next).map((name) => [...chosen, name]);
    });
    if (found.length > MAX_COMBINATIONS) return undefined;
  }
  return found;
}
