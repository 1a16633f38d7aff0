// Jobs with what their shape tells besides the catalog's entry: schedules, next run, last runs.
import { setImmediate as pause } from "node:timers/promises";
import { addressOf, type CatalogEntry } from "../catalog/version.ts";
import { MAX_PAGE } from "./paging.ts";
import type { FaceDeps } from "./ports.ts";
import { type JobView, presentJob, presentJobBriefly } from "./present/job.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { PauseScope, ScopedPause } from "../schedules/suspension.ts";
import { type ShownSchedule, viewSchedules } from "./schedule-views.ts";

export const RECENT_RUNS = 30;
/** Schedules that one page of jobs shows at most; GET /schedules?job= has them all. The next run is of all of them. */
const MAX_SCHEDULES = 5 * MAX_PAGE;
/** Next fires of each schedule, where one job is shown. */
const FIRES = 5;
/** A schedule's next fire takes some 50 microseconds: so many in one go hold up nobody. */
const AT_ONCE = 100;

export async function viewJob(deps: FaceDeps, entry: CatalogEntry): Promise<object> {
  const [view] = await viewsOf(deps, [entry], FIRES, RECENT_RUNS);
  return presentJob(entry, view!, deps.params);
}

/** What a list asks for: all of each job, or as much as a row shows; and how many of the last runs. */
export interface JobsAsked {
  brief: boolean;
  recentRuns: number;
}

export async function viewJobs(
  deps: FaceDeps,
  entries: readonly CatalogEntry[],
  { brief, recentRuns }: JobsAsked,
): Promise<object[]> {
  const views = await viewsOf(deps, entries, 1, recentRuns);
  return entries.map((entry, i) =>
    brief ? presentJobBriefly(entry, views[i]!) : presentJob(entry, views[i]!, deps.params),
  );
}

/** A few queries for the whole page, and two for its schedules. */
async function viewsOf(
  deps: FaceDeps,
  entries: readonly CatalogEntry[],
  fires: number,
  recentRuns: number,
): Promise<JobView[]> {
  if (entries.length === 0) return [];
  const addresses = entries.map((entry) => addressOf(entry.source, entry.key));
  const [schedules, recent, pauses] = await Promise.all([
    deps.schedules.list({ jobs: addresses, limit: MAX_SCHEDULES }),
    recentRuns === 0 ? new Map<string, never>() : deps.runQueries.recentOf(entries, recentRuns),
    deps.schedules.openPauses(),
  ]);
  const further = await nextOfFurther(deps, addresses, schedules, pauses);
  const byJob = new Map<string, ShownSchedule[]>();
  for (const view of await viewSchedules(deps, schedules, fires)) {
    const address = addressOf(view.schedule.source, view.schedule.jobKey);
    const group = byJob.get(address);
    if (group) group.push(view);
    else byJob.set(address, [view]);
  }
  return entries.map((entry, index) => {
    const group = byJob.get(addresses[index]!) ?? [];
    const next = group.flatMap(({ nextRunAt }) => nextRunAt ?? []);
    next.push(...(further.get(addresses[index]!) ?? []));
    return {
      schedules: group.map(({ shown }) => shown),
      paused: pauses.find(({ scope }) => isPauseOf(scope, entry)) ?? null,
      nextRunAt: next.length > 0 ? Math.min(...next) : null,
      recentRuns: recent.get(addresses[index]!) ?? [],
    };
  });
}

/** The next runs by the schedules that come after those that are shown. */
async function nextOfFurther(
  deps: FaceDeps,
  jobs: readonly string[],
  shown: readonly Schedule[],
  pauses: readonly ScopedPause[],
): Promise<ReadonlyMap<string, number[]>> {
  const next = new Map<string, number[]>();
  for (let page = shown; page.length === MAX_SCHEDULES;) {
    page = await deps.schedules.list({ jobs, limit: MAX_SCHEDULES, after: page.at(-1)!.id });
    for (const [i, schedule] of page.entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await pause();
      const [fire] = deps.schedules.describe(schedule, 1, pauses).nextFires;
      const address = addressOf(schedule.source, schedule.jobKey);
      if (fire) next.set(address, [Math.min(fire.at, ...(next.get(address) ?? []))]);
    }
  }
  return next;
}

function isPauseOf(scope: PauseScope, { source, key }: CatalogEntry): boolean {
  return scope.kind === "job" && scope.source === source && scope.jobKey === key;
}
