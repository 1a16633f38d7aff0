// Query strings as flat text fields, so that every list state is an address that people can read and change.

export type Fields = Readonly<Record<string, string | undefined>>;
export type QueryValue = string | number | boolean | null | undefined;

/** `?a=1&b=x`, without what is empty; commas and colons stay readable. */
export function toSearch(fields: Readonly<Record<string, QueryValue>>): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** Of a field given twice the last one counts. */
export function fromSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** The words of a comma list. */
export function wordsOf(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((word) => word !== "");
}

/** The list with the word in it or out of it; undefined when none is left. */
export function toggled(text: string | undefined, word: string): string | undefined {
  const words = wordsOf(text);
  const next = words.includes(word) ? words.filter((one) => one !== word) : [...words, word];
  return next.length === 0 ? undefined : next.join(",");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");
}
