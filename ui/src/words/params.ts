// The params that a job declares, as rows that people read.
import type { Job } from "../api/contract.ts";

export interface DeclaredParam {
  name: string;
  label: string;
  description: string | null;
  type: string;
  required: boolean;
  secret: boolean;
  fallback: string | null;
  rules: readonly string[];
}

type Definition = Readonly<Record<string, unknown>>;

/** Required ones first, each in the order of the code. */
export function declaredParams(job: Pick<Job, "requiredParams" | "optionalParams">): DeclaredParam[] {
  const rows = (params: Job["requiredParams"], required: boolean) =>
    Object.entries(params).map(([name, definition]) => declared(name, definition as Definition, required));
  return [...rows(job.requiredParams, true), ...rows(job.optionalParams, false)];
}

function declared(name: string, definition: Definition, required: boolean): DeclaredParam {
  const text = (field: string) => (typeof definition[field] === "string" ? definition[field] : null);
  const type = text("type") ?? "string";
  const secret = type === "password" || definition["secret"] === true;
  return {
    name,
    label: text("label") ?? name,
    description: text("description"),
    type:
      type === "list"
        ? `list of ${text("of") ?? "string"}`
        : definition["multiple"] === true
          ? `${type}, several`
          : type,
    required,
    secret,
    fallback: definition["default"] === undefined ? null : JSON.stringify(definition["default"]),
    rules: [
      ...(secret ? ["secret"] : []),
      ...(Array.isArray(definition["options"]) ? [definition["options"].map(String).join(" | ")] : []),
      ...["min", "max", "step", "minLength", "maxLength", "minItems", "maxItems", "pattern"].flatMap(
        (rule) => (definition[rule] === undefined ? [] : [`${rule} ${String(definition[rule])}`]),
      ),
    ],
  };
}
