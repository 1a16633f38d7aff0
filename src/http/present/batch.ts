// Backfills as the API shows them.
import type { BackfillAnswer, BatchSummary } from "../../runs/backfill.ts";
import { shownKey } from "../address.ts";
import type { BACKFILL, BATCH } from "../shapes/backfill.ts";
import type { Of } from "../shapes/shape.ts";
import { isoTime, isoTimeOrNull } from "../time.ts";

/** Instants that an answer shows; the runs of the batch have them all. */
const SHOWN_FIRES = 20;

export function presentBackfill(
  schedule: string,
  { batch, runs, leftOut, fires }: BackfillAnswer,
  dryRun: boolean,
): Of<typeof BACKFILL> {
  return {
    schedule,
    batch,
    dryRun,
    runs,
    leftOut,
    from: isoTimeOrNull(fires[0] ?? null),
    to: isoTimeOrNull(fires.at(-1) ?? null),
    fires: fires.slice(0, SHOWN_FIRES).map(isoTime),
  };
}

/** The same request again: what the first one made. */
export function presentMade(made: BatchSummary): Of<typeof BACKFILL> {
  const { batch, schedule, runs, from, to } = presentBatch(made);
  return { schedule, batch, dryRun: false, runs, from, to };
}

export function presentBatch(summary: BatchSummary): Of<typeof BATCH> {
  const { batch, scheduleId, source, jobKey, from, to, states } = summary;
  return {
    batch,
    schedule: scheduleId,
    job: shownKey(jobKey),
    source,
    from: isoTime(from),
    to: isoTime(to),
    runs: Object.values(states).reduce((sum, n) => sum + n, 0),
    states,
  };
}
