// this.state: the few durable values of a job, kept also when the attempt fails.
import type { JobEvent } from "./context.ts";
import { plainJson } from "./json.ts";
import { MAX_STATE_BYTES, MAX_STATE_KEY } from "./limits.ts";
import { show } from "./text.ts";

const SECRET_KEY =
  "this.state.set: the key holds the value of a secret, and keys are stored as they are. Use another name as the key; a secret in the value is stored sealed";

export interface JobState {
  /** A copy of the value as it is now, or undefined. */
  get<Value = unknown>(key: string): Value | undefined;
  /** A JSON value; undefined removes the key. All keys and values together have 64 KiB. Throws when JSON cannot hold it. */
  set(key: string, value: unknown): void;
}

export function makeState(
  initial: ReadonlyMap<string, unknown>,
  emit: (event: JobEvent) => void,
  secretForms: readonly string[] = [],
): JobState {
  // Kept as JSON texts: whoever gets a value may change it without changing what is stored.
  const texts = new Map<string, string>();
  let bytes = 0;
  for (const [key, value] of initial) {
    const text = JSON.stringify(value);
    texts.set(key, text);
    bytes += sizeOf(key, text);
  }
  return Object.freeze({
    get: <Value>(key: string): Value | undefined => {
      checkKey("get", key);
      const text = texts.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as Value);
    },
    set: (key: string, value: unknown): void => {
      checkKey("set", key);
      // Told without the key: it would be in the cause of the run.
      if (secretForms.some((form) => key.includes(form))) throw new TypeError(SECRET_KEY);
      const before = texts.get(key);
      const freed = before === undefined ? 0 : sizeOf(key, before);
      if (value === undefined) {
        texts.delete(key);
        bytes -= freed;
        emit({ type: "state", key, value: undefined });
        return;
      }
      const plain = plainJson(value, { maxBytes: MAX_STATE_BYTES });
      if (!plain.ok) {
        const where = plain.pointer === "" ? "the value" : `the value at ${plain.pointer}`;
        throw new TypeError(`this.state.set(${show(key)}): ${where} ${plain.message}`);
      }
      const text = JSON.stringify(plain.value);
      const after = bytes - freed + sizeOf(key, text);
      if (after > MAX_STATE_BYTES) {
        throw new RangeError(
          `this.state.set(${show(key)}): the job's state would have ${after} bytes; 64 KiB is the most for all keys together. Keep large data in files under this.dataDir`,
        );
      }
      texts.set(key, text);
      bytes = after;
      emit({ type: "state", key, value: plain.value });
    },
  });
}

function sizeOf(key: string, text: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(text);
}

function checkKey(verb: "get" | "set", key: unknown): void {
  if (typeof key !== "string" || key === "" || key.length > MAX_STATE_KEY) {
    throw new TypeError(
      `this.state.${verb}(${show(key)}): the key must be a text of 1 to ${MAX_STATE_KEY} characters`,
    );
  }
}
