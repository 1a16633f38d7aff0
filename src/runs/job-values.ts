// The durable values of a job as people look at them and set them right: the port, and what may be written.
import type { Instant } from "../clock.ts";
import { type FieldError, invalid } from "../errors.ts";

/** Values that runs of one scope share: of the job ("" ) or, where it asks for that, of one of its schedules. */
export interface JobValues {
  /** As saved: what holds a secret is sealed. */
  values: ReadonlyMap<string, unknown>;
  /** When one of them was last written; null when there is none. */
  updatedAt: Instant | null;
}

/** Where they are kept; implemented in db/. */
export interface JobValueStore {
  of(source: string, jobKey: string, scope: string): Promise<JobValues>;
  /** Ids of schedules that have values of their own, at most `limit`, in order. */
  scopesOf(source: string, jobKey: string, limit: number): Promise<string[]>;
  /** These and no others from now on, in one transaction. */
  replace(
    source: string,
    jobKey: string,
    scope: string,
    values: ReadonlyMap<string, unknown>,
    now: Instant,
  ): Promise<void>;
}

/** As much as `this.state` holds. */
const MAX_BYTES = 64 * 1024;
const MAX_KEY = 256;
/** Nobody reads more of them. */
const MOST_ERRORS = 100;

/**
 * What is to be saved: a value that is sent back as it was shown, `{ "secret": true }`, keeps what is saved. Throws
 * ExpectedError 422 with pointers below `/values` for what `this.state` would not take.
 */
export function valuesToSave(
  given: Readonly<Record<string, unknown>>,
  saved: ReadonlyMap<string, unknown>,
  isShownSecret: (value: unknown) => boolean,
): Map<string, unknown> {
  const names = Object.keys(given);
  // Whoever sends megabytes hears of that alone, before each name is looked at.
  const least = names.reduce((sum, name) => sum + name.length, 0);
  if (least > MAX_BYTES) throw invalid([tooLarge(least)]);
  const errors: FieldError[] = [];
  const values = new Map<string, unknown>();
  let bytes = 0;
  for (const key of names) {
    if (errors.length >= MOST_ERRORS) break;
    const value = given[key];
    const pointer = `/values/${key.slice(0, MAX_KEY).replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (key === "" || key.length > MAX_KEY || key !== Buffer.from(key).toString()) {
      const message = `is no name of a value: 1 to ${MAX_KEY} characters of well-formed text`;
      errors.push({ pointer, code: "name", message });
      continue;
    }
    const kept = isShownSecret(value);
    if (kept && !saved.has(key)) {
      errors.push({ pointer, code: "secret", message: "there is no saved value to keep; give the value" });
      continue;
    }
    const own = kept ? saved.get(key) : value;
    bytes += Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(own));
    values.set(key, own);
  }
  if (bytes > MAX_BYTES) errors.push(tooLarge(bytes));
  if (errors.length > 0) throw invalid(errors);
  return values;
}

function tooLarge(bytes: number): FieldError {
  const message = `has ${bytes} bytes of names and values; at most ${MAX_BYTES} are possible`;
  return { pointer: "/values", code: "too_large", message };
}
