// The service's answer to a wrong field, brought to where the field is drawn.

import type { FieldError } from "../api/contract.ts";
import { inLabels, inside as placeInside, placeInWords, stepsOf } from "../words/places.ts";

export interface PlacedErrors {
  /** By name of the param, or of the body's own field. */
  at: Readonly<Record<string, readonly string[]>>;
  /** Those that belong to no field that is drawn. */
  others: readonly string[];
}

/** Whether a refusal is shown at fields: one that names none has to be shown as a whole, or nobody sees it. */
export function isPlaced(error: { status: number; fields: readonly FieldError[] } | null): boolean {
  return error !== null && error.status === 422 && error.fields.length > 0;
}

export const NO_ERRORS: PlacedErrors = { at: {}, others: [] };

/** `base`: pointer of the object whose fields are drawn, such as "/params"; "" for the body itself. */
export function placeErrors(
  errors: readonly FieldError[],
  base: string,
  drawn: readonly string[],
): PlacedErrors {
  const at: Record<string, string[]> = {};
  const others: string[] = [];
  for (const { pointer, message } of errors) {
    const [name, ...inside] = pointer.startsWith(`${base}/`) ? stepsOf(pointer.slice(base.length)) : [];
    if (name === undefined || !drawn.includes(name)) others.push(sayWhere(pointer, message));
    else {
      const said = inLabels(message);
      (at[name] ??= []).push(inside.length > 0 ? `${placeInside(inside)}: ${said}` : said);
    }
  }
  return { at, others };
}

/** Of what is drawn nowhere: with its place in words. */
export function sayWhere(pointer: string, message: string): string {
  const place = placeInWords(pointer);
  return place === "" ? inLabels(message) : `${place}: ${inLabels(message)}`;
}
