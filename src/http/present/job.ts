// A job as the API shows it (shape `job`), its load error, and its source.
import type { CatalogEntry, LoadError } from "../../catalog/version.ts";
import type { TaskRun } from "../../runs/task-run.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import { shownKey } from "../address.ts";
import type { FailedLoad, JobSpec, ParamRules, SourceState } from "../ports.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { presentRunBriefly } from "./run.ts";
import { maskDefinitions, maskParams } from "./secrets.ts";

/** What is told of a job besides the catalog's entry. */
export interface JobView {
  /** Its schedules, as presented. */
  schedules: readonly object[];
  nextRunAt: number | null;
  recentRuns: readonly TaskRun[];
}

export function presentJob(entry: CatalogEntry, view: JobView, rules: ParamRules): object {
  return {
    key: shownKey(entry.key),
    source: entry.source,
    loadState: entry.loadState,
    loadError: entry.loadError ? presentLoadError(entry.loadError) : null,
    version: entry.currentVersion === null ? null : versionOf(entry, entry.currentVersion),
    pinned: entry.pinned,
    enabled: entry.enabled,
    ...(entry.spec ? specOf(entry.spec, rules) : NO_SPEC),
    name: entry.spec?.name ?? shownKey(entry.key),
    schedules: view.schedules,
    recentRuns: view.recentRuns.map(presentRunBriefly),
    nextRunAt: isoTimeOrNull(view.nextRunAt),
  };
}

export function presentLoadError(error: LoadError): object {
  return { ...error, since: isoTime(error.since) };
}

export function presentFailedLoad(failed: FailedLoad): object {
  return {
    job: shownKey(failed.key),
    source: failed.source,
    loadState: failed.loadState,
    ...presentLoadError(failed.error),
  };
}

/** `withPath`: where it is mounted is shown to those who may see the whole installation. */
export function presentSource(source: SourceState, withPath: boolean): object {
  return {
    name: source.name,
    ...(withPath ? { path: source.path ?? null } : {}),
    state: source.state,
    detail: source.detail ?? null,
    watcher: source.watcher,
    lastChangeAt: isoTimeOrNull(source.lastChangeAt),
    lagMs: source.lagMs ?? null,
  };
}

/** The earliest next fire of those schedules that are on. */
export function nextRunOf(schedules: readonly Schedule[]): number | null {
  let next: number | null = null;
  for (const { enabled, nextFireAt } of schedules) {
    if (enabled && nextFireAt !== null && (next === null || nextFireAt < next)) next = nextFireAt;
  }
  return next;
}

function versionOf(entry: CatalogEntry, hash: string): object {
  return { hash, loadedAt: isoTimeOrNull(entry.loadedAt), declared: entry.spec?.version ?? null };
}

function specOf(spec: JobSpec, rules: ParamRules): object {
  const shown: JobSpec = {
    ...spec,
    requiredParams: maskDefinitions(spec.requiredParams),
    optionalParams: maskDefinitions(spec.optionalParams),
  };
  return {
    description: spec.description,
    tags: spec.tags,
    requiredParams: shown.requiredParams,
    optionalParams: shown.optionalParams,
    paramGroups: spec.paramGroups,
    paramsSchema: rules.schema(shown),
    resultSchema: spec.resultSchema,
    suggestedSchedules: spec.schedules.map((one) =>
      one.params ? { ...one, params: maskParams(one.params, spec) } : one,
    ),
    timeoutMs: spec.timeoutMs,
    retries: spec.retries,
    concurrency: spec.concurrency,
    overlap: spec.overlap,
    isolation: spec.isolation,
    memoryBytes: spec.memoryBytes,
    maxFailedShare: spec.maxFailedShare,
  };
}

/** A job that never loaded: the same fields, so that a reader needs no second shape. */
const NO_SPEC = {
  description: null,
  tags: [],
  requiredParams: {},
  optionalParams: {},
  paramGroups: [],
  paramsSchema: null,
  resultSchema: null,
  suggestedSchedules: [],
  timeoutMs: null,
  retries: null,
  concurrency: null,
  overlap: null,
  isolation: null,
  memoryBytes: null,
  maxFailedShare: null,
};
