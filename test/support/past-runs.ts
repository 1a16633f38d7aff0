// A past that a service has behind it: ended runs, written into its database while it is down.
import { join } from "node:path";
import { insertRuns } from "../../src/db/run-store.ts";
import { openDatabase } from "../../src/db/open.ts";
import { newId } from "../../src/ids.ts";
import type { Trigger } from "../../src/runs/task-run.ts";
import type { Service } from "./service.ts";

export interface PastRun {
  jobKey: string;
  jobName: string;
  /** When it was due and began. */
  at: number;
  durationMs: number;
  state: "succeeded" | "failed";
  reason?: string;
  cause?: string;
  records?: { success: number; failed: number };
  trigger?: Trigger;
  scheduleId?: string;
}

/** Ends the service, adds them, and starts it again in its folder. For SQLite. */
export async function addPastRuns(service: Service, runs: readonly PastRun[]): Promise<void> {
  await service.terminate();
  const database = await openDatabase({ url: `sqlite:${join(service.folder, "data", "jobmount.db")}` });
  try {
    await database.write(async (sql) => {
      for (let i = 0; i < runs.length; i += 200) await addSome(sql, runs.slice(i, i + 200));
    });
  } finally {
    await database.close();
  }
  await service.startAgain();
}

async function addSome(sql: Parameters<typeof insertRuns>[0], runs: readonly PastRun[]): Promise<void> {
  const rows = runs.map((run) => ({ run, id: newId("run", run.at) }));
  await insertRuns(
    sql,
    rows.map(({ run, id }) => ({
      id,
      source: "default",
      jobKey: run.jobKey,
      jobName: run.jobName,
      scheduleId: run.scheduleId ?? null,
      scheduleRevision: run.scheduleId ? 1 : null,
      trigger: run.trigger ?? "api",
      state: "queued",
      reason: null,
      cause: null,
      fireAt: run.scheduleId ? run.at : null,
      fireThrough: null,
      fireCount: null,
      priority: 0,
      queuedAt: run.at,
      availableAt: run.at,
      maxAttempts: 1,
      versionWanted: null,
      exclusive: false,
      params: {},
      overrides: {},
      actor: { type: "token", name: "ci" },
      retryOf: null,
    })),
  );
  const columns = ["state", "reason", "cause", "started_at", "finished_at", "queue_rank"];
  const counts = ["records_processed", "records_success", "records_failed", "attempt", "tries_used"];
  await sql.update(
    "task_runs",
    [...columns, ...counts],
    ["id"],
    "state = 'queued'",
    rows.map(({ run, id }) => {
      const { success, failed } = run.records ?? { success: 0, failed: 0 };
      return [
        ...[
          run.state,
          run.reason ?? null,
          run.cause ?? null,
          run.at + 20,
          run.at + 20 + run.durationMs,
          null,
        ],
        ...[success + failed, success, failed, 1, 1, id],
      ];
    }),
  );
}
