// A set of params held against a job's declaration: one plain function for API, command line, schedules and runs.
import type { FieldError } from "../errors.ts";
import { plainJson, setOwn, sizeText } from "./json.ts";
import { MAX_FIELD_ERRORS, MAX_PARAMS_BYTES } from "./limits.ts";
import { didYouMean } from "./nearest.ts";
import { checkGroups } from "./param-groups.ts";
import { isSecret } from "./param-types.ts";
import { checkValue, type ValueCheck } from "./param-value.ts";
import { newBudget } from "./pattern.ts";
import { pointerTo } from "./pointer.ts";
import type { CheckSchema, JobSpec, ParamDefinition } from "./spec.ts";
import { cut, kindOf, show, textOf } from "./text.ts";

/** The part of a spec that says which params there are. */
export type ParamSpec = Pick<JobSpec, "requiredParams" | "optionalParams" | "paramGroups">;

export interface CheckOptions {
  /** JSON pointer of the values in the input that the errors speak of, such as "/params"; "" unless said. */
  pointer?: string;
  /** For `json` params with a schema; without it their schema is not looked at. */
  checkSchema?: CheckSchema;
  /** Required params and groups may be missing: for suggestions that an admin completes. */
  partial?: boolean;
  /** Says which values of secret params are sealed; those are passed on unopened and unchecked. */
  isSealed?: (value: unknown) => boolean;
}

export type CheckedParams =
  { ok: true; values: Record<string, unknown> } | { ok: false; errors: FieldError[] };

/**
 * Every wrong field at once, or the values as the job gets them with the defaults filled in. JSON types only: `"100"` is
 * no integer. Checking the answer again answers the same. No message shows the value of a secret.
 */
export function checkParams(spec: ParamSpec, values: unknown, options: CheckOptions = {}): CheckedParams {
  const base = options.pointer ?? "";
  const errors: FieldError[] = [];
  const given = readGiven(values, base, spec, errors);
  if (given) {
    const checked = checkAll(spec, given, base, options, errors);
    if (errors.length === 0) return { ok: true, values: checked };
  }
  return { ok: false, errors };
}

/** All declared params in the order of their declaration, the required ones first. */
export function declaredParams(spec: ParamSpec): [name: string, definition: ParamDefinition][] {
  return [...Object.entries(spec.requiredParams), ...Object.entries(spec.optionalParams)];
}

/** The declaration of one param, never something inherited. */
export function findParam(spec: ParamSpec, name: string): ParamDefinition | undefined {
  if (Object.hasOwn(spec.requiredParams, name)) return spec.requiredParams[name];
  return Object.hasOwn(spec.optionalParams, name) ? spec.optionalParams[name] : undefined;
}

/** The names of the params whose values are secret. */
export function secretParams(spec: ParamSpec): string[] {
  return declaredParams(spec)
    .filter(([, definition]) => isSecret(definition))
    .map(([name]) => name);
}

/** The values as they may be shown: each secret is `{ secret: true }` (L3). Values of unknown params are hidden too. */
export function maskParams(
  spec: ParamSpec,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const definition = findParam(spec, name);
    setOwn(shown, name, definition && !isSecret(definition) ? value : { secret: true });
  }
  return shown;
}

/** The error of a name that no param has, with the nearest one. */
export function unknownParam(spec: ParamSpec, name: string, base: string): FieldError {
  const names = declaredParams(spec).map(([declared]) => declared);
  const remedy =
    didYouMean(name, names) ||
    (names.length === 0 ? "; this job takes no params" : `; it has ${list(names)}`);
  return {
    pointer: pointerTo(base, cut(name, 100)),
    code: "unknown",
    message: `the job has no param ${show(name)}${remedy}`,
  };
}

function list(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}, …` : names.join(", ");
}

/**
 * The given values by name, as copies that are plain data: nothing that follows can run into a getter or a trap. What is
 * no JSON is wrong, and still there by name, so that it is not told as missing too. Undefined when there is nothing to
 * go on with.
 */
function readGiven(
  values: unknown,
  base: string,
  spec: ParamSpec,
  errors: FieldError[],
): Map<string, Given> | undefined {
  const given = new Map<string, Given>();
  let left = MAX_PARAMS_BYTES;
  try {
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      errors.push({
        pointer: base,
        code: "type",
        message: `must be an object of params, but is ${kindOf(values)}`,
      });
      return undefined;
    }
    for (const name of Object.keys(values)) {
      const value = (values as Record<string, unknown>)[name];
      if (value === undefined) continue;
      if (!findParam(spec, name)) {
        if (errors.length < MAX_FIELD_ERRORS) errors.push(unknownParam(spec, name, base));
        continue;
      }
      const plain = plainJson(value, { maxBytes: left, strict: true });
      if (plain.ok) {
        left -= plain.bytes;
        given.set(name, { value: plain.value });
      } else if (plain.tooLarge) {
        const message = `all params together must be at most ${sizeText(MAX_PARAMS_BYTES)} of JSON`;
        errors.push({ pointer: base, code: "too_large", message });
        return undefined;
      } else {
        given.set(name, {});
        const pointer = pointerTo(base, name) + plain.pointer;
        errors.push({ pointer, code: "type", message: `must be JSON: it ${plain.message}` });
      }
    }
  } catch (error) {
    errors.push({ pointer: base, code: "type", message: `cannot be read: ${textOf(error, 200)}` });
    return undefined;
  }
  return given;
}

/** Without `value` when what was given is no JSON. */
type Given = { value?: unknown };

function requireAll(
  spec: ParamSpec,
  given: ReadonlyMap<string, Given>,
  base: string,
  errors: FieldError[],
): void {
  for (const [name, definition] of Object.entries(spec.requiredParams)) {
    if (given.has(name)) continue;
    const label = definition.label ? ` (${definition.label})` : "";
    errors.push({ pointer: pointerTo(base, name), code: "required", message: `is required${label}` });
  }
}

function checkAll(
  spec: ParamSpec,
  given: ReadonlyMap<string, Given>,
  base: string,
  options: CheckOptions,
  errors: FieldError[],
): Record<string, unknown> {
  if (options.partial !== true) requireAll(spec, given, base, errors);
  const out: Record<string, unknown> = {};
  const check: ValueCheck = { errors, budget: newBudget(), checkSchema: options.checkSchema };
  for (const [name, definition] of declaredParams(spec)) {
    const found = given.get(name);
    if (!found) {
      // A copy: whoever changes what one run was given must not change the declaration.
      if (definition.default !== undefined) setOwn(out, name, structuredClone(definition.default));
      continue;
    }
    if (!("value" in found)) continue;
    if (options.isSealed && isSecret(definition) && options.isSealed(found.value)) {
      setOwn(out, name, found.value);
      continue;
    }
    const checked = checkValue(definition, found.value, pointerTo(base, name), check);
    if (checked !== undefined) setOwn(out, name, checked);
  }
  if (options.partial !== true) checkGroups(spec, given, base, errors);
  return out;
}
