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
import {
  between,
  boolean,
  type Check,
  json,
  listOf,
  maybe,
  object,
  oneOf,
  orNull,
  type Plain,
  shape,
  text,
  whole,
} from "./checks.ts";
import { FrameError } from "./frames.ts";
import type { FromChild } from "./protocol.ts";
import { isJobSpec } from "./told-spec.ts";

/** The last instant that a Date can show, in epoch ms. */
const MAX_TIME = 8.64e15;
const MAX_LINE = 20_000;
const MAX_WORDS = 5_000;
const MAX_STACK = 9_000;

const wholeOrNull = orNull(whole(0));

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
    time: whole(0, MAX_TIME),
    level: oneOf("debug", "info", "warn", "error"),
    stream: oneOf("log", "stdout", "stderr"),
    text: text(MAX_LINE),
  })(value) && json(MAX_LINE * 10)((value as Plain)["fields"]);

const ends: Record<string, Check> = {
  result: shape({ counts, details: json(MAX_RESULT_BYTES) }),
  invalid_result: shape({ pointer: text(MAX_WORDS), message: text(MAX_WORDS), raw: json(MAX_RESULT_BYTES) }),
  error: shape({
    error,
    permanent: boolean,
    retryAfterMs: orNull(between(0, MAX_BACKOFF_MS)),
  }),
  load: shape({ error, changed: boolean }),
};

const messages: Record<FromChild["t"], Check> = {
  ready: shape({ version: whole(0) }),
  log: shape({ lines: listOf(line) }),
  dropped: shape({ lines: whole(0, 2 ** 40), bytes: whole(0, 2 ** 50), last: text(MAX_WORDS) }),
  exiting: shape({ phase: oneOf("import", "execute"), dry: boolean }),
  records: shape({
    counts,
    failed: listOf(shape({ key: orNull(text(MAX_RECORD_KEY)), reason: orNull(text(MAX_WORDS)) })),
  }),
  progress: shape({ percent: between(0, 100), message: orNull(text(1_000)) }),
  state: shape({ key: text(MAX_STATE_KEY), value: json(MAX_STATE_BYTES) }),
  end: shape({ end: (value) => ends[String((value as Plain | null)?.["kind"])]?.(value) ?? false }),
  idle: shape({
    n: whole(1),
    leftovers: listOf(text(MAX_WORDS)),
    made: boolean,
    bytes: whole(0),
    tookMs: between(0, Number.MAX_SAFE_INTEGER),
    follows: boolean,
  }),
  recalled: shape({ from: whole(1) }),
  described: shape({ spec: isJobSpec, clean: boolean }),
  problems: shape({
    clean: boolean,
    problems: listOf(
      shape({ code: text(100), pointer: text(MAX_WORDS), message: text(MAX_WORDS), hint: text(MAX_WORDS) }),
    ),
  }),
  thrown: shape({ error, lost: maybe(oneOf("rejection", "exception")) }),
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
