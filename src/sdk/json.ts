// What JSON can carry: a copy as plain data, or the place and the reason why not.
import { MAX_DEPTH } from "./limits.ts";
import { pointerTo } from "./pointer.ts";
import { kindOf, show, textOf } from "./text.ts";

export type PlainJson =
  | { ok: true; value: unknown; bytes: number }
  | { ok: false; pointer: string; message: string; tooLarge: boolean };

export interface PlainOptions {
  maxBytes: number;
  /** Refuses also what JSON.stringify would turn into something else: dates, class instances, errors. */
  strict?: boolean;
}

/** A value is refused by throwing this inside the walk; it never leaves this file. */
class Refused extends Error {
  constructor(
    readonly pointer: string,
    message: string,
    readonly tooLarge = false,
  ) {
    super(message);
  }
}

interface Walk extends PlainOptions {
  bytes: number;
  above: Set<object>;
}

/**
 * A deep copy of `value` as JSON would carry it. Values that JSON loses silently (NaN, functions, a Map, a promise) are
 * refused with a pointer. `undefined` fields are left out. Stops as soon as the size is passed; never throws.
 */
export function plainJson(value: unknown, options: PlainOptions): PlainJson {
  const walk: Walk = { ...options, bytes: 0, above: new Set() };
  try {
    return { ok: true, value: copy(value, "", walk), bytes: walk.bytes };
  } catch (error) {
    if (error instanceof Refused) {
      return { ok: false, pointer: error.pointer, message: error.message, tooLarge: error.tooLarge };
    }
    return { ok: false, pointer: "", message: `cannot be read: ${textOf(error, 200)}`, tooLarge: false };
  }
}

function copy(value: unknown, pointer: string, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
      countText(walk, value, 0);
      return value;
    case "boolean":
      count(walk, 5);
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new Refused(pointer, `is ${value}, which JSON cannot hold`);
      count(walk, String(value).length);
      return value;
    case "object":
      if (value === null) {
        count(walk, 4);
        return null;
      }
      return copyObject(value, pointer, walk);
    case "bigint":
      throw new Refused(pointer, "is a BigInt, which JSON cannot hold; make it a text or a number");
    case "undefined":
      throw new Refused(pointer, "is undefined, which JSON cannot hold; use null");
    default:
      throw new Refused(pointer, `is a ${typeof value}, which JSON cannot hold`);
  }
}

function copyObject(value: object, pointer: string, walk: Walk): unknown {
  if (walk.above.has(value)) throw new Refused(pointer, "contains itself, which JSON cannot hold");
  if (walk.above.size >= MAX_DEPTH) throw new Refused(pointer, `is nested deeper than ${MAX_DEPTH} levels`);
  walk.above.add(value);
  try {
    if (Array.isArray(value)) return copyList(value, pointer, walk);
    const replaced = replacement(value, pointer, walk);
    if (replaced !== value) return copy(replaced, pointer, walk);
    return copyFields(value, pointer, walk);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(pointer, `cannot be read: ${textOf(error, 200)}`);
  } finally {
    walk.above.delete(value);
  }
}

function copyList(list: readonly unknown[], pointer: string, walk: Walk): unknown[] {
  count(walk, 2);
  const out: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    count(walk, 1);
    const item = list[i];
    // As JSON.stringify does: a hole in a list is null.
    out.push(copy(item === undefined && !walk.strict ? null : item, pointerTo(pointer, i), walk));
  }
  return out;
}

function copyFields(value: object, pointer: string, walk: Walk): Record<string, unknown> {
  count(walk, 2);
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const at = pointerTo(pointer, key);
    let field: unknown;
    try {
      field = (value as Record<string, unknown>)[key];
    } catch (error) {
      throw new Refused(at, `cannot be read: ${textOf(error, 200)}`);
    }
    if (field === undefined) continue;
    countText(walk, key, 2);
    setOwn(out, key, copy(field, at, walk));
  }
  return out;
}

/** What stands for an object that is not plain data: its toJSON, an error's words; refuses what would be lost. */
function replacement(value: object, pointer: string, walk: Walk): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    const plain = value as { toJSON?: unknown };
    if (walk.strict || typeof plain.toJSON !== "function") return value;
  }
  if (walk.strict) {
    const remedy = value instanceof RegExp ? "; write its source as a text" : "";
    throw new Refused(pointer, `is ${kindOf(value)}, not plain data${remedy}`);
  }
  const own = value as { toJSON?: unknown };
  if (value instanceof Date && Number.isNaN(value.getTime())) {
    throw new Refused(pointer, "is a Date without a valid time");
  }
  if (typeof own.toJSON === "function" && !ArrayBuffer.isView(value)) {
    const replaced: unknown = own.toJSON("");
    return replaced === value ? { ...value } : replaced;
  }
  if (value instanceof Error) return { name: show(value.name).slice(1, -1), message: textOf(value, 2_000) };
  if (value instanceof Promise) throw new Refused(pointer, "is a Promise; await it first");
  if (value instanceof Map) throw new Refused(pointer, "is a Map; use Object.fromEntries(map)");
  if (value instanceof Set) throw new Refused(pointer, "is a Set; use [...set]");
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw new Refused(pointer, `is ${kindOf(value)}; bytes do not fit into JSON, write them to a file`);
  }
  return value;
}

/** `__proto__` is a name like any other in JSON; plain assignment would change the object's prototype instead. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function count(walk: Walk, bytes: number): void {
  walk.bytes += bytes;
  if (walk.bytes > walk.maxBytes)
    throw new Refused("", `is more than ${sizeText(walk.maxBytes)} of JSON`, true);
}

/** Escapes count in full: a text of control characters takes six bytes for each. */
function countText(walk: Walk, text: string, more: number): void {
  count(walk, text.length + 2 + more);
  count(walk, Buffer.byteLength(JSON.stringify(text)) - text.length - 2);
}

/** "64 KiB", "1500 bytes". */
export function sizeText(bytes: number): string {
  if (bytes >= 1024 ** 2 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2} MiB`;
  if (bytes >= 1024 && bytes % 1024 === 0) return `${bytes / 1024} KiB`;
  return `${bytes} bytes`;
}
