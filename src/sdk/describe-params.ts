// The declared params of a definition: every field of every param checked, and every default and example tried.
import {
  LIST_ITEM_TYPES,
  PARAM_NAME,
  PARAM_TYPES,
  COMMON_FIELDS,
  FIELDS_OF,
  isSecret,
} from "./param-types.ts";
import { DEFAULT_JSON_BYTES, MAX_PARAMS_BYTES } from "./limits.ts";
import { didYouMean } from "./nearest.ts";
import { checkValue, type ValueCheck } from "./param-value.ts";
import { newBudget, patternProblem } from "./pattern.ts";
import { pointerTo } from "./pointer.ts";
import type { ProblemCode } from "./problems.ts";
import {
  fieldOf,
  isFields,
  readChoice,
  readFlag,
  readNumber,
  readText,
  refuseUnknown,
  wrong,
  type NumberRange,
  type Reader,
} from "./read-fields.ts";
import { schemaProblem } from "./schema-check.ts";
import type { CheckSchema, JsonSchema, ParamDefinition, ParamType } from "./spec.ts";
import { kindOf, show } from "./text.ts";

type Params = Record<string, ParamDefinition>;
type ListName = "requiredParams" | "optionalParams";

/** Both lists of params, and what is wrong between them. */
export function describeParams(
  reader: Reader,
  checkSchema: CheckSchema | undefined,
): { requiredParams: Params; optionalParams: Params } {
  const requiredParams = readList(reader, "requiredParams", checkSchema);
  const optionalParams = readList(reader, "optionalParams", checkSchema);
  for (const name of Object.keys(optionalParams)) {
    if (!Object.hasOwn(requiredParams, name)) continue;
    reader.problems.add(
      "E028",
      pointerTo(pointerTo(reader.pointer, "optionalParams"), name),
      `the param ${show(name)} is in requiredParams and in optionalParams`,
      "keep it in one of the two",
    );
  }
  return { requiredParams, optionalParams };
}

function readList(reader: Reader, list: ListName, checkSchema: CheckSchema | undefined): Params {
  const declared = fieldOf(reader, list);
  const params: Params = {};
  if (declared === undefined) return params;
  if (!isFields(declared)) {
    wrong(reader, list, "an object of params by name", `write ${list}: { batchSize: { type: "integer" } }`);
    return params;
  }
  for (const [name, param] of Object.entries(declared)) {
    const pointer = pointerTo(pointerTo(reader.pointer, list), name);
    if (!PARAM_NAME.test(name)) {
      reader.problems.add(
        "E020",
        pointer,
        `${show(name)} cannot be the name of a param`,
        "a name has 1 to 64 letters, digits, _ and -, and starts with a letter",
      );
      continue;
    }
    if (!isFields(param)) {
      reader.problems.add(
        "E023",
        pointer,
        `the param ${show(name)} is ${typeof param === "object" ? kindOf(param) : show(param)}`,
        `write ${name}: { type: "string" }`,
      );
      continue;
    }
    params[name] = readParam({ ...reader, fields: param, pointer, code: "E023" }, list, checkSchema);
  }
  return params;
}

function readParam(reader: Reader, list: ListName, checkSchema: CheckSchema | undefined): ParamDefinition {
  const before = reader.problems.count;
  const type = readType(reader);
  if (type === undefined) return { type: "string" };
  refuseFields(reader, type);
  const definition: ParamDefinition = { type };
  Object.assign(definition, readCommon(reader), readRules(reader, type));
  if (isSecret(definition)) definition.secret = true;
  const sound = reader.problems.count === before;
  if (list === "requiredParams" && fieldOf(reader, "default") !== undefined) {
    reader.problems.add(
      "E027",
      pointerTo(reader.pointer, "default"),
      "a required param has a default, which would never be used",
      "remove the default, or move the param to optionalParams",
    );
  } else if (sound) tryValue(reader, definition, "default", checkSchema);
  if (sound) tryValue(reader, definition, "example", checkSchema);
  return definition;
}

function readType(reader: Reader): ParamType | undefined {
  const value = fieldOf(reader, "type");
  const type = PARAM_TYPES.find((known) => known === value);
  if (type !== undefined) return type;
  const near = typeof value === "string" ? didYouMean(value, PARAM_TYPES) : "";
  return wrong(reader, "type", `one of ${PARAM_TYPES.join(", ")}${near}`, "take one of these types", "E021");
}

/** A field that other types take is told apart from one that no type has. */
function refuseFields(reader: Reader, type: ParamType): void {
  const own: readonly string[] = [...COMMON_FIELDS, ...FIELDS_OF[type]];
  const elsewhere = new Set(PARAM_TYPES.flatMap((other) => [...FIELDS_OF[other]]) as string[]);
  for (const name of Object.keys(reader.fields)) {
    if (own.includes(name) || !elsewhere.has(name)) continue;
    const takers = PARAM_TYPES.filter((other) => (FIELDS_OF[other] as readonly string[]).includes(name));
    reader.problems.add(
      "E022",
      pointerTo(reader.pointer, name),
      `a param of type "${type}" takes no ${name}; ${takers.join(", ")} ${takers.length === 1 ? "does" : "do"}`,
      `remove ${name}, or change the type`,
    );
  }
  refuseUnknown(reader, [...own, ...elsewhere], `a param of type "${type}"`, "E022");
}

function readCommon(reader: Reader): Partial<ParamDefinition> {
  return defined({
    label: readText(reader, "label", 200),
    description: readText(reader, "description", 2_000),
    placeholder: readText(reader, "placeholder", 500),
  });
}

const LENGTH: NumberRange = { min: 0, max: MAX_PARAMS_BYTES, whole: true };
const ANY: NumberRange = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE, whole: false };

function readRules(reader: Reader, type: ParamType): Partial<ParamDefinition> {
  switch (type) {
    case "integer":
    case "number":
      return readNumberRules(reader, type);
    case "select":
      return defined({ options: readOptions(reader), multiple: readFlag(reader, "multiple") });
    case "list":
      return readListRules(reader);
    case "json":
      return defined({
        schema: readSchema(reader),
        maxBytes:
          readNumber(reader, "maxBytes", { min: 1, max: MAX_PARAMS_BYTES, whole: true }) ??
          DEFAULT_JSON_BYTES,
        secret: readFlag(reader, "secret"),
      });
    case "boolean":
    case "date":
    case "datetime":
      return {};
    default:
      return readTextRules(reader, type);
  }
}

function readTextRules(reader: Reader, type: ParamType): Partial<ParamDefinition> {
  const secret = readFlag(reader, "secret");
  if (type === "password" && secret === false) {
    wrong(reader, "secret", "true for a password", 'remove it, or take type: "string"');
  }
  const pattern = readText(reader, "pattern", 1_000);
  const problem = pattern === undefined ? null : patternProblem(pattern);
  if (problem !== null) {
    reader.problems.add(
      "E031",
      pointerTo(reader.pointer, "pattern"),
      `the pattern ${show(pattern)} is no regular expression: ${problem}`,
      "patterns are read with the u flag; in a text each backslash is written twice",
    );
  }
  const minLength = readNumber(reader, "minLength", LENGTH);
  const maxLength = readNumber(reader, "maxLength", LENGTH);
  refuseOrder(reader, "minLength", minLength, "maxLength", maxLength);
  return defined({ minLength, maxLength, pattern, secret });
}

function readNumberRules(reader: Reader, type: "integer" | "number"): Partial<ParamDefinition> {
  const min = readNumber(reader, "min", ANY);
  const max = readNumber(reader, "max", ANY);
  refuseOrder(reader, "min", min, "max", max);
  const step = readNumber(reader, "step", {
    min: Number.MIN_VALUE,
    max: Number.MAX_VALUE,
    whole: type === "integer",
  });
  return defined({ min, max, step });
}

function readListRules(reader: Reader): Partial<ParamDefinition> {
  const of = readChoice(reader, "of", LIST_ITEM_TYPES);
  if (fieldOf(reader, "of") === undefined) {
    wrong(reader, "of", `one of ${LIST_ITEM_TYPES.join(", ")}`, 'say what the list holds: of: "string"');
  }
  const minItems = readNumber(reader, "minItems", LENGTH);
  const maxItems = readNumber(reader, "maxItems", LENGTH);
  refuseOrder(reader, "minItems", minItems, "maxItems", maxItems);
  return defined({ of, minItems, maxItems, unique: readFlag(reader, "unique") });
}

function readOptions(reader: Reader): string[] | undefined {
  const value = fieldOf(reader, "options");
  const hint = 'write options: ["first", "second"]';
  if (!Array.isArray(value) || value.length === 0 || value.length > 1_000) {
    return wrong(reader, "options", "a list of 1 to 1000 texts", hint, "E025");
  }
  const options: string[] = [];
  value.forEach((option: unknown, i) => {
    const twice = options.includes(option as string);
    if (typeof option === "string" && option.length <= 500 && !twice) {
      options.push(option);
      return;
    }
    reader.problems.add(
      "E025",
      pointerTo(pointerTo(reader.pointer, "options"), i),
      `the option ${typeof option === "object" ? kindOf(option) : show(option)} ${twice ? "is there twice" : "must be a text of at most 500 characters"}`,
      hint,
    );
  });
  return options;
}

function readSchema(reader: Reader): JsonSchema | undefined {
  const schema = fieldOf(reader, "schema");
  if (schema === undefined) return undefined;
  const problem = schemaProblem(schema);
  if (problem === null) return schema as JsonSchema;
  const pointer = pointerTo(reader.pointer, "schema") + problem.pointer;
  reader.problems.add("E032", pointer, `schema: ${problem.message}`, "write a JSON Schema 2020-12");
  return undefined;
}

function refuseOrder(
  reader: Reader,
  low: string,
  least: number | undefined,
  high: string,
  most: number | undefined,
): void {
  if (least === undefined || most === undefined || least <= most) return;
  reader.problems.add(
    "E024",
    pointerTo(reader.pointer, low),
    `${low} is ${least} and ${high} is ${most}: no value fits both`,
    `make ${high} at least ${low}`,
  );
}

/** Takes over the value as the job would get it, when it is sound. */
function tryValue(
  reader: Reader,
  definition: ParamDefinition,
  field: "default" | "example",
  checkSchema: CheckSchema | undefined,
): void {
  const value = fieldOf(reader, field);
  if (value === undefined) return;
  const check: ValueCheck = { errors: [], budget: newBudget(), checkSchema };
  const checked = checkValue(definition, value, pointerTo(reader.pointer, field), check);
  if (check.errors.length === 0) definition[field] = checked;
  for (const error of check.errors) {
    const code: ProblemCode = field === "example" ? "E030" : error.code === "option" ? "E026" : "E029";
    reader.problems.add(
      code,
      error.pointer,
      `the ${field} ${error.message}`,
      `change the ${field} or what the param allows`,
    );
  }
}

/** Without the fields that are undefined: a spec travels as JSON and is compared. */
function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
