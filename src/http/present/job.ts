// A job as the API shows it (shape `job`), its load error, and its source.
import type { CatalogEntry, LoadError } from "../../catalog/version.ts";
import type { BriefRun } from "../../runs/task-run.ts";
import type { ScopedPause } from "../../schedules/suspension.ts";
import { shownKey } from "../address.ts";
import type { FailedLoad, JobSpec, ParamRules, SourceState } from "../ports.ts";
import type { FAILED_LOAD, JOB, JOB_BRIEF, LOAD_ERROR, SPEC } from "../shapes/job.ts";
import type { SOURCE } from "../shapes/service.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";
import { presentPause } from "./pause.ts";
import { presentRunBriefly, presentRunMark } from "./run.ts";
import { presentSuggestion } from "./schedule.ts";
import { maskDefinitions } from "./secrets.ts";

type SpecView = Of<typeof SPEC>;

/** What is told of a job besides the catalog's entry. */
export interface JobView {
  /** Its schedules, as presented. */
  schedules: Of<typeof JOB>["schedules"];
  nextRunAt: number | null;
  /** The pause of the job itself. */
  paused: ScopedPause | null;
  recentRuns: readonly BriefRun[];
}

export function presentJob(entry: CatalogEntry, view: JobView, rules: ParamRules): Of<typeof JOB> {
  return {
    key: shownKey(entry.key),
    source: entry.source,
    loadState: entry.loadState,
    loadError: entry.loadError ? presentLoadError(entry.loadError, entry.currentVersion) : null,
    version: entry.currentVersion === null ? null : versionOf(entry, entry.currentVersion),
    pinned: entry.pinned,
    enabled: entry.enabled,
    overrides: entry.settings.overrides,
    notes: entry.settings.notes,
    revision: entry.settings.revision,
    paused: view.paused && presentPause(view.paused),
    ...(entry.spec ? presentSpec(entry.spec, rules) : NO_SPEC),
    name: entry.spec?.name ?? shownKey(entry.key),
    schedules: view.schedules,
    recentRuns: view.recentRuns.map(presentRunBriefly),
    nextRunAt: isoTimeOrNull(view.nextRunAt),
  };
}

/** As a list of jobs shows it: some 2 kB instead of 7. */
export function presentJobBriefly(entry: CatalogEntry, view: JobView): Of<typeof JOB_BRIEF> {
  const [first] = view.schedules;
  return {
    key: shownKey(entry.key),
    source: entry.source,
    name: entry.spec?.name ?? shownKey(entry.key),
    loadState: entry.loadState,
    enabled: entry.enabled,
    pinned: entry.pinned,
    paused: view.paused && presentPause(view.paused),
    schedule: first ? { id: first.id, sentence: first.sentence } : null,
    scheduleCount: view.schedules.length,
    recentRuns: view.recentRuns.map(presentRunMark),
    nextRunAt: isoTimeOrNull(view.nextRunAt),
  };
}

/** `serving`: the version that runs go on using. */
export function presentLoadError(error: LoadError, serving: string | null): Of<typeof LOAD_ERROR> {
  return { ...error, serving, since: isoTime(error.since) };
}

export function presentFailedLoad(failed: FailedLoad): Of<typeof FAILED_LOAD> {
  return {
    // What is no job has no key: its path is shown as it lies there.
    job: failed.loadState === "invalid" ? failed.key : shownKey(failed.key),
    source: failed.source,
    loadState: failed.loadState,
    ...presentLoadError(failed.error, failed.serving),
  };
}

/** `withPath`: where it is mounted is shown to those who may see the whole installation. */
export function presentSource(
  source: SourceState,
  withPath: boolean,
  paused: ScopedPause | null,
): Of<typeof SOURCE> {
  return {
    name: source.name,
    ...(withPath ? { path: source.path ?? null } : {}),
    state: source.state,
    detail: withPath ? (source.detail ?? null) : withoutPath(source),
    watcher: source.watcher,
    lastChangeAt: isoTimeOrNull(source.lastChangeAt),
    lagMs: source.lagMs ?? null,
    paused: paused && presentPause(paused),
  };
}

/** Why it is not there, for whoever may not know where it should be. */
function withoutPath({ detail, path }: SourceState): string | null {
  return (path && detail?.replaceAll(path, "its folder")) ?? detail ?? null;
}

function versionOf(entry: CatalogEntry, hash: string): Of<typeof JOB>["version"] {
  return { hash, loadedAt: isoTimeOrNull(entry.loadedAt), declared: entry.spec?.version ?? null };
}

/** What a version declares, without the values of secrets. */
export function presentSpec(spec: JobSpec, rules: ParamRules): SpecView {
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
    suggestedSchedules: spec.schedules.map((one) => presentSuggestion(one, spec)),
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
const NO_SPEC: SpecView = {
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
