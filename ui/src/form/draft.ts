// What somebody has typed so far, and the params that it means. Only what has no JSON form at all is wrong here: what a value
// may be is the service's to say.
import type { Field } from "./fields.ts";

/** As typed: a switch is "true", "false" or "" (not said), choices and items are lists. */
export type DraftValue = string | readonly string[];
export type Draft = Readonly<Record<string, DraftValue>>;

export interface DraftState {
  values: Draft;
  /** Secrets that are saved and stay as they are; nobody is shown them. */
  kept: ReadonlySet<string>;
  /** As the form opened: what is still so, nobody has changed. */
  opened: Draft;
}

export interface ReadDraft {
  params: Record<string, unknown>;
  /** By name of the param. */
  errors: Readonly<Record<string, string>>;
}

/** The form as it opens: what is saved, else the defaults. A masked secret is kept until somebody replaces it. */
export function startDraft(
  fields: readonly Field[],
  saved: Readonly<Record<string, unknown>> = {},
): DraftState {
  const values: Record<string, DraftValue> = {};
  const kept = new Set<string>();
  for (const field of fields) {
    const value = Object.hasOwn(saved, field.name) ? saved[field.name] : undefined;
    if (field.secret) {
      values[field.name] = "";
      if (value !== undefined) kept.add(field.name);
    } else {
      values[field.name] = typed(field, value === undefined ? field.definition.default : value);
    }
  }
  return { values, kept, opened: values };
}

/** With the fields that a new version declares while the form is open, as they would have opened. */
export function completeDraft(
  fields: readonly Field[],
  state: DraftState,
  saved: Readonly<Record<string, unknown>> = {},
): DraftState {
  const added = fields.filter(({ name }) => !Object.hasOwn(state.opened, name));
  if (added.length === 0) return state;
  const begun = startDraft(added, saved);
  return {
    values: { ...begun.values, ...state.values },
    kept: new Set([...begun.kept, ...state.kept]),
    opened: { ...begun.opened, ...state.opened },
  };
}

/** What is typed, laid over what somebody else has saved since the form opened. */
export function rebaseDraft(
  fields: readonly Field[],
  state: DraftState,
  saved: Readonly<Record<string, unknown>>,
): DraftState {
  const begun = startDraft(fields, saved);
  const typedIn = fields.filter(({ name }) => !same(state.values[name], state.opened[name]));
  const touched = new Set(typedIn.map(({ name }) => name));
  return {
    ...begun,
    values: {
      ...begun.values,
      ...Object.fromEntries(typedIn.map(({ name }) => [name, state.values[name]!])),
    },
    kept: new Set([...begun.kept].filter((name) => !touched.has(name))),
  };
}

/** A JSON value as somebody would type it into the field. */
export function typed({ kind }: Pick<Field, "kind">, value: unknown): DraftValue {
  if (kind === "choices" || kind === "items") {
    return Array.isArray(value)
      ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item)))
      : [];
  }
  if (value === undefined) return "";
  if (kind === "json") return JSON.stringify(value, null, 2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The params to send. What is empty or equal to the default is left out, so that a later default of the code holds; a kept
 * secret is left out too.
 */
export function readDraft(fields: readonly Field[], { values }: DraftState): ReadDraft {
  const params: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const read = readValue(field, values[field.name] ?? "");
    if ("error" in read) errors[field.name] = read.error;
    else if (read.value !== undefined && !isDefault(field, read.value)) params[field.name] = read.value;
  }
  return { params, errors };
}

/**
 * As a merge patch over what is saved: only what somebody has changed since the form opened. Null takes away what was emptied;
 * a param that the form does not draw is not named, for it may belong to another version. Kept secrets are not named either.
 */
export function patchOf(
  fields: readonly Field[],
  { values, kept, opened }: DraftState,
  saved: Readonly<Record<string, unknown>>,
): ReadDraft {
  const params: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const field of fields) {
    const { name, secret } = field;
    const isSaved = Object.hasOwn(saved, name);
    const value = values[name] ?? "";
    // The field of a secret is empty from the first; wanting it anew is what changes it.
    const untouched = secret && isSaved ? kept.has(name) : same(value, opened[name]);
    if (untouched) continue;
    const read = readValue(field, value);
    if ("error" in read) errors[name] = read.error;
    else if (read.value !== undefined && !same(read.value, saved[name])) params[name] = read.value;
    else if (read.value === undefined && isSaved) params[name] = null;
  }
  return { params, errors };
}

type Read = { value: unknown } | { error: string };

function readValue(field: Field, value: DraftValue): Read {
  const { definition, kind } = field;
  if (typeof value !== "string") return readList(field, value);
  if (definition.type === "json") return readJson(value, field.secret);
  if (kind === "switch") return { value: value === "" ? undefined : value === "true" };
  if (kind === "number") return readNumber(value);
  if (value !== "") return { value: kind === "datetime" ? withZone(value) : value };
  // An emptied text is not its default again: it is empty.
  const emptied = typeof definition.default === "string" && (kind === "line" || kind === "lines");
  return { value: emptied ? "" : undefined };
}

function readList({ definition }: Field, items: readonly string[]): Read {
  const given = items.filter((item) => item !== "");
  if (given.length === 0) return { value: Array.isArray(definition.default) ? [] : undefined };
  if (definition.of !== "integer" && definition.of !== "number") return { value: given };
  const numbers = given.map((item) => readNumber(item));
  const wrong = numbers.findIndex((read) => "error" in read);
  if (wrong >= 0) return { error: `item ${wrong + 1}: ${given[wrong]!} is no number` };
  return { value: numbers.map((read) => ("value" in read ? read.value : undefined)) };
}

function readNumber(text: string): Read {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  const value = Number(trimmed);
  const plain = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) && Number.isFinite(value);
  return plain ? { value } : { error: `${trimmed} is no number` };
}

/** The engine's sentence quotes the text, which may be a secret. */
function readJson(text: string, secret: boolean): Read {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return {
      error: secret ? "is no JSON" : `is no JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** A field of date and time says no zone: the form says UTC. */
function withZone(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) || /(?:Z|[+-]\d{2}:\d{2})$/i.test(text)) return text;
  return text.length === 16 ? `${text}:00Z` : `${text}Z`;
}

function isDefault({ definition }: Field, value: unknown): boolean {
  return definition.default !== undefined && same(value, definition.default);
}

/** The same JSON; the order of an object's names does not count. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(other, name) &&
      same((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]),
  );
}
