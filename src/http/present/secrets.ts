// Nothing secret leaves: params that the spec calls secret, and every sealed value at any depth (L3).
import type { JobSpec } from "../ports.ts";

const HIDDEN = { secret: true } as const;

type Definitions = JobSpec["requiredParams"];

/** Params as they may be shown. Without a spec only sealed values are hidden: secrets are sealed before they are saved. */
export function maskParams(
  params: Readonly<Record<string, unknown>>,
  spec: JobSpec | null,
): Record<string, unknown> {
  const shown: [string, unknown][] = Object.entries(params).map(([name, value]) => [
    name,
    isSecret(spec, name) ? HIDDEN : maskSealed(value),
  ]);
  return Object.fromEntries(shown);
}

/** A definition without the values that its author gave to a secret param. */
export function maskDefinitions(definitions: Definitions): Definitions {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => {
      if (definition.type !== "password" && definition.secret !== true) return [name, definition];
      return [name, { ...definition, default: undefined, example: undefined }];
    }),
  );
}

export function isSecret(spec: JobSpec | null, name: string): boolean {
  const definition = own(spec?.requiredParams, name) ?? own(spec?.optionalParams, name);
  return definition !== undefined && (definition.type === "password" || definition.secret === true);
}

function own(definitions: Definitions | undefined, name: string): Definitions[string] | undefined {
  return definitions && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function maskSealed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(maskSealed);
  if (Object.hasOwn(value, "$sealed")) return HIDDEN;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskSealed(inner)]));
}
