// this.log: lines with a level, and fields made safe for JSON whatever a job puts in.
import type { JobEvent, LogLevel } from "./context.ts";
import { setOwn } from "./json.ts";
import { cut, show, textOf } from "./text.ts";

type Write = (message: unknown, fields?: Readonly<Record<string, unknown>>) => void;

/** `fields` are kept beside the line. Nothing given here ever fails a job (L2). */
export interface JobLog {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

/** The frame that carries a line ends at 1 MiB, escapes counted (six bytes each); the log itself cuts lines earlier (L1). */
const MAX_TEXT = 64 * 1024;
const MAX_FIELDS_TEXT = 64 * 1024;
const MAX_FIELD_TEXT = 8 * 1024;
const MAX_VALUES = 500;
const MAX_DEPTH = 6;

export function makeLog(emit: (event: JobEvent) => void): JobLog {
  const at =
    (level: LogLevel): Write =>
    (message, fields) => {
      const text = textOf(message, MAX_TEXT);
      const safe = fields === undefined || fields === null ? undefined : loggable(fields);
      if (safe === undefined) emit({ type: "log", level, text });
      else emit({ type: "log", level, text, fields: asFields(safe) });
    };
  return Object.freeze({ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") });
}

function asFields(safe: unknown): Record<string, unknown> {
  return typeof safe === "object" && safe !== null && !Array.isArray(safe)
    ? (safe as Record<string, unknown>)
    : { value: safe };
}

/** A bounded copy that JSON can carry; what it cannot is told in words. Never throws. */
export function loggable(value: unknown): unknown {
  return reduce(value, { left: MAX_VALUES, text: MAX_FIELDS_TEXT, above: new Set() });
}

interface Budget {
  /** Values still to be told. */
  left: number;
  /** Characters still to be told. */
  text: number;
  above: Set<object>;
}

function reduce(value: unknown, budget: Budget): unknown {
  budget.left -= 1;
  if (budget.left < 0) return "[more]";
  if (typeof value === "string") return take(value, budget, MAX_FIELD_TEXT);
  if (typeof value === "boolean" || value === null || value === undefined) return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return take(String(value), budget, MAX_FIELD_TEXT);
  if (typeof value !== "object") return `[${show(value)}]`;
  if (budget.above.has(value)) return "[circular]";
  if (budget.above.size >= MAX_DEPTH) return "[deeper]";
  budget.above.add(value);
  try {
    return reduceObject(value, budget);
  } catch (error) {
    return `[cannot be read: ${textOf(error, 200)}]`;
  } finally {
    budget.above.delete(value);
  }
}

function reduceObject(value: object, budget: Budget): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (let i = 0; i < value.length && budget.left > 0; i++) items.push(reduce(value[i], budget) ?? null);
    if (items.length < value.length) items.push(`[${value.length - items.length} more]`);
    return items;
  }
  if (value instanceof Error) {
    return {
      name: take(String(value.name), budget, 100),
      message: take(textOf(value), budget, 2_000),
      stack: take(String(value.stack), budget, MAX_FIELD_TEXT),
    };
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const own = value as { toJSON?: unknown };
  if (typeof own.toJSON === "function") return reduce(own.toJSON(""), budget);
  const out: Record<string, unknown> = {};
  for (const [key, field] of entries(value)) {
    if (budget.left <= 0) {
      out["…"] = "[more]";
      break;
    }
    const safe = reduce(field, budget);
    if (safe !== undefined) setOwn(out, take(key, budget, 200), safe);
  }
  return out;
}

function take(text: string, budget: Budget, max: number): string {
  const kept = cut(text, Math.max(1, Math.min(max, budget.text)));
  budget.text -= kept.length;
  return kept;
}

/** One field after the other, so that a huge object is not first copied whole. */
function* entries(value: object): Generator<[string, unknown]> {
  if (value instanceof Map) {
    for (const [key, field] of value) yield [textOf(key, 200), field];
  } else if (value instanceof Set) {
    let i = 0;
    for (const item of value) yield [String(i++), item];
  } else {
    for (const key of Object.keys(value)) yield [key, (value as Record<string, unknown>)[key]];
  }
}
