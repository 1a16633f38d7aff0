// What keeps the schedules of a job from firing that only the folders and the catalog know.
import type { Schedule } from "../schedules/schedule.ts";
import type { Unavailable } from "../schedules/suspension.ts";
import type { SourceBoard } from "./source-board.ts";
import type { StaleJobs } from "./stale-jobs.ts";

interface Known {
  board: Pick<SourceBoard, "standingOf">;
  stale: Pick<StaleJobs, "suspensionOf">;
  isMissing(source: string, key: string): boolean;
  /** Whether fires are skipped while the folder of a source is away. */
  skipsAway: boolean;
}

/** Undefined for a schedule that may fire. */
export function suspensionBy({ board, stale, isMissing, skipsAway }: Known) {
  return ({ source, jobKey }: Pick<Schedule, "source" | "jobKey">): Unavailable | undefined => {
    const standing = board.standingOf(source);
    if (standing?.state === "orphaned" && source !== "builtin") {
      const cause = `skipped: the source "${source}" is not configured in any service`;
      return { reason: "source_unavailable", cause, since: standing.since };
    }
    if (isMissing(source, jobKey))
      return { reason: "job_missing", cause: `skipped: the folder of the job "${jobKey}" is gone` };
    if (standing?.state !== "unavailable" || !skipsAway) return stale.suspensionOf(source, jobKey);
    const cause = `skipped: the folder of the source "${source}" is away`;
    return { reason: "source_unavailable", cause, since: standing.since };
  };
}
