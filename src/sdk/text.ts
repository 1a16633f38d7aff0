// Showing values that others made: thrown things, names, wrong inputs. Nothing here ever throws.

/** At most `max` characters, never half of a surrogate pair; what is missing is told by "…". */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = Math.max(0, max - 1);
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end)}…`;
}

/**
 * What a thrown or logged value says. An error's causes are told too: `fetch failed` alone helps nobody at 02:00.
 * Traps, getters that throw and values without a text become a sentence that says so.
 */
export function textOf(value: unknown, max = 16_384): string {
  try {
    return cut(describe(value, 0), max);
  } catch {
    return "a value that cannot be shown";
  }
}

function describe(value: unknown, depth: number): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  const message = "message" in value ? value.message : undefined;
  if (typeof message === "string") {
    const own = message || nameOf(value);
    const cause = "cause" in value ? value.cause : undefined;
    if (cause === undefined || cause === null || depth >= 3) return own;
    const told = describe(cause, depth + 1);
    return told === "" || own.includes(told) ? own : `${own}: ${told}`;
  }
  if (value instanceof Error) return nameOf(value);
  return JSON.stringify(value) ?? String(value);
}

function nameOf(value: object): string {
  const name = "name" in value ? value.name : undefined;
  return typeof name === "string" && name !== "" ? name : "Error";
}

/** A wrong value for a message: short, quoted when it is a text. */
export function show(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(cut(value, 60));
    if (typeof value === "bigint") return `${cut(String(value), 40)}n`;
    if (typeof value === "number") return String(value);
    if (typeof value === "object" && value !== null) return kindOf(value);
    if (typeof value === "function") return "a function";
    if (typeof value === "symbol") return "a symbol";
    return String(value);
  } catch {
    return "a value that cannot be shown";
  }
}

/** "a text", "a list", … with its article, as sentences need it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  try {
    if (Array.isArray(value)) return "a list";
    if (typeof value === "string") return "a text";
    if (typeof value === "boolean") return "true or false";
    if (typeof value === "object") {
      const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
      if (typeof name !== "string" || name === "" || name === "Object") return "an object";
      return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${cut(name, 40)}`;
    }
  } catch {
    return "a value that cannot be read";
  }
  return `a ${typeof value}`;
}
