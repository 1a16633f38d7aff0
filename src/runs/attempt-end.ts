// The end of an attempt judged by its counts: succeeded, or failed after all (X6).
import type { RecordCounts } from "../sdk/spec.ts";
import type { FailedReason } from "./task-run.ts";

export interface Judgement {
  failed: FailedReason | null;
  /** In words, also for a success with refused records. */
  cause: string | null;
}

/** Pure. `maxFailedShare` 0 to 1: above this share of refused records the run has failed; 1 allows all but all. */
export function judge(counts: RecordCounts, maxFailedShare: number): Judgement {
  const { processed, failed } = counts;
  if (failed === 0) return { failed: null, cause: null };
  if (processed > 0 && failed === processed) {
    return {
      failed: "all_records_failed",
      cause: processed === 1 ? "the only record failed" : `all ${processed} records failed`,
    };
  }
  if (failed / processed > maxFailedShare) {
    const share = (value: number) => `${Math.round(value * 1000) / 10} %`;
    const cause = `${plural(failed, "record")} of ${processed} failed (${share(failed / processed)}); at most ${share(maxFailedShare)} may`;
    return { failed: "too_many_failed", cause };
  }
  return { failed: null, cause: `succeeded, ${plural(failed, "record")} failed` };
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
