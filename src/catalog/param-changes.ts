// What differs between the params that two versions declare, in words: what an admin sees when a schedule is held.
import type { JobSpec, ParamDefinition } from "../sdk/spec.ts";
import { sha256Of } from "./snapshot.ts";

/** One param that is new, gone, or takes other values than before. */
export interface ParamChange {
  /** Null: the groups of params changed, which are of no single one. */
  name: string | null;
  change: "added" | "removed" | "changed";
  /** Each difference by itself: `is required now`, `max 1000 -> 100`. */
  says: string[];
}

type ParamSpec = Pick<JobSpec, "requiredParams" | "optionalParams" | "paramGroups">;

/** Texts for people: another label takes no other values. */
const FOR_PEOPLE = new Set(["label", "description", "placeholder", "example"]);
const MAX_SHOWN = 60;

/** By name; values of secret params are never told. */
export function paramChanges(before: ParamSpec, after: ParamSpec): ParamChange[] {
  const [old, now] = [declared(before), declared(after)];
  const changes: ParamChange[] = [];
  for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [from, to] = [old.get(name), now.get(name)];
    if (!to) changes.push({ name, change: "removed", says: ["is not declared any more"] });
    else if (!from) changes.push({ name, change: "added", says: [addedAs(to)] });
    else {
      const says = differences(from, to);
      if (says.length > 0) changes.push({ name, change: "changed", says });
    }
  }
  if (JSON.stringify(before.paramGroups) !== JSON.stringify(after.paramGroups))
    changes.push({ name: null, change: "changed", says: ["which params belong together (paramGroups)"] });
  return changes;
}

/** `batchSize: max 1000 -> 100`, for a line of a log or a terminal. */
export function changeText({ name, says }: ParamChange): string {
  return name === null ? says.join(", ") : `${name}: ${says.join(", ")}`;
}

/** The same for two specs whose params take the same values: what people read of them does not count. */
export function paramsDigest({ requiredParams, optionalParams, paramGroups }: ParamSpec): string {
  const contract = (params: Record<string, ParamDefinition>) =>
    Object.entries(params)
      .map(([name, definition]) => [name, [...fields(definition)].sort(byFirst)] as const)
      .sort(byFirst);
  const groups = paramGroups.map(({ params, min, max }) => [params, min ?? 0, max ?? null]);
  return sha256Of(JSON.stringify([contract(requiredParams), contract(optionalParams), groups]));
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Declared {
  required: boolean;
  definition: ParamDefinition;
}

function declared({ requiredParams, optionalParams }: ParamSpec): Map<string, Declared> {
  const of = (params: Record<string, ParamDefinition>, required: boolean) =>
    Object.entries(params).map(([name, definition]) => [name, { required, definition }] as const);
  return new Map([...of(requiredParams, true), ...of(optionalParams, false)]);
}

function addedAs({ required, definition }: Declared): string {
  const type = definition.type === "list" ? `list of ${definition.of ?? "string"}` : definition.type;
  return `${required ? "required" : "optional"}, ${type}`;
}

function differences(from: Declared, to: Declared): string[] {
  const says: string[] = [];
  if (from.required !== to.required) says.push(to.required ? "is required now" : "is optional now");
  const hidden = isSecret(from.definition) || isSecret(to.definition);
  const [old, now] = [fields(from.definition), fields(to.definition)];
  for (const field of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [a, b] = [old.get(field), now.get(field)];
    if (a === b) continue;
    if (hidden && field === "default") says.push("another default");
    else says.push(`${field} ${shown(a)} -> ${shown(b)}`);
  }
  return says;
}

function fields(definition: ParamDefinition): Map<string, string> {
  const known = Object.entries(definition).filter(
    ([field, value]) => value !== undefined && !FOR_PEOPLE.has(field),
  );
  return new Map(known.map(([field, value]) => [field, canonical(value)]));
}

function isSecret({ type, secret }: ParamDefinition): boolean {
  return type === "password" || secret === true;
}

function shown(text: string | undefined): string {
  if (text === undefined) return "none";
  const bare = /^"([\w.-]+)"$/.exec(text)?.[1] ?? text;
  return bare.length > MAX_SHOWN ? `${bare.slice(0, MAX_SHOWN)}…` : bare;
}

/** MySQL's own JSON type gives the keys of an object back in another order than they came. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(byFirst));
  });
}
