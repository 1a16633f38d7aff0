// The service's answer to a wrong field, brought to where the field is drawn.

import type { FieldError } from "../api/contract.ts";

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
    else (at[name] ??= []).push(inside.length > 0 ? `${placeOf(inside)}: ${message}` : message);
  }
  return { at, others };
}

/** The steps of a JSON pointer (RFC 6901). */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** People count items from one. */
function placeOf(steps: readonly string[]): string {
  return steps.map((step) => (/^\d+$/.test(step) ? `item ${Number(step) + 1}` : step)).join(", ");
}

function sayWhere(pointer: string, message: string): string {
  const place = placeOf(stepsOf(pointer).filter((step) => step !== "params"));
  return place === "" ? message : `${place}: ${message}`;
}
