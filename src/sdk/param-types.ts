// The param types as data: which fields each takes. Loading, checking and the schema read this one table.
import type { ListItemType, ParamDefinition, ParamType } from "./spec.ts";

type Field = keyof ParamDefinition;

/** Fields that every type takes. */
export const COMMON_FIELDS = [
  "type",
  "label",
  "description",
  "default",
  "placeholder",
  "example",
] as const satisfies readonly Field[];

const TEXT_RULES = ["pattern", "minLength", "maxLength"] as const satisfies readonly Field[];
const NUMBER_RULES = ["min", "max", "step"] as const satisfies readonly Field[];

/** Fields of each type besides the common ones. */
export const FIELDS_OF: Readonly<Record<ParamType, readonly Field[]>> = {
  string: [...TEXT_RULES, "secret"],
  text: [...TEXT_RULES, "secret"],
  url: [...TEXT_RULES, "secret"],
  email: TEXT_RULES,
  password: [...TEXT_RULES, "secret"],
  integer: NUMBER_RULES,
  number: NUMBER_RULES,
  boolean: [],
  select: ["options", "multiple"],
  list: ["of", "minItems", "maxItems", "unique"],
  date: [],
  datetime: [],
  json: ["schema", "maxBytes", "secret"],
};

export const PARAM_TYPES = Object.keys(FIELDS_OF) as readonly ParamType[];

export const LIST_ITEM_TYPES: readonly ListItemType[] = [
  "string",
  "integer",
  "number",
  "url",
  "email",
  "date",
];

/** Letters first: a name is a form field, a command line word, a step of a pointer and a property of `this.params`. */
export const PARAM_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Whether a param's values are encrypted at rest and never shown again. */
export function isSecret(definition: ParamDefinition): boolean {
  return definition.type === "password" || definition.secret === true;
}
