// Reading runs that lie in memory: a double of the domain's port.
import type { LogFilter, RunCount, RunFilter, RunPage, RunQueries } from "../../src/runs/queries.ts";
import type { FailedRecord } from "../../src/runs/store.ts";
import type { Attempt, BriefRun, LogLine, TaskRun } from "../../src/runs/task-run.ts";

export interface KeptRuns {
  readonly runs: TaskRun[];
  readonly attempts: Attempt[];
  readonly lines: ReadonlyMap<string, LogLine[]>;
  readonly failedRecords: ReadonlyMap<string, FailedRecord[]>;
}

export class MemoryRunQueries implements RunQueries {
  readonly #kept: KeptRuns;
  /** The filters that were asked for, newest last. */
  readonly asked: RunFilter[] = [];

  constructor(kept: KeptRuns) {
    this.#kept = kept;
  }

  byId(id: string): Promise<TaskRun | undefined> {
    return Promise.resolve(this.#kept.runs.find((run) => run.id === id));
  }

  list(filter: RunFilter): Promise<RunPage> {
    this.asked.push(filter);
    const sign = filter.order === "oldest" ? 1 : -1;
    const found = this.#matching(filter)
      .sort((a, b) => (a.id < b.id ? -sign : sign))
      .filter((run) => filter.after === undefined || Math.sign(run.id.localeCompare(filter.after)) === sign);
    const runs = found.slice(0, filter.limit);
    const hasMore = found.length > runs.length;
    return Promise.resolve({ runs, hasMore, next: hasMore ? runs.at(-1)!.id : null, partial: false });
  }

  listBriefly(filter: RunFilter): Promise<RunPage<BriefRun>> {
    return this.list(filter);
  }

  count(filter: RunFilter, cap: number): Promise<RunCount> {
    const { length } = this.#matching(filter);
    return Promise.resolve({ count: Math.min(cap, length), capped: length > cap });
  }

  attempts(runId: string): Promise<Attempt[]> {
    return Promise.resolve(this.#kept.attempts.filter((attempt) => attempt.runId === runId));
  }

  logLines(runId: string, filter: LogFilter): Promise<{ lines: LogLine[]; hasMore: boolean }> {
    const found = (this.#kept.lines.get(runId) ?? []).filter(
      (line) =>
        line.seq > (filter.after ?? 0) &&
        (filter.levels?.includes(line.level) ?? true) &&
        (filter.attempt === undefined || line.attempt === filter.attempt) &&
        (filter.q === undefined || line.text.includes(filter.q)),
    );
    return Promise.resolve({ lines: found.slice(0, filter.limit), hasMore: found.length > filter.limit });
  }

  failedRecords(runId: string, after: number, limit: number): Promise<FailedRecord[]> {
    const found = (this.#kept.failedRecords.get(runId) ?? []).filter((record) => record.seq > after);
    return Promise.resolve(found.slice(0, limit));
  }

  failedRecordsOf(runId: string): Promise<{ kept: number; withKey: number }> {
    const all = this.#kept.failedRecords.get(runId) ?? [];
    return Promise.resolve({ kept: all.length, withKey: all.filter(({ key }) => key !== null).length });
  }

  failedKeys(runId: string): Promise<string[]> {
    const keys = (this.#kept.failedRecords.get(runId) ?? []).flatMap(({ key }) => key ?? []);
    return Promise.resolve([...new Set(keys)]);
  }

  recentOf(jobs: readonly { source: string; key: string }[], each: number): Promise<Map<string, TaskRun[]>> {
    const recent = jobs.map(({ source, key }): [string, TaskRun[]] => [
      `${source}:${key}`,
      this.#matching({ jobs: [{ source, key }], limit: each })
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, each),
    ]);
    return Promise.resolve(new Map(recent));
  }

  lastOf(scheduleIds: readonly string[]): Promise<Map<string, TaskRun>> {
    const runs = this.#kept.runs.filter((run) => run.scheduleId && scheduleIds.includes(run.scheduleId));
    return Promise.resolve(new Map(runs.map((run) => [run.scheduleId!, run])));
  }

  #matching(filter: RunFilter): TaskRun[] {
    const isJob = (run: TaskRun) => (job: { source: string; key: string }) =>
      job.source === run.source && job.key === run.jobKey;
    return this.#kept.runs.filter(
      (run) =>
        (filter.jobs?.some(isJob(run)) ?? true) &&
        !(filter.notJobs?.some(isJob(run)) ?? false) &&
        (filter.scheduleId === undefined || run.scheduleId === filter.scheduleId) &&
        (filter.batch === undefined || run.batch === filter.batch) &&
        within(run.state, filter.states, filter.notStates) &&
        within(run.reason, filter.reasons, filter.notReasons) &&
        within(run.trigger, filter.triggers, filter.notTriggers) &&
        within(run.source, filter.sources, filter.notSources) &&
        (filter.recordsFailed === undefined || run.records.failed > 0 === filter.recordsFailed) &&
        (filter.since === undefined || run.queuedAt >= filter.since) &&
        (filter.until === undefined || run.queuedAt < filter.until) &&
        (filter.text === undefined || (run.cause ?? "").includes(filter.text)),
    );
  }
}

function within(
  value: string | null,
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
): boolean {
  if (wanted && (value === null || !wanted.includes(value))) return false;
  return value === null || !(unwanted?.includes(value) ?? false);
}
