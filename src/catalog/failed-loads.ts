// Everything of a source that does not load now: jobs, and what only looks like one.
import type { Source } from "./source.ts";
import { type CatalogEntry, type LoadError, type LoadState, NO_SETTINGS } from "./version.ts";

/** A current load error. `invalid`: what lies there is no job, and looks like one. */
export interface FailedLoad {
  source: string;
  /** The job's key, or for `invalid` the path inside the source. */
  key: string;
  loadState: LoadState;
  error: LoadError;
  /** The version that runs go on using; null when none ever loaded. */
  serving: string | null;
}

export function failedLoads({ name: source, tasks, findings }: Source): FailedLoad[] {
  const errors: FailedLoad[] = [];
  for (const { entry } of tasks.values()) {
    if (!entry?.loadError) continue;
    const { key, loadState, loadError: error, currentVersion: serving } = entry;
    errors.push({ source, key, loadState, error, serving });
  }
  for (const { finding, since } of findings.list()) {
    const error = { ...finding.problem, hash: null, since };
    errors.push({ source, key: finding.path, loadState: "invalid", error, serving: null });
  }
  return errors;
}

/** What is listed beside the jobs for a folder or file that is none; nothing for a job. */
export function entryOfNoJob({ source, key, loadState, error }: FailedLoad): CatalogEntry[] {
  if (loadState !== "invalid") return [];
  const none = { currentVersion: null, loadedAt: null, spec: null, pinned: false, enabled: true };
  return [{ source, key, loadState, loadError: error, ...none, settings: NO_SETTINGS }];
}
