// The fields of a form, from what a job declares: one a param, in the order of its declaration, those of a group together.
import type { ListItemType, ParamDefinition, ParamGroup } from "../api/contract.ts";

/** What GET /jobs/{key} says of the params. */
export interface Declared {
  requiredParams: Readonly<Record<string, unknown>>;
  optionalParams: Readonly<Record<string, unknown>>;
  paramGroups: readonly ParamGroup[];
}

export type FieldKind =
  | "line"
  | "lines"
  | "secret"
  | "number"
  | "switch"
  | "choice"
  | "choices"
  | "items"
  | "date"
  | "datetime"
  | "json";

export interface Field {
  name: string;
  label: string;
  kind: FieldKind;
  required: boolean;
  secret: boolean;
  definition: ParamDefinition;
}

export interface FieldGroup {
  /** What holds for the params of the group, in words. */
  rule: string;
  params: readonly string[];
}

export function fieldsOf({ requiredParams, optionalParams }: Declared): Field[] {
  const made = (params: Readonly<Record<string, unknown>>, required: boolean) =>
    Object.entries(params).map(([name, definition]) =>
      fieldOf(name, definition as ParamDefinition, required),
    );
  return [...made(requiredParams, true), ...made(optionalParams, false)];
}

function fieldOf(name: string, definition: ParamDefinition, required: boolean): Field {
  const secret = definition.type === "password" || definition.secret === true;
  return {
    name,
    label: definition.label ?? name,
    kind: kindOf(definition, secret),
    required,
    secret,
    definition,
  };
}

function kindOf({ type, multiple }: ParamDefinition, secret: boolean): FieldKind {
  if (secret) return "secret";
  switch (type) {
    case "text":
      return "lines";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "switch";
    case "select":
      return multiple === true ? "choices" : "choice";
    case "list":
      return "items";
    case "date":
    case "datetime":
    case "json":
      return type;
    default:
      return "line";
  }
}

export function groupsOf({ paramGroups }: Declared): FieldGroup[] {
  return paramGroups.map((group) => ({ rule: group.message ?? ruleOf(group), params: group.params }));
}

/** "exactly one of", "at least one of", "at most two of", as the numbers say. */
export function ruleOf({ params, min = 0, max = params.length }: ParamGroup): string {
  const names = params.join(", ");
  if (min === max) return min === params.length ? `All of ${names}.` : `Exactly ${wordOf(min)} of ${names}.`;
  if (min > 0 && max < params.length) return `From ${wordOf(min)} to ${wordOf(max)} of ${names}.`;
  if (max < params.length) return `At most ${wordOf(max)} of ${names}.`;
  return min > 0 ? `At least ${wordOf(min)} of ${names}.` : `Any of ${names}.`;
}

function wordOf(n: number): string {
  return ["none", "one", "two", "three"][n] ?? String(n);
}

/** What a value must be, in words under the field: bounds, lengths, counts. */
export function boundsOf({ definition, kind }: Field): string[] {
  const { min, max, step, minLength, maxLength, pattern, minItems, maxItems, unique, of, maxBytes } =
    definition;
  const said: (string | undefined)[] = [
    range(min, max, ""),
    step === undefined ? undefined : `in steps of ${step}`,
    range(minLength, maxLength, " characters"),
    pattern === undefined ? undefined : `matching ${pattern}`,
    kind === "items" ? `each ${ITEMS[of ?? "string"]}` : undefined,
    range(minItems, maxItems, " items"),
    unique === true ? "none twice" : undefined,
    kind === "json" || definition.type === "json" ? "JSON" : undefined,
    maxBytes === undefined ? undefined : `at most ${maxBytes} bytes`,
    definition.type === "datetime" ? "in UTC" : undefined,
  ];
  return said.filter((one) => one !== undefined);
}

const ITEMS: Readonly<Record<ListItemType, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  url: "a URL",
  email: "an e-mail address",
  date: "a date YYYY-MM-DD",
};

function range(min: number | undefined, max: number | undefined, unit: string): string | undefined {
  if (min !== undefined && max !== undefined)
    return min === max ? `${min}${unit}` : `${min} to ${max}${unit}`;
  if (min !== undefined) return `at least ${min}${unit}`;
  return max === undefined ? undefined : `at most ${max}${unit}`;
}
