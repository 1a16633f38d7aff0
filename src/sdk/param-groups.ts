// Param groups: "one of these", "at most two of those".
import type { FieldError } from "../errors.ts";
import { MAX_FIELD_ERRORS } from "./limits.ts";
import type { JobSpec, ParamDefinition, ParamGroup } from "./spec.ts";

type Spec = Pick<JobSpec, "requiredParams" | "optionalParams" | "paramGroups">;

/** Adds an error for each group that the given values do not keep. */
export function checkGroups(
  spec: Spec,
  given: ReadonlyMap<string, { value?: unknown }>,
  base: string,
  errors: FieldError[],
): void {
  for (const group of spec.paramGroups) {
    const count = group.params.filter((name) => isGiven(spec, given, name)).length;
    const min = group.min ?? 0;
    const max = group.max ?? group.params.length;
    if (count >= min && count <= max) continue;
    if (errors.length >= MAX_FIELD_ERRORS) return;
    errors.push({
      pointer: base,
      code: count < min ? "group_min" : "group_max",
      message: group.message ?? sentence(group, count),
    });
  }
}

/** A value equal to the default counts as not given: else filling in defaults would break "at most one". */
function isGiven(spec: Spec, given: ReadonlyMap<string, { value?: unknown }>, name: string): boolean {
  if (!given.has(name)) return false;
  const definition: ParamDefinition | undefined = Object.hasOwn(spec.optionalParams, name)
    ? spec.optionalParams[name]
    : undefined;
  return definition?.default === undefined || !sameJson(definition.default, given.get(name)!.value);
}

function sentence(group: ParamGroup, count: number): string {
  const names = group.params.join(", ");
  const min = group.min ?? 0;
  const max = group.max ?? group.params.length;
  const wanted =
    min === max
      ? `exactly ${min}`
      : max >= group.params.length
        ? `at least ${min}`
        : min === 0
          ? `at most ${max}`
          : `${min} to ${max}`;
  return `${wanted} of ${names} must be given, but ${count === 0 ? "none is" : count === 1 ? "1 is" : `${count} are`}`;
}

/** Equal as JSON, whatever the order of fields. Defaults are small, so the recursion is. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]));
}
