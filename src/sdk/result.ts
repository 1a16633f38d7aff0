// What the value that `execute` returned means: counts and details, or in which place it breaks the contract (X4, X6).
import type { SettledResult } from "./context.ts";
import { plainJson, setOwn } from "./json.ts";
import { MAX_COUNT, MAX_RESULT_BYTES } from "./limits.ts";
import { loggable } from "./log.ts";
import { pointerTo } from "./pointer.ts";
import type { CheckSchema, JsonSchema, RecordCounts } from "./spec.ts";
import { cut, kindOf, show } from "./text.ts";

const KINDS = ["processed", "success", "failed", "skipped"] as const;
type Kind = (typeof KINDS)[number];

/** Every spelling of a count, and the count that it means. */
const SPELLINGS: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap((kind) => [
    [kind, kind],
    [`records_${kind}`, kind],
    [`records${kind[0]!.toUpperCase()}${kind.slice(1)}`, kind],
  ]),
);

interface Wrong {
  pointer: string;
  message: string;
}

/**
 * Pure. `counts` are those of `this.records`; all 0 means that the job did not use it. Missing numbers are 0, a missing
 * `processed` is the sum of the others. The details are checked against `resultSchema` (as `{}` when there are none).
 */
export function settleResult(
  returned: unknown,
  counts: RecordCounts,
  resultSchema: JsonSchema | null,
  checkSchema?: CheckSchema,
): SettledResult {
  const refuse = (wrong: Wrong): SettledResult => ({ ok: false, ...wrong, raw: loggable(returned) });

  const read = readReturned(returned);
  if ("message" in read) return refuse(read);
  const { given, details, under } = read;
  const settled = given.size === 0 ? counts : agree(given, counts);
  if ("message" in settled) return refuse(settled);
  if (resultSchema !== null && checkSchema) {
    const wrong = checkSchema(resultSchema, details ?? {});
    if (wrong) {
      return refuse({
        pointer: under + wrong.pointer,
        message: `does not fit the job's resultSchema: ${wrong.message}`,
      });
    }
  }
  return { ok: true, counts: settled, details };
}

/** A count as the job wrote it: under which key, for the pointer of an error. */
type Given = Map<Kind, { key: string; value: number }>;

interface Read {
  given: Given;
  details: unknown;
  /** Where the details lie in the returned value. */
  under: string;
}

function readReturned(returned: unknown): Read | Wrong {
  const given: Given = new Map();
  if (returned === undefined || returned === null) return { given, details: null, under: "" };
  const plain = plainJson(returned, { maxBytes: MAX_RESULT_BYTES });
  if (!plain.ok) {
    const hint = plain.tooLarge
      ? "; write large results to a file under this.dataDir and return its name"
      : "";
    return { pointer: plain.pointer, message: `the returned value ${plain.message}${hint}` };
  }
  const { value } = plain;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const was = typeof returned === "object" ? kindOf(value) : show(returned);
    return {
      pointer: "",
      message: `execute returned ${was}; it may return nothing or an object, for example { processed: 10, success: 10 } or { rows: [...] }`,
    };
  }
  const rest: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const kind = SPELLINGS.get(key);
    if (kind === undefined) {
      setOwn(rest, key, field);
      continue;
    }
    const wrong = take(given, kind, key, field);
    if (wrong) return wrong;
  }
  return { given, ...detailsOf(rest) };
}

function take(given: Given, kind: Kind, key: string, value: unknown): Wrong | undefined {
  const pointer = pointerTo("", key);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    const hint = typeof value === "boolean" ? "; whether the run succeeded is for the service to decide" : "";
    return {
      pointer,
      message: `"${key}" is ${show(value)}; it is a number of records, a whole number from 0 to ${MAX_COUNT}${hint}`,
    };
  }
  const other = given.get(kind);
  if (other && other.value !== value) {
    return {
      pointer,
      message: `"${key}" is ${value}, but "${other.key}" is ${other.value}, and both mean ${kind}`,
    };
  }
  // -0 is a whole number too, but nobody means another one than 0.
  given.set(kind, { key, value: value === 0 ? 0 : value });
  return undefined;
}

/** Nothing else is null; a key `details` alone is the details itself; several keys are the details together. */
function detailsOf(rest: Record<string, unknown>): Pick<Read, "details" | "under"> {
  const keys = Object.keys(rest);
  if (keys.length === 0) return { details: null, under: "" };
  const alone = keys.length === 1 && keys[0] === "details";
  return alone ? { details: rest["details"], under: "/details" } : { details: rest, under: "" };
}

/** The numbers returned, held against what `this.records` counted if it counted anything. */
function agree(given: Given, counts: RecordCounts): RecordCounts | Wrong {
  if (counts.processed > 0) {
    for (const [kind, { key, value }] of given) {
      if (value !== counts[kind]) {
        return {
          pointer: pointerTo("", key),
          message: `"${key}" is ${value}, but this.records counted ${counts[kind]}; return the numbers or use this.records, or let both agree`,
        };
      }
    }
    return counts;
  }
  const numberOf = (kind: Kind): number => given.get(kind)?.value ?? 0;
  const sum = numberOf("success") + numberOf("failed") + numberOf("skipped");
  const processed = given.get("processed")?.value ?? sum;
  if (sum > processed || sum > MAX_COUNT) {
    const key = given.get("processed")?.key ?? [...given.values()][0]!.key;
    return {
      pointer: pointerTo("", key),
      message: `success + failed + skipped is ${cut(String(sum), 30)}, more than the ${processed} processed`,
    };
  }
  return {
    processed,
    success: numberOf("success"),
    failed: numberOf("failed"),
    skipped: numberOf("skipped"),
  };
}
