// Filters of the runs list: which fields of the address are the filter, and the ones that are kept by name.
import type { Fields } from "./search.ts";

export const FILTER_FIELDS = [
  "state",
  "job",
  "source",
  "schedule",
  "batch",
  "trigger",
  "reason",
  "since",
  "until",
  "text",
  "recordsFailed",
] as const;

export interface SavedFilter {
  name: string;
  fields: Fields;
}

/** Those that everybody has. */
export const USUAL_FILTERS: readonly SavedFilter[] = [
  { name: "Failed in 24 h", fields: { state: "failed", since: "24h" } },
  { name: "Open", fields: { state: "running,retrying,queued" } },
  { name: "Skipped in 7 d", fields: { state: "skipped", since: "7d" } },
  { name: "With failed records, 7 d", fields: { recordsFailed: "true", since: "7d" } },
];

/** The filter of an address, without the page and what else is in it. */
export function filterOf(fields: Fields): Record<string, string> {
  const found = FILTER_FIELDS.flatMap((name) => {
    const value = fields[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

export function sameFilter(a: Fields, b: Fields): boolean {
  return FILTER_FIELDS.every((name) => (a[name] ?? "") === (b[name] ?? ""));
}

/** With this one, in place of an older one of its name. */
export function withSaved(saved: readonly SavedFilter[], one: SavedFilter): SavedFilter[] {
  return [...saved.filter(({ name }) => name !== one.name), one];
}
