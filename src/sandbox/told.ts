// Checks what a child tells: a job can write to the descriptors too, so no frame is believed by its looks. The bounds
// are those that the sdk keeps in an honest child, with a little room for what the child adds.
import {
  MAX_BACKOFF_MS,
  MAX_RECORD_KEY,
  MAX_RESULT_BYTES,
  MAX_STATE_BYTES,
  MAX_STATE_KEY,
} from "../sdk/limits.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { FrameError } from "./frames.ts";
import type { FromChild } from "./protocol.ts";

type Plain = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const MAX_LINE = 20_000;
const MAX_WORDS = 5_000;
const MAX_STACK = 9_000;
const MAX_DEFINITION = 1_000_000;

const text =
  (most: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= most;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const between =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const object: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    object(value) && Object.entries(fields).every(([name, check]) => check((value as Plain)[name]));
/** As JSON at most this long; what is too deep to be written is too long. */
const json =
  (most: number): Check =>
  (value) => {
    if (value === undefined || value === null) return true;
    try {
      return JSON.stringify(value).length <= most;
    } catch {
      return false;
    }
  };

const wholeOrNull: Check = (value) =>
  value === null || (Number.isSafeInteger(value) && (value as number) >= 0);

const error = shape({
  name: orNull(text(MAX_WORDS)),
  message: text(MAX_WORDS),
  stack: orNull(text(MAX_STACK)),
  file: orNull(text(MAX_WORDS)),
  line: wholeOrNull,
  column: wholeOrNull,
});

/** X6: whole numbers, 0 to 2^53 - 1, and the parts are not more than the whole. */
const counts: Check = (value) => {
  if (!object(value)) return false;
  const { processed, success, failed, skipped } = value as RecordCounts;
  const parts = [processed, success, failed, skipped];
  if (!parts.every((part) => Number.isSafeInteger(part) && part >= 0)) return false;
  return success + failed + skipped <= processed;
};

const line: Check = (value) =>
  shape({
    time: between(0, Number.MAX_SAFE_INTEGER),
    level: oneOf("debug", "info", "warn", "error"),
    stream: oneOf("log", "stdout", "stderr"),
    text: text(MAX_LINE),
  })(value) && json(MAX_LINE * 10)((value as Plain)["fields"]);

const ends: Record<string, Check> = {
  result: shape({ counts, details: json(MAX_RESULT_BYTES) }),
  invalid_result: shape({ pointer: text(MAX_WORDS), message: text(MAX_WORDS), raw: json(MAX_RESULT_BYTES) }),
  error: shape({
    error,
    permanent: (value) => typeof value === "boolean",
    retryAfterMs: orNull(between(0, MAX_BACKOFF_MS)),
  }),
  load: shape({ error }),
};

/** Everything that is used of a spec without another look; describeModule makes it so. */
const spec = shape({
  name: text(MAX_WORDS),
  description: orNull(text(MAX_DEFINITION)),
  version: orNull(text(MAX_WORDS)),
  tags: listOf(text(MAX_WORDS)),
  requiredParams: object,
  optionalParams: object,
  paramGroups: listOf(object),
  resultSchema: orNull(object),
  timeoutMs: between(1, Number.MAX_SAFE_INTEGER),
  retries: shape({
    attempts: between(1, 1_000_000),
    backoffMs: between(0, MAX_BACKOFF_MS),
    factor: between(0, 1_000_000),
    maxMs: between(0, MAX_BACKOFF_MS),
  }),
  concurrency: orNull(between(1, 1_000_000)),
  overlap: oneOf("skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"),
  isolation: oneOf("reuse", "fresh"),
  memoryBytes: wholeOrNull,
  maxFailedShare: between(0, 1),
  env: listOf(text(MAX_WORDS)),
  files: listOf(text(MAX_WORDS)),
  stateScope: oneOf("job", "schedule"),
  onShutdown: oneOf("requeue", "cancel"),
  schedules: listOf(object),
});

const messages: Record<FromChild["t"], Check> = {
  ready: shape({ version: between(0, 1_000_000) }),
  log: shape({ lines: listOf(line) }),
  dropped: shape({ lines: between(0, 2 ** 40), bytes: between(0, 2 ** 50), last: text(MAX_WORDS) }),
  exiting: shape({ phase: oneOf("import", "execute"), dry: (value) => typeof value === "boolean" }),
  records: shape({
    counts,
    failed: listOf(shape({ key: orNull(text(MAX_RECORD_KEY)), reason: orNull(text(MAX_WORDS)) })),
  }),
  progress: shape({ percent: between(0, 100), message: orNull(text(1_000)) }),
  state: shape({ key: text(MAX_STATE_KEY), value: json(MAX_STATE_BYTES) }),
  end: shape({ end: (value) => ends[String((value as Plain | null)?.["kind"])]?.(value) ?? false }),
  idle: shape({
    n: between(1, Number.MAX_SAFE_INTEGER),
    leftovers: listOf(text(MAX_WORDS)),
    made: (value) => typeof value === "boolean",
    bytes: between(0, Number.MAX_SAFE_INTEGER),
    tookMs: between(0, Number.MAX_SAFE_INTEGER),
    follows: (value) => typeof value === "boolean",
  }),
  recalled: shape({ from: between(1, Number.MAX_SAFE_INTEGER) }),
  described: shape({ spec: (value) => spec(value) && json(MAX_DEFINITION)(value) }),
  problems: shape({
    problems: listOf(
      shape({ code: text(100), pointer: text(MAX_WORDS), message: text(MAX_WORDS), hint: text(MAX_WORDS) }),
    ),
  }),
  thrown: shape({ error }),
};

/** The frame as a message of the protocol; throws FrameError when it is none, or beyond its bounds. */
export function toMessage(value: unknown): FromChild {
  const kind = object(value) ? (value as Plain)["t"] : undefined;
  const check =
    typeof kind === "string" && Object.hasOwn(messages, kind) ? messages[kind as FromChild["t"]] : undefined;
  if (!check) throw new FrameError(`a message of an unknown kind: ${String(kind).slice(0, 40)}`);
  if (!check(value)) throw new FrameError(`a broken or too large message of the kind ${String(kind)}`);
  return value as FromChild;
}
