// The bars of the last hours: what of each hour succeeded, failed, or was neither.
import type { HourStats } from "../api/contract.ts";

export interface HourBar {
  at: string;
  until: string;
  succeeded: number;
  failed: number;
  /** Cancelled, skipped and open ones. */
  other: number;
  total: number;
}

const HOUR = 3_600_000;

export function hourBars(stats: HourStats): HourBar[] {
  return stats.hours.map(({ at, runs }) => {
    const total = Object.values(runs).reduce((sum, count) => sum + count, 0);
    const succeeded = runs["succeeded"] ?? 0;
    const failed = runs["failed"] ?? 0;
    const until = new Date(Date.parse(at) + HOUR).toISOString();
    return { at, until, succeeded, failed, other: total - succeeded - failed, total };
  });
}
