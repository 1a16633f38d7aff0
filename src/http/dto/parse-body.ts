// The one way from a request body to a checked object: plain object, known fields only, no conversion of types.
import "reflect-metadata";
import { plainToInstance } from "class-transformer";
import { getMetadataStorage, type ValidationError, validateSync } from "class-validator";
import { invalid, type FieldError } from "../../errors.ts";
import type { BodyClass } from "../route.ts";

/** More fields or elements than anything of ours has: refused before class-validator spends seconds on them. */
const MAX_WIDTH = 100;

/** Of several broken rules of one field the one that says most. */
const FIRST_RULES = [
  "whitelistValidation",
  "isDefined",
  "isString",
  "isInt",
  "isNumber",
  "isBoolean",
  "isObject",
];

const CODES: Readonly<Record<string, string>> = {
  whitelistValidation: "unknown",
  isDefined: "required",
  isString: "type",
  isInt: "type",
  isNumber: "type",
  isBoolean: "type",
  isObject: "type",
  isArray: "type",
  unknownValue: "type",
  nestedValidation: "type",
  isIn: "option",
  matches: "pattern",
  arrayMinSize: "minItems",
  arrayMaxSize: "maxItems",
  arrayUnique: "unique",
};

/**
 * A checked instance of `Dto`, or 422 with a pointer to each wrong field. Measured, and why each step is here:
 * class-validator throws on null and text, takes an array for an object, and lets unknown fields pass unless told;
 * class-transformer drops fields named `constructor`, and walks into values that only the domain can judge.
 */
export function parseBody<B extends object>(Dto: BodyClass<B>, body: unknown): B {
  if (!isPlainObject(body)) {
    throw invalid([{ pointer: "", code: "type", message: `must be a JSON object, but is ${kindOf(body)}` }]);
  }
  const names = Object.keys(body);
  refuseWide("", names.length);
  const known = fieldsOf(Dto);
  const checked: Record<string, unknown> = {};
  const opaque: [string, unknown][] = [];
  const errors: FieldError[] = [];
  for (const name of names) {
    if (!known.has(name)) errors.push(unknownField("", name, known));
    else if (isPlainObject(body[name]) && Dto.opaque?.includes(name)) opaque.push([name, body[name]]);
    else {
      refuseWideIn(`/${name}`, body[name]);
      checked[name] = body[name];
    }
  }
  const instance = plainToInstance(Dto, checked, { enableImplicitConversion: false });
  for (const [name, value] of opaque) Reflect.set(instance, name, value);
  const broken = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true });
  for (const error of broken) collect(error, "", Dto.opaque ?? [], errors);
  if (errors.length > 0) throw invalid(errors);
  return instance;
}

/** Depth is bounded by whoever read the body. */
function refuseWideIn(pointer: string, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const inner = Object.values(value);
  refuseWide(pointer, inner.length);
  for (const one of inner) refuseWideIn(pointer, one);
}

function refuseWide(pointer: string, width: number): void {
  if (width <= MAX_WIDTH) return;
  throw invalid([
    { pointer, code: "too_large", message: `has ${width} entries; at most ${MAX_WIDTH} are possible` },
  ]);
}

/** The names of the fields that a class declares. */
function fieldsOf(Dto: BodyClass<object>): ReadonlySet<string> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(Dto, "", false, false);
  return new Set(rules.map((rule) => rule.propertyName));
}

function collect(error: ValidationError, base: string, opaque: readonly string[], into: FieldError[]): void {
  const pointer = `${base}/${error.property.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const broken = error.constraints;
  if (!broken) {
    for (const child of error.children ?? []) collect(child, pointer, [], into);
    return;
  }
  const rule = FIRST_RULES.find((name) => name in broken) ?? Object.keys(broken)[0]!;
  if (rule === "whitelistValidation") {
    const parent: unknown = error.target?.constructor;
    const known = typeof parent === "function" ? fieldsOf(parent as BodyClass<object>) : new Set<string>();
    into.push(unknownField(base, error.property, known));
    return;
  }
  const message = broken[rule] ?? "is wrong";
  // What lies under an opaque field may be a secret.
  const shown = opaque.includes(error.property) ? kindOf(error.value) : show(error.value);
  into.push({
    pointer,
    code: CODES[rule] ?? rule,
    message: error.value === undefined ? message : `${message}, but is ${shown}`,
  });
}

function unknownField(base: string, name: string, known: ReadonlySet<string>): FieldError {
  const short = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return {
    pointer: `${base}/${short.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    code: "unknown",
    message: `is not a field here; allowed: ${[...known].join(", ")}`,
  };
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}

function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}
