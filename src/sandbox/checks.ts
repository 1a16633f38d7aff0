// The words in which it is said what a frame must look like.

export type Check = (value: unknown) => boolean;
export type Plain = Record<string, unknown>;

export const boolean: Check = (value) => typeof value === "boolean";

/** In characters. */
export const text =
  (most: number, least = 0): Check =>
  (value) =>
    typeof value === "string" && value.length >= least && value.length <= most;

export const textThat =
  (fits: (text: string) => boolean): Check =>
  (value) =>
    typeof value === "string" && fits(value);

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** It may be missing. */
export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

export const between =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most;

export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && between(least, most)(value);

export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);

export const listOf =
  (check: Check, most = Infinity, least = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);

export const object: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    object(value) && Object.entries(fields).every(([name, check]) => check((value as Plain)[name]));

/** Holds only what is named. */
export const only =
  (fields: Record<string, Check>): Check =>
  (value) =>
    shape(fields)(value) && Object.keys(value as Plain).every((name) => Object.hasOwn(fields, name));

/** Values by name. */
export const mapOf =
  (name: (name: string) => boolean, check: Check): Check =>
  (value) =>
    object(value) && Object.entries(value as Plain).every(([key, one]) => name(key) && check(one));

/** As JSON at most so many bytes; what is too deep to be written is too long. */
export const json =
  (most: number): Check =>
  (value) => {
    if (value === undefined || value === null) return true;
    try {
      return Buffer.byteLength(JSON.stringify(value)) <= most;
    } catch {
      return false;
    }
  };
