// Runs of every kind to be listed, and what each filter means, said in the plainest way.
import { newId } from "../../src/ids.ts";
import type { RunFilter } from "../../src/runs/queries.ts";
import { FAILED_REASONS, RUN_STATES, type TaskRun, TRIGGERS } from "../../src/runs/task-run.ts";
import { newRun, T0 } from "./make.ts";
import type { RunRig } from "./run-rig.ts";

export const MINUTE = 60_000;
export const SOURCES = ["default", "tenant-b", "builtin"] as const;
export const pick = <T>(list: readonly T[], i: number): T => list[i % list.length]!;

/** Rows of every kind, one a minute, with everything that a filter looks at spread over them by different periods. */
export async function seed(rig: RunRig, n: number): Promise<TaskRun[]> {
  const runs = Array.from({ length: n }, (_, i) => {
    const queuedAt = T0 + i * MINUTE;
    return newRun({
      id: newId("run", queuedAt),
      queuedAt,
      source: pick(SOURCES, i),
      jobKey: pick(["billing/sync", "heartbeat", "import", "link-check"], Math.floor(i / 2)),
      jobName: pick(["Sync Orders", "Ünïcode 🛰", null], i),
      scheduleId: i % 5 === 0 ? pick(["sch_1", "sch_2"], i / 5) : null,
      fireAt: i % 5 === 0 ? queuedAt : null,
      trigger: pick(TRIGGERS, i),
    });
  });
  await rig.store.insert(runs);
  await rig.database.write(async (sql) => {
    for (const [i, { id, queuedAt }] of runs.entries()) {
      const state = pick(RUN_STATES, Math.floor(i / 3));
      const reason = state === "failed" ? pick(FAILED_REASONS, i) : state === "cancelled" ? "user" : null;
      const error =
        i % 7 === 0 ? JSON.stringify({ message: `Could not "open" ÄÖ ${i}`, stack: "sync" }) : null;
      await sql.run(
        "UPDATE task_runs SET state = ?, reason = ?, cause = ?, error = ?, records_failed = ?, started_at = ?, finished_at = ? WHERE id = ?",
        [
          state,
          reason,
          i % 4 === 0 ? `timed out after ${i}s` : null,
          error,
          i % 3,
          state === "queued" || state === "skipped" ? null : queuedAt + 5,
          state === "queued" || state === "running" || state === "retrying" ? null : queuedAt + 9,
          id,
        ],
      );
    }
  });
  return Promise.all(runs.map(({ id }) => rig.get(id)));
}

/** What the filter means, said in the plainest way. */
export function matches(run: TaskRun, filter: Omit<RunFilter, "limit">): boolean {
  const isJob = ({ source, key }: { source: string; key: string }) =>
    run.source === source && run.jobKey === key;
  const said = [run.cause, run.error?.message, run.jobName, run.jobKey];
  const { text } = filter;
  return (
    (filter.jobs?.some(isJob) ?? true) &&
    !(filter.notJobs?.some(isJob) ?? false) &&
    (filter.scheduleId === undefined || run.scheduleId === filter.scheduleId) &&
    (filter.states?.includes(run.state) ?? true) &&
    !(filter.notStates?.includes(run.state) ?? false) &&
    (filter.reasons?.includes(run.reason ?? "") ?? true) &&
    !(filter.notReasons?.includes(run.reason ?? "") ?? false) &&
    (filter.triggers?.includes(run.trigger) ?? true) &&
    !(filter.notTriggers?.includes(run.trigger) ?? false) &&
    (filter.sources?.includes(run.source) ?? true) &&
    !(filter.notSources?.includes(run.source) ?? false) &&
    (filter.recordsFailed === undefined || run.records.failed > 0 === filter.recordsFailed) &&
    (filter.since === undefined || run.queuedAt >= filter.since) &&
    (filter.until === undefined || run.queuedAt < filter.until) &&
    (text === undefined || said.some((one) => one?.toLowerCase().includes(text.toLowerCase())))
  );
}
