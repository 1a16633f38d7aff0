// How a job is named from outside: its key with `/` written `.`, and `source:key` where several sources have it.
import type { CatalogEntry } from "../catalog/version.ts";
import { conflict, notFound } from "../errors.ts";
import { maySee, type Principal } from "../access/principal.ts";
import type { Jobs } from "./ports.ts";

/** The source of the jobs that every installation has; always named in an address. */
export const BUILTIN = "builtin";

/** `billing.sync-orders`: the key as the API shows it. */
export function shownKey(key: string): string {
  return key.replaceAll("/", ".");
}

/** `source` and key of `source:key`; the source is undefined for a bare key. */
export function splitAddress(text: string): { source: string | undefined; key: string } {
  const colon = text.indexOf(":");
  const source = colon < 0 ? undefined : text.slice(0, colon);
  return { source, key: text.slice(colon + 1).replaceAll(".", "/") };
}

/**
 * The job that `text` names, among those that the principal may see. 404 with the nearest address when there is none,
 * 409 with all of them when a bare key means several.
 */
export function findJob(
  jobs: Jobs,
  nearest: (wrong: string, names: Iterable<string>) => string | undefined,
  principal: Principal,
  text: string,
): CatalogEntry {
  const { source, key } = splitAddress(text);
  const found = candidates(jobs, principal, source, key);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const addresses = found.map((entry) => `${entry.source}:${shownKey(entry.key)}`).sort();
    throw conflict(
      "ambiguous_job",
      `Several sources have a job "${shownKey(key)}". Say which: ${addresses.join(", ")}`,
    );
  }
  const names = jobs
    .entries()
    .filter((entry) => maySee(principal, entry.source))
    .map((entry) => addressFor(entry, source));
  const asked = text.slice(0, 100).replaceAll("/", ".");
  const near = names.find((name) => name === `${BUILTIN}:${asked}`) ?? nearest(asked, names);
  const remedy = near === undefined ? "GET /api/v1/jobs lists all." : `Did you mean "${near}"?`;
  throw notFound(`There is no job "${asked}". ${remedy}`);
}

function candidates(
  jobs: Jobs,
  principal: Principal,
  source: string | undefined,
  key: string,
): CatalogEntry[] {
  const sources =
    source === undefined
      ? jobs
          .sources()
          .map((one) => one.name)
          .filter((name) => name !== BUILTIN)
      : [source];
  const visible = sources.filter((name) => maySee(principal, name));
  const exact = visible.flatMap((name) => jobs.entry(name, key) ?? []);
  if (exact.length > 0) return exact;
  // Folders whose names cannot be keys are listed too, and their dots are their own.
  return jobs
    .entries()
    .filter((entry) => visible.includes(entry.source) && shownKey(entry.key) === shownKey(key));
}

/** As somebody would write it who named no source, or who named one. */
function addressFor(entry: CatalogEntry, source: string | undefined): string {
  const bare = source === undefined && entry.source !== BUILTIN;
  return bare ? shownKey(entry.key) : `${entry.source}:${shownKey(entry.key)}`;
}
