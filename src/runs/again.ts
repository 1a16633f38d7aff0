// A run done again by hand: what the new row takes over from the one that ended, and what may be different.
import type { Instant } from "../clock.ts";
import { conflict } from "../errors.ts";
import { newId } from "../ids.ts";
import type { JobSpec } from "../sdk/spec.ts";
import { notBegun } from "./not-begun.ts";
import { isFinal } from "./state.ts";
import type { NewRun } from "./store.ts";
import type { Actor, RunOverrides, TaskRun } from "./task-run.ts";

export interface RetryInput {
  /** Laid over the params of the run that ended; null takes one away. Secrets that are not given stay as they were. */
  params?: Record<string, unknown>;
  /** `same`: the version that ran; else the one that serves now. */
  version?: "same" | "current";
  /** Only the records that the run refused, by their keys (`this.run.onlyRecords`). */
  onlyFailedRecords?: boolean;
  actor: Actor;
  /** The request under whose key the effect is recorded, in the same transaction (A1). */
  idempotency?: { actor: string; key: string; digest: string };
}

/** The refused records of a run that are kept: `withKey` of them can be named to a job. */
export interface KeptRecords {
  kept: number;
  withKey: number;
}

/** Throws 409 for a run that may still go on by itself. */
export function checkEnded(of: TaskRun): void {
  if (isFinal(of.state)) return;
  const remedy = "wait for its end, or cancel it first";
  throw conflict("not_finished", `the run ${of.id} is ${of.state}, and not over: ${remedy}`);
}

/** The params as asked for: the earlier ones with those given over them. */
export function paramsOf(of: TaskRun, given: Record<string, unknown> = {}): Record<string, unknown> {
  const params: Record<string, unknown> = { ...of.params, ...given };
  for (const [name, value] of Object.entries(given)) if (value === null) delete params[name];
  return params;
}

/** Throws 409 when none of the refused records can be named. */
export function onlyRecordsOf(of: TaskRun, { withKey }: KeptRecords): RunOverrides["onlyRecords"] {
  const { failed } = of.records;
  if (withKey > 0) return { of: of.id, records: withKey, left: Math.max(0, failed - withKey) };
  const why =
    failed === 0
      ? "it refused no record"
      : `none of its ${failed} failed records was kept with a key (this.records.failed(key, reason) gives it one)`;
  throw conflict(
    "no_failed_records",
    `the run ${of.id} has no failed records to do again: ${why}; leave out onlyFailedRecords to repeat it as a whole`,
  );
}

/** Pure but for the new id. `params` are checked and sealed. */
export function runAgain(
  of: TaskRun,
  spec: JobSpec,
  params: Record<string, unknown>,
  input: RetryInput,
  onlyRecords: RunOverrides["onlyRecords"],
  now: Instant,
): NewRun & TaskRun {
  const fireAt = of.fireAt ?? of.forAt ?? of.overrides.fireAt;
  return {
    id: newId("run", now),
    source: of.source,
    jobKey: of.jobKey,
    jobName: spec.name,
    // Its schedule's: its durable values and its slot are too, and no two attempts of one schedule run together.
    scheduleId: of.scheduleId,
    scheduleRevision: of.scheduleRevision,
    trigger: "retry",
    state: "queued",
    reason: null,
    cause: null,
    fireAt: null,
    fireThrough: null,
    fireCount: null,
    priority: of.priority,
    queuedAt: now,
    availableAt: now,
    maxAttempts: of.overrides.retries?.attempts ?? spec.retries.attempts,
    versionWanted: input.version === "same" ? of.version : null,
    exclusive: of.exclusive,
    params,
    overrides: {
      ...of.overrides,
      ...(fireAt === undefined || fireAt === null ? {} : { fireAt }),
      ...(onlyRecords ? { onlyRecords } : {}),
    },
    actor: input.actor,
    retryOf: of.id,
    ...notBegun(),
  };
}
