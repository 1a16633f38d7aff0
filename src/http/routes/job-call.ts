// The job that a request is about.
import { addressOf, type CatalogEntry } from "../../catalog/version.ts";
import { findJob } from "../address.ts";
import type { Call } from "../context.ts";

/** The job of the path, or the one with this name; 404 for those that the principal may not see. */
export function callJob(call: Call<object, object>, name = call.params["key"] ?? ""): CatalogEntry {
  const { deps, principal, about } = call;
  const entry = findJob(deps.jobs, deps.params.nearest, principal, name);
  about({ source: entry.source, target: addressOf(entry.source, entry.key) });
  return entry;
}
