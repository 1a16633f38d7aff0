// Figures over runs that lie in memory: a double of the domain's port.
import type { Figures, HourCount, JobFigures, LastSuccess } from "../../src/runs/figures.ts";
import type { TaskRun } from "../../src/runs/task-run.ts";

export class MemoryFigures implements Figures {
  readonly #runs: readonly TaskRun[];

  constructor(runs: readonly TaskRun[]) {
    this.#runs = runs;
  }

  queued(now: number): Promise<number> {
    const waiting = this.#runs.filter(({ state, availableAt }) => state === "queued" && availableAt <= now);
    return Promise.resolve(waiting.length);
  }

  skippedSinceStart(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map());
  }

  lastSuccesses(): Promise<LastSuccess[]> {
    return Promise.resolve([]);
  }

  leftOutThrough(): Promise<number | null> {
    return Promise.resolve(null);
  }

  runningByWorker(sources: readonly string[] | null): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { state, owner, source } of this.#runs) {
      if (state !== "running" || owner === null || sources?.includes(source) === false) continue;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    return Promise.resolve(counts);
  }

  byHour(since: number, sources: readonly string[] | null) {
    const counts = new Map<string, HourCount>();
    for (const { queuedAt, state, source } of this.#runs) {
      if (queuedAt < since || sources?.includes(source) === false) continue;
      const hour = queuedAt - (queuedAt % 3_600_000);
      const key = `${hour} ${state}`;
      counts.set(key, { hour, state, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return Promise.resolve({ counts: [...counts.values()], partial: false });
  }

  ofJob(source: string, jobKey: string, since: number): Promise<JobFigures> {
    const runs = this.#runs.filter(
      (run) => run.source === source && run.jobKey === jobKey && run.queuedAt >= since,
    );
    const byState: JobFigures["byState"] = {};
    for (const { state } of runs) byState[state] = (byState[state] ?? 0) + 1;
    const starts = runs.flatMap(({ trigger, startedAt: at, scheduleId }) =>
      trigger === "schedule" && at !== null ? [{ at, scheduleId: String(scheduleId) }] : [],
    );
    const durationsMs = runs.flatMap(({ state, startedAt, finishedAt }) =>
      state === "succeeded" && startedAt !== null && finishedAt !== null ? [finishedAt - startedAt] : [],
    );
    const records = { processed: 0, success: 0, failed: 0, skipped: 0 };
    for (const run of runs)
      for (const name of ["processed", "success", "failed", "skipped"] as const)
        records[name] += run.records[name];
    return Promise.resolve({ byState, starts, durationsMs, records, partial: false });
  }
}
