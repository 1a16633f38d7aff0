// How often a job is to run by its schedules, how often it did, and whether it takes so long that its runs nearly meet.
import type { Instant } from "../clock.ts";

/** From here on the next slow run meets the one after it. */
const CLOSE_SHARE = 0.8;

export interface CadenceWarning {
  code: "close_to_overlap";
  message: string;
}

/** The smallest gap between instants; null for less than two. */
export function smallestGap(instants: readonly Instant[]): number | null {
  const gaps = gapsOf(instants);
  return gaps.length === 0 ? null : Math.min(...gaps);
}

/** The usual gap between instants; null for less than two. */
export function medianGap(instants: readonly Instant[]): number | null {
  return quantile(
    gapsOf(instants).sort((a, b) => a - b),
    0.5,
  );
}

/** Of sorted values, the nearest rank; null of none. */
export function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/** Of fewer values than these the 95th of a hundred is the longest one. */
const ENOUGH = 20;

/** `durations`: of the runs that succeeded, sorted; `gap`: the smallest one between its fires. */
export function overlapWarning(durations: readonly number[], gap: number | null): CadenceWarning[] {
  const p95 = quantile(durations, 0.95);
  if (p95 === null || gap === null || gap <= 0 || p95 < CLOSE_SHARE * gap) return [];
  const percent = Math.round((p95 / gap) * 100);
  const message =
    `${longest(durations.length)} ${p95} ms, which is ${percent} % of the ${gap} ms between two fires` +
    (p95 >= gap ? ": fires meet a run that is still going on" : ": a slow run will meet the next fire");
  return [{ code: "close_to_overlap", message }];
}

function longest(runs: number): string {
  if (runs === 1) return "the one run that succeeded took";
  const all = `the ${runs} runs that succeeded took`;
  return runs < ENOUGH ? `the longest of ${all}` : `95 % of ${all} at most`;
}

function gapsOf(instants: readonly Instant[]): number[] {
  return instants.slice(1).map((at, i) => at - instants[i]!);
}
