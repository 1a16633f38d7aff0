// How long a job usually takes: the median of its last runs that succeeded.
import { addressOf, type CatalogEntry } from "../catalog/version.ts";
import type { UsualDuration } from "../schedules/preview.ts";
import type { FaceDeps } from "./ports.ts";

/** Runs that are looked at; those that did not succeed tell nothing. */
const RUNS = 50;

/** Undefined when none of the last ones succeeded. */
export async function usualDurationOf(
  deps: FaceDeps,
  { source, key }: CatalogEntry,
): Promise<UsualDuration | undefined> {
  const recent = await deps.runQueries.recentOf([{ source, key }], RUNS);
  const durations = (recent.get(addressOf(source, key)) ?? [])
    .flatMap(({ state, startedAt, finishedAt }) =>
      state === "succeeded" && startedAt !== null && finishedAt !== null ? [finishedAt - startedAt] : [],
    )
    .sort((a, b) => a - b);
  if (durations.length === 0) return undefined;
  return { medianMs: durations[Math.floor((durations.length - 1) / 2)]!, runs: durations.length };
}
