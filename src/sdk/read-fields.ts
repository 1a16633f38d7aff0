// Readers for single fields of a definition that is already plain data: the value, or a problem that names it.
import { parseDuration } from "../duration.ts";
import { didYouMean } from "./nearest.ts";
import { pointerTo } from "./pointer.ts";
import type { ProblemCode, Problems } from "./problems.ts";
import { kindOf, show } from "./text.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** An object of fields under a pointer, and where its problems go. */
export interface Reader {
  fields: Fields;
  pointer: string;
  problems: Problems;
  /** The code of a plain wrong type or value. */
  code: ProblemCode;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The field's value; undefined when it is not there. Never something inherited. */
export function fieldOf(reader: Reader, name: string): unknown {
  return Object.hasOwn(reader.fields, name) ? reader.fields[name] : undefined;
}

/** Notes that the field is wrong: with which value, and what it must be. */
export function wrong(
  reader: Reader,
  name: string,
  must: string,
  hint: string,
  code: ProblemCode = reader.code,
): undefined {
  const value = fieldOf(reader, name);
  const was =
    value === undefined ? "is missing" : `is ${typeof value === "object" ? kindOf(value) : show(value)}`;
  reader.problems.add(code, pointerTo(reader.pointer, name), `${name} ${was}: it must be ${must}`, hint);
  return undefined;
}

export function readText(reader: Reader, name: string, max: number): string | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.length <= max && value.trim() !== "") return value;
  return wrong(reader, name, `a text of 1 to ${max} characters`, `write ${name}: "…" or leave it out`);
}

export function readFlag(reader: Reader, name: string): boolean | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined || typeof value === "boolean") return value;
  return wrong(reader, name, "true or false", `write ${name}: true, without quotes, or leave it out`);
}

export function readChoice<Choice extends string>(
  reader: Reader,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const near = typeof value === "string" ? didYouMean(value, choices) : "";
  return wrong(reader, name, `one of ${choices.map(show).join(", ")}${near}`, "take one of these");
}

export interface NumberRange {
  min: number;
  max: number;
  whole: boolean;
}

export function readNumber(
  reader: Reader,
  name: string,
  range: NumberRange,
  code: ProblemCode = reader.code,
): number | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined) return undefined;
  const fits =
    typeof value === "number" &&
    value >= range.min &&
    value <= range.max &&
    (!range.whole || Number.isInteger(value));
  if (fits) return value;
  const kind = range.whole ? "a whole number" : "a number";
  return wrong(reader, name, `${kind}${inRange(range)}`, "change the number or leave the field out", code);
}

function inRange({ min, max }: NumberRange): string {
  const from = min > -Number.MAX_VALUE && min !== Number.MIN_SAFE_INTEGER ? ` from ${min}` : "";
  const to = max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : from === "" ? "" : " on";
  return `${from}${to}`;
}

/** Milliseconds. */
export function readDuration(
  reader: Reader,
  name: string,
  range: { minMs: number; maxMs: number; text: string },
): number | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined) return undefined;
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms !== undefined && ms >= range.minMs && ms <= range.maxMs) return ms;
  const must = `a duration ${range.text}, written as a whole number with ms, s, m, h or d`;
  return wrong(reader, name, must, `write for example ${name}: "90s" or ${name}: "10m"`, "E010");
}

/** A list of texts that each pass; the pointer of a wrong one leads to it. */
export function readTexts(
  reader: Reader,
  name: string,
  most: number,
  item: { fits: (text: string) => boolean; must: string; hint: string; code?: ProblemCode },
): string[] | undefined {
  const value = fieldOf(reader, name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > most) {
    return wrong(reader, name, `a list of at most ${most} texts`, `write ${name}: ["…"]`);
  }
  const out: string[] = [];
  value.forEach((text: unknown, i) => {
    if (typeof text === "string" && item.fits(text)) {
      if (!out.includes(text)) out.push(text);
      return;
    }
    const at = pointerTo(pointerTo(reader.pointer, name), i);
    const shown = typeof text === "object" ? kindOf(text) : show(text);
    reader.problems.add(item.code ?? reader.code, at, `${name}: ${shown} must be ${item.must}`, item.hint);
  });
  return out;
}

/** Notes each field that is not among the known ones, with the nearest of them. */
export function refuseUnknown(
  reader: Reader,
  known: readonly string[],
  what: string,
  code: ProblemCode,
  meant: Readonly<Record<string, string>> = {},
): void {
  for (const name of Object.keys(reader.fields)) {
    if (known.includes(name)) continue;
    const remedy = Object.hasOwn(meant, name) ? `; did you mean ${meant[name]}?` : didYouMean(name, known);
    reader.problems.add(
      code,
      pointerTo(reader.pointer, name),
      `${show(name)} is not a field of ${what}${remedy}`,
      `remove it, or take one of: ${known.join(", ")}`,
    );
  }
}
