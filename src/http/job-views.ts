// Jobs with what their shape tells besides the catalog's entry: schedules, next run, last runs.
import { addressOf, type CatalogEntry } from "../catalog/version.ts";
import { MAX_PAGE } from "./paging.ts";
import type { FaceDeps } from "./ports.ts";
import { presentJob } from "./present/job.ts";
import type { PauseScope } from "../schedules/suspension.ts";
import { type ShownSchedule, viewSchedules } from "./schedule-views.ts";

const RECENT_RUNS = 30;
/** Schedules that one page of jobs shows at most; GET /schedules?job= has them all. */
const MAX_SCHEDULES = 5 * MAX_PAGE;
/** Next fires of each schedule, where one job is shown. */
const FIRES = 5;

export async function viewJob(deps: FaceDeps, entry: CatalogEntry): Promise<object> {
  const [job] = await viewJobs(deps, [entry], FIRES);
  return job!;
}

/** A few queries for the whole page, and two for its schedules. */
export async function viewJobs(
  deps: FaceDeps,
  entries: readonly CatalogEntry[],
  fires: number,
): Promise<object[]> {
  if (entries.length === 0) return [];
  const addresses = entries.map((entry) => addressOf(entry.source, entry.key));
  const [schedules, recent, pauses] = await Promise.all([
    deps.schedules.list({ jobs: addresses, limit: MAX_SCHEDULES }),
    deps.runQueries.recentOf(entries, RECENT_RUNS),
    deps.schedules.openPauses(),
  ]);
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
    const view = {
      schedules: group.map(({ shown }) => shown),
      paused: pauses.find(({ scope }) => isPauseOf(scope, entry)) ?? null,
      nextRunAt: next.length > 0 ? Math.min(...next) : null,
      recentRuns: recent.get(addresses[index]!) ?? [],
    };
    return presentJob(entry, view, deps.params);
  });
}

function isPauseOf(scope: PauseScope, { source, key }: CatalogEntry): boolean {
  return scope.kind === "job" && scope.source === source && scope.jobKey === key;
}
