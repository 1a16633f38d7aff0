// The query string as declared fields: each route says which it takes, and anything else is refused by name.
import type { Instant } from "../clock.ts";
import { invalid, type FieldError } from "../errors.ts";
import { parseInstantOrAgo } from "./time.ts";

export type Read<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

export interface QueryField<T> {
  description: string;
  /** JSON Schema of its text, for the contract. */
  schema: Readonly<Record<string, unknown>>;
  /** What holds when it is not given. */
  absent: T;
  read(text: string, now: Instant): Read<T>;
}

export type QueryFields = Readonly<Record<string, QueryField<unknown>>>;
export type QueryOf<Q extends QueryFields> = {
  [K in keyof Q]: Q[K] extends QueryField<infer T> ? T : never;
};

/** Values after `=`: those asked for, and those ruled out by `!`. */
export interface Choice<T> {
  in: readonly T[];
  notIn: readonly T[];
}

const MAX_TEXT = 500;
const MAX_VALUES = 50;

/** Reads all declared fields, or throws 422 with every wrong one under `/query`. */
export function readQuery<Q extends QueryFields>(fields: Q, search: string, now: Instant): QueryOf<Q> {
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) out[name] = field.absent;
  if (search.length <= 1) return out as QueryOf<Q>;
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [name, text] of new URLSearchParams(search)) {
    const pointer = `/query/${name.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) {
      const known = Object.keys(fields);
      const allowed = known.length > 0 ? `allowed: ${known.join(", ")}` : "this address takes none";
      errors.push({ pointer, code: "unknown", message: `is not a query parameter here; ${allowed}` });
    } else if (seen.has(name)) {
      errors.push({ pointer, code: "repeated", message: "is given more than once; join values by a comma" });
    } else {
      seen.add(name);
      const read = field.read(text, now);
      if (read.ok) out[name] = read.value;
      else errors.push({ pointer, code: read.code, message: read.message });
    }
  }
  if (errors.length > 0) throw invalid(errors);
  return out as QueryOf<Q>;
}

/** A whole number; `fallback` when not given. */
export function integer<T extends number | undefined>(
  description: string,
  min: number,
  max: number,
  fallback: T,
): QueryField<number | T> {
  return {
    description,
    schema: { type: "integer", minimum: min, maximum: max, default: fallback },
    absent: fallback,
    read: (text) => {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
      if (value >= min && value <= max) return { ok: true, value };
      return wrong("range", `must be a whole number from ${min} to ${max}, but is ${quoted(text)}`);
    },
  };
}

export function flag(description: string): QueryField<boolean | undefined> {
  return {
    description,
    schema: { type: "boolean" },
    absent: undefined,
    read: (text) =>
      text === "true" || text === "false"
        ? { ok: true, value: text === "true" }
        : wrong("type", `must be true or false, but is ${quoted(text)}`),
  };
}

export function text(description: string): QueryField<string | undefined> {
  return {
    description,
    schema: { type: "string", minLength: 1, maxLength: MAX_TEXT },
    absent: undefined,
    read: (value) =>
      value.length > 0 && value.length <= MAX_TEXT
        ? { ok: true, value }
        : wrong("length", `must have 1 to ${MAX_TEXT} characters, but has ${value.length}`),
  };
}

/** An RFC 3339 instant, or a duration back from now. */
export function instant(description: string): QueryField<Instant | undefined> {
  return {
    description,
    schema: { type: "string", examples: ["2026-01-31T00:00:00Z", "24h"] },
    absent: undefined,
    read: (value, now) => {
      const at = parseInstantOrAgo(value, now);
      if (at !== undefined) return { ok: true, value: at };
      return wrong(
        "instant",
        `must be an RFC 3339 time with its offset (2026-01-31T00:00:00Z; a plus sign is sent as %2B) or a duration back (24h), from 1970 on, but is ${quoted(value)}`,
      );
    },
  };
}

/** One of a few words. */
export function oneOf<T extends string, D extends T | undefined>(
  description: string,
  options: readonly T[],
  fallback: D,
): QueryField<T | D> {
  return {
    description,
    schema: { type: "string", enum: options, default: fallback },
    absent: fallback,
    read: (value) =>
      isOneOf(value, options)
        ? { ok: true, value }
        : wrong("option", `must be one of ${options.join(", ")}, but is ${quoted(value)}`),
  };
}

/** Words joined by commas, each with `!` before it to rule it out; any text when `options` is not given. */
export function choices<T extends string = string>(
  description: string,
  options?: readonly T[],
): QueryField<Choice<T> | undefined> {
  return {
    description: `${description}; several by comma, ! rules out`,
    schema: options
      ? { type: "string", pattern: `^!?(${options.join("|")})(,!?(${options.join("|")}))*$` }
      : { type: "string" },
    absent: undefined,
    read: (value) => readChoice(value, options),
  };
}

/** The same for lists that cannot rule out: to find what somebody else is not, they would have to be walked as a whole. */
export function anyOf<T extends string = string>(
  description: string,
  options?: readonly T[],
): QueryField<readonly T[] | undefined> {
  return {
    description: `${description}; several by comma`,
    schema: options
      ? { type: "string", pattern: `^(${options.join("|")})(,(${options.join("|")}))*$` }
      : { type: "string" },
    absent: undefined,
    read: (value) => {
      const read = readChoice(value, options);
      if (!read.ok) return read;
      if (read.value.notIn.length > 0) return wrong("option", "cannot rule out by ! here");
      return { ok: true, value: read.value.in };
    },
  };
}

/** Whether a value is one of those asked for; everything is when nothing was asked for. */
export function fits<T>(value: T, choice: Choice<T> | undefined): boolean {
  if (!choice) return true;
  return (choice.in.length === 0 || choice.in.includes(value)) && !choice.notIn.includes(value);
}

function readChoice<T extends string>(value: string, options?: readonly T[]): Read<Choice<T>> {
  const within: T[] = [];
  const without: T[] = [];
  const words = value.split(",");
  if (words.length > MAX_VALUES) return wrong("length", `must name at most ${MAX_VALUES} values`);
  for (const word of words) {
    const name = word.startsWith("!") ? word.slice(1) : word;
    const allowed = options ? isOneOf(name, options) : name.length > 0 && name.length <= MAX_TEXT;
    if (!allowed) {
      const what = options ? `must be made of ${options.join(", ")}` : "must be names joined by commas";
      return wrong("option", `${what}, but holds ${quoted(name)}`);
    }
    (name === word ? within : without).push(name as T);
  }
  return { ok: true, value: { in: within, notIn: without } };
}

function isOneOf<T extends string>(value: string, options: readonly T[]): value is T {
  return (options as readonly string[]).includes(value);
}

function wrong(code: string, message: string): { ok: false; code: string; message: string } {
  return { ok: false, code, message };
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
