// Checks of single values of a request: each answers the value, or notes what is wrong and where.
import type { Instant } from "../clock.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import type { FieldError } from "../errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Instants that may be named: later ones are a slip of the hand, and beyond the year 9999 texts change form. */
export const LATEST: Instant = Date.UTC(2200, 0, 1);

/** Bounds in milliseconds. */
export interface DurationBounds {
  min: number;
  max: number;
  /** Only whole seconds are allowed. */
  wholeSeconds?: boolean;
}

const ENDLESS = /^\d{1,100}(ms|s|m|h|d)$/;

/** What is wrong with a request, gathered so that all of it is told at once. */
export class Problems {
  readonly errors: FieldError[] = [];

  add(pointer: string, code: string, message: string): undefined {
    this.errors.push({ pointer, code, message });
    return undefined;
  }

  has(pointer: string): boolean {
    return this.errors.some((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
  }

  text(value: unknown, pointer: string, max: number): string | undefined {
    if (typeof value !== "string")
      return this.add(pointer, "type", `must be a text, but is ${kindOf(value)}`);
    if (value.length > max) return this.add(pointer, "max_length", `must have at most ${max} characters`);
    return value;
  }

  boolean(value: unknown, pointer: string): boolean | undefined {
    if (typeof value === "boolean") return value;
    return this.add(pointer, "type", `must be true or false, but is ${kindOf(value)}`);
  }

  oneOf<T extends string>(value: unknown, pointer: string, options: readonly T[]): T | undefined {
    const found = options.find((option) => option === value);
    if (found !== undefined) return found;
    return this.add(pointer, "option", `must be one of ${options.join(", ")}, but is ${show(value)}`);
  }

  number(
    value: unknown,
    pointer: string,
    { min, max, whole }: { min: number; max: number; whole: boolean },
  ): number | undefined {
    const kind = whole ? "a whole number" : "a number";
    if (typeof value !== "number" || (whole ? !Number.isInteger(value) : !Number.isFinite(value))) {
      return this.add(pointer, "type", `must be ${kind} from ${min} to ${max}, but is ${show(value)}`);
    }
    if (value >= min && value <= max) return value;
    return this.add(pointer, value < min ? "min" : "max", `must be from ${min} to ${max}, but is ${value}`);
  }

  /**
   * A duration as a text under `name` or as whole milliseconds under `nameMs`; undefined when neither is given, or when
   * it is wrong.
   */
  duration(fields: Fields, name: string, base: string, bounds: DurationBounds): number | undefined {
    const [text, ms] = [fields[name] ?? undefined, fields[`${name}Ms`] ?? undefined];
    if (text !== undefined && ms !== undefined) {
      return this.add(
        `${base}/${name}`,
        "both",
        `${name} and ${name}Ms say the same thing; give one of them`,
      );
    }
    if (text === undefined && ms === undefined) return undefined;
    const pointer = `${base}/${text === undefined ? `${name}Ms` : name}`;
    const given = text === undefined ? ms : typeof text === "string" ? parseDuration(text.trim()) : undefined;
    const allowed = `allowed is ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}`;
    // More than can be counted is a duration all the same.
    if (typeof text === "string" && ENDLESS.test(text.trim()) && !Number.isSafeInteger(given))
      return this.add(pointer, "max", `${show(text)} is too long; ${allowed}`);
    if (typeof given !== "number" || !Number.isSafeInteger(given)) {
      const form =
        text === undefined
          ? "a whole number of milliseconds"
          : 'a duration such as "30s", "15m", "2h" or "1d"';
      return this.add(pointer, "duration", `must be ${form}, but is ${show(text ?? ms)}`);
    }
    if (given < bounds.min || given > bounds.max) {
      const code = given < bounds.min ? "min" : "max";
      return this.add(
        pointer,
        code,
        `${show(text ?? ms)} is too ${code === "min" ? "short" : "long"}; ${allowed}`,
      );
    }
    if (bounds.wholeSeconds && given % 1000 !== 0) {
      return this.add(
        pointer,
        "whole_seconds",
        `must be whole seconds, but is ${show(text ?? ms)}; ${allowed}`,
      );
    }
    return given;
  }

  /** RFC 3339 with an offset: a local time alone would leave open which instant is meant. */
  instant(value: unknown, pointer: string): Instant | undefined {
    const form =
      'must be an instant with its offset, such as "2027-03-28T14:30:00Z" or "2027-03-28T14:30:00+02:00"';
    const parts = typeof value === "string" && value.length <= 40 ? INSTANT.exec(value.trim()) : null;
    if (!parts) return this.add(pointer, "instant", `${form}, but is ${show(value)}`);
    const [year, month, day] = parts.slice(1, 4).map(Number) as [number, number, number];
    if (day > new Date(Date.UTC(year, month, 0)).getUTCDate() || month < 1 || month > 12 || day < 1) {
      return this.add(pointer, "instant", `must be a day that exists, but is ${show(value)}`);
    }
    const at = Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}${parts[5]!.toUpperCase()}`);
    if (Number.isNaN(at)) return this.add(pointer, "instant", `${form}, but is ${show(value)}`);
    if (at >= 0 && at < LATEST) return at;
    return this.add(pointer, "instant", `must lie in the years 1970 to 2199, but is ${show(value)}`);
  }

  /** A plain object with none but these fields. */
  object(value: unknown, pointer: string, known: readonly string[]): Fields | undefined {
    if (!isObject(value)) return this.add(pointer, "type", `must be an object, but is ${kindOf(value)}`);
    this.unknown(value, pointer, known);
    return present(value);
  }

  unknown(value: Fields, pointer: string, known: readonly string[]): void {
    for (const name of Object.keys(value).slice(0, 50)) {
      if (known.includes(name) || value[name] === undefined) continue;
      const shown = name.slice(0, 64).replaceAll("~", "~0").replaceAll("/", "~1");
      this.add(`${pointer}/${shown}`, "unknown", `is not known here; allowed are ${known.join(", ")}`);
    }
  }
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Only what is given: null says the same as leaving it out. */
export function present(fields: Fields): Fields {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries);
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a message: short, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return (
    { object: "an object", string: "a text", undefined: "not given" }[typeof value as string] ??
    `a ${typeof value}`
  );
}
