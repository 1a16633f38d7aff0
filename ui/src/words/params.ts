// The params that a job declares, as rows that people read.
import type { Job } from "../api/contract.ts";
import { boundsOf, type Field, fieldsOf } from "../form/fields.ts";

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
  return fieldsOf({ ...job, paramGroups: [] }).map(declared);
}

function declared(field: Field): DeclaredParam {
  const { name, label, required, secret } = field;
  const definition: Definition = { ...field.definition };
  const text = (field: string) => (typeof definition[field] === "string" ? definition[field] : null);
  const type = text("type") ?? "string";
  return {
    name,
    label,
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
      ...boundsOf(field),
    ],
  };
}
