// A body that we would take, and the database does not: which field of it is too much.
import { invalid, TooMuchAtOnce } from "../errors.ts";
import { isPlainObject } from "./dto/parse-body.ts";

const MESSAGE =
  "is more than the database takes in one statement. Send less, or have max_allowed_packet of its server raised: 16 MiB take everything";

/** The 422 for whoever sent it; every other error, and one of a request without a body, is answered as it is. */
export function tooMuchIn(body: unknown, error: unknown): unknown {
  if (!(error instanceof TooMuchAtOnce) || !isPlainObject(body) || Object.keys(body).length === 0)
    return error;
  return Object.assign(invalid([{ pointer: largestIn(body), code: "too_large", message: MESSAGE }]), {
    cause: error,
  });
}

/** The innermost field that makes up more than half of what lies around it. */
function largestIn(value: unknown): string {
  if (!isPlainObject(value)) return "";
  const sizes = Object.entries(value).map(([name, one]) => ({ name, one, size: sizeOf(one) }));
  const whole = sizes.reduce((sum, { size }) => sum + size, 0);
  const largest = sizes.find(({ size }) => size > whole / 2);
  if (!largest) return "";
  return `/${largest.name.replaceAll("~", "~0").replaceAll("/", "~1")}${largestIn(largest.one)}`;
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value ?? null).length;
}
