// Batches in memory: a double of the port below the real service over backfills.
import type { BatchStore, BatchSummary, PastFire } from "../../src/runs/backfill.ts";
import type { TaskRun } from "../../src/runs/task-run.ts";

export class MemoryBatches implements BatchStore {
  readonly #runs: readonly TaskRun[];

  constructor(runs: readonly TaskRun[]) {
    this.#runs = runs;
  }

  pastFires(scheduleId: string, from: number, to: number): Promise<PastFire[]> {
    const found = this.#runs.flatMap((run) => {
      const at = run.fireAt ?? run.forAt ?? null;
      const through = run.fireThrough ?? null;
      return run.scheduleId === scheduleId && at !== null && (through ?? at) >= from && at <= to
        ? [{ at, through, state: run.state, reason: run.reason }]
        : [];
    });
    return Promise.resolve(found);
  }

  summary(batch: string): Promise<BatchSummary | undefined> {
    const runs = this.#runs.filter((run) => run.batch === batch);
    if (runs.length === 0) return Promise.resolve(undefined);
    const states: BatchSummary["states"] = {};
    for (const { state } of runs) states[state] = (states[state] ?? 0) + 1;
    const { scheduleId, source, jobKey } = runs[0]!;
    const at = runs.map((run) => run.forAt!);
    return Promise.resolve({
      ...{ batch, scheduleId: scheduleId!, source, jobKey, states },
      from: Math.min(...at),
      to: Math.max(...at),
    });
  }

  cancel(batch: string): Promise<{ ended: string[]; asked: string[] }> {
    const runs = this.#runs.filter((run) => run.batch === batch);
    const waiting = runs.filter(({ state }) => state === "queued");
    for (const run of waiting) run.state = "cancelled";
    const asked = runs.filter(({ state }) => state === "running").map(({ id }) => id);
    return Promise.resolve({ ended: waiting.map(({ id }) => id), asked });
  }
}
