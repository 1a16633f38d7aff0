// The slots of jobs that may run only so many times at once: what is taken, and which one is next (S9).
import type { Dialect } from "./dialect.ts";
import { markValues, marks, type Sql } from "./sql.ts";

/** What runs already, or is chosen to. */
export interface Taken {
  /** Of jobs and of schedules. */
  slots: Set<string>;
  /** Attempts of each job that has a limit. */
  running: Map<string, number>;
}

/** A job's name in its slots. */
export const jobOf = (source: string, key: string) => `${source}:${key}`;

/**
 * Adds what runs of these jobs, unless it is known. Rows are read, and not slots looked up one by one: there may be ten
 * thousand slots, and after a limit was set or lowered there are rows above it, or with none, which count all the same.
 */
export async function addRunning(
  sql: Sql,
  dialect: Dialect,
  source: string,
  keys: readonly string[],
  { slots, running }: Taken,
): Promise<void> {
  const unknown = [...new Set(keys)].filter((key) => !running.has(jobOf(source, key)));
  if (unknown.length === 0) return;
  for (const key of unknown) running.set(jobOf(source, key), 0);
  const rows = await sql.all(
    `SELECT job_key, job_slot FROM task_runs${dialect.byIndex("ix_task_runs_state")} ` +
      `WHERE state = 'running' AND source = ? AND job_key IN (${marks(unknown.length)})`,
    [source, ...markValues(unknown)],
  );
  for (const { job_key: key, job_slot: slot } of rows) {
    const job = jobOf(source, String(key));
    running.set(job, running.get(job)! + 1);
    if (slot !== null) slots.add(String(slot));
  }
}

/** The lowest, always: replicas that see the same rows then want the same one, and only one of them gets it. */
export function freeSlot({ slots, running }: Taken, job: string, concurrency: number): string | null {
  if (running.get(job)! >= concurrency) return null;
  for (let k = 1; k <= concurrency; k++) {
    if (!slots.has(`${job}#${k}`)) return `${job}#${k}`;
  }
  return null;
}

export function take({ slots, running }: Taken, job: string, slot: string): void {
  slots.add(slot);
  running.set(job, running.get(job)! + 1);
}
