// Params without secrets, for what is shown; and which secrets are given.
import type { Field } from "./fields.ts";

export function splitSecrets(
  fields: readonly Field[],
  params: Readonly<Record<string, unknown>>,
): { plain: Record<string, unknown>; secrets: Field[] } {
  const secrets = fields.filter(({ name, secret }) => secret && Object.hasOwn(params, name));
  const names = new Set(secrets.map(({ name }) => name));
  return { plain: Object.fromEntries(Object.entries(params).filter(([name]) => !names.has(name))), secrets };
}
