// Rows of schedules as values of the domain and back, and the runs that their planned rows become.
import type { Instant } from "../clock.ts";
import { newId } from "../ids.ts";
import type { NewRun } from "../runs/store.ts";
import type { Reason, RunOverrides } from "../runs/task-run.ts";
import type { CatchUpPolicy, PlannedRow, Schedule, When } from "../schedules/schedule.ts";
import { fromJson, type SqlRow, type SqlValue, toJson, jsonText } from "./sql.ts";

/** Every column that says what the schedule is; its id and the instant of its creation never change. */
export const CHANGING_COLUMNS = [
  "source",
  "job_key",
  "name",
  "kind",
  "cron",
  "every_ms",
  "anchor_at",
  "at_instant",
  "time_zone",
  "dst_gap",
  "dst_repeat",
  "params",
  "enabled",
  "disabled",
  "paused",
  "held",
  "suspended",
  "suspended_by",
  "skips",
  "overlap",
  "catch_up",
  "catch_up_window_ms",
  "catch_up_max",
  "jitter_ms",
  "timeout_ms",
  "retries",
  "max_failed_share",
  "pause_after_failures",
  "failures_since",
  "start_at",
  "end_at",
  "max_runs",
  "runs_counted",
  "revision",
  "fired_through",
  "next_fire_at",
  "origin",
  "suggested",
  "updated_at",
] as const;

/** All of them, as they are read. */
export const SCHEDULE_COLUMNS = {
  packed: ["id", "created_at", ...CHANGING_COLUMNS.filter((column) => column !== "max_failed_share")],
  plain: ["max_failed_share"],
};

export function changingValues(schedule: Schedule): SqlValue[] {
  const { when } = schedule;
  return [
    schedule.source,
    schedule.jobKey,
    schedule.name,
    when.kind,
    when.kind === "cron" ? when.cron : null,
    when.kind === "every" ? when.everyMs : null,
    when.kind === "every" ? when.anchorAt : null,
    when.kind === "at" ? when.at : null,
    schedule.timeZone,
    when.kind === "cron" ? when.gap : "next",
    when.kind === "cron" ? when.repeat : "first",
    jsonText(schedule.params),
    schedule.enabled ? 1 : 0,
    toJson(schedule.disabled),
    toJson(schedule.paused),
    toJson(schedule.held),
    toJson(schedule.suspended),
    schedule.suspended?.key ?? null,
    schedule.skips.length > 0 ? jsonText(schedule.skips) : null,
    schedule.overlap,
    schedule.catchUp.policy,
    schedule.catchUp.windowMs,
    schedule.catchUp.max,
    schedule.jitterMs,
    schedule.timeoutMs,
    toJson(schedule.retries),
    schedule.maxFailedShare,
    schedule.pauseAfterFailures,
    schedule.failuresSince,
    schedule.startAt,
    schedule.endAt,
    schedule.maxRuns,
    schedule.runsCounted,
    schedule.revision,
    schedule.firedThrough,
    schedule.nextFireAt,
    schedule.origin,
    toJson(schedule.suggested),
    schedule.updatedAt,
  ];
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

export function toSchedule(row: SqlRow): Schedule {
  return {
    id: String(row["id"]),
    source: String(row["source"]),
    jobKey: String(row["job_key"]),
    name: row["name"] === null ? null : String(row["name"]),
    when: whenOf(row),
    timeZone: String(row["time_zone"]),
    params: fromJson(row["params"]) as Record<string, unknown>,
    enabled: Number(row["enabled"]) === 1,
    disabled: fromJson(row["disabled"]) as Schedule["disabled"],
    paused: fromJson(row["paused"]) as Schedule["paused"],
    held: fromJson(row["held"]) as Schedule["held"],
    suspended: fromJson(row["suspended"]) as Schedule["suspended"],
    skips: (fromJson(row["skips"]) ?? []) as Schedule["skips"],
    overlap: row["overlap"] as Schedule["overlap"],
    catchUp: {
      policy: row["catch_up"] as CatchUpPolicy,
      windowMs: Number(row["catch_up_window_ms"]),
      max: Number(row["catch_up_max"]),
    },
    jitterMs: Number(row["jitter_ms"]),
    timeoutMs: numberOrNull(row["timeout_ms"]),
    retries: fromJson(row["retries"]) as Schedule["retries"],
    maxFailedShare: numberOrNull(row["max_failed_share"]),
    pauseAfterFailures: numberOrNull(row["pause_after_failures"]),
    failuresSince: Number(row["failures_since"]),
    startAt: numberOrNull(row["start_at"]),
    endAt: numberOrNull(row["end_at"]),
    maxRuns: numberOrNull(row["max_runs"]),
    runsCounted: Number(row["runs_counted"]),
    revision: Number(row["revision"]),
    firedThrough: Number(row["fired_through"]),
    nextFireAt: numberOrNull(row["next_fire_at"]),
    origin: row["origin"] as Schedule["origin"],
    suggested: fromJson(row["suggested"]) as Schedule["suggested"],
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
  };
}

function whenOf(row: SqlRow): When {
  switch (row["kind"]) {
    case "every":
      return { kind: "every", everyMs: Number(row["every_ms"]), anchorAt: Number(row["anchor_at"]) };
    case "at":
      return { kind: "at", at: Number(row["at_instant"]) };
    default:
      return {
        kind: "cron",
        cron: String(row["cron"]),
        timeZone: String(row["time_zone"]),
        gap: row["dst_gap"] as "next" | "skip",
        repeat: row["dst_repeat"] as "first" | "both",
      };
  }
}

/** What the schedule's job adds to a run: its name now, and how many tries it gets. */
export interface JobFacts {
  jobName: string | null;
  maxAttempts: number;
}

/** The rows of task_runs for what a plan owes; `schedule` is the revision that owes them (S2). */
export function plannedRuns(
  schedule: Schedule,
  rows: readonly PlannedRow[],
  facts: JobFacts,
  now: Instant,
): NewRun[] {
  return rows.map((row) => ({
    id: newId("run", now),
    source: schedule.source,
    jobKey: schedule.jobKey,
    jobName: facts.jobName,
    scheduleId: schedule.id,
    scheduleRevision: schedule.revision,
    trigger: "schedule",
    state: row.outcome === "run" ? "queued" : "skipped",
    reason: row.reason as Reason | null,
    cause: row.cause,
    fireAt: row.fireAt,
    fireThrough: row.fireThrough,
    fireCount: row.fireCount,
    priority: 0,
    queuedAt: now,
    availableAt: row.availableAt,
    maxAttempts: facts.maxAttempts,
    versionWanted: null,
    exclusive: schedule.overlap !== "allow_all",
    params: schedule.params,
    overrides: overridesOf(schedule, row),
    actor: { type: "service", name: "scheduler" },
    retryOf: null,
  }));
}

/**
 * Ids of one millisecond are in random order; sorted, they follow the fires, as lists and claims read them, and a
 * database appends to its indexes instead of looking for a place in them.
 */
export function orderIds(runs: NewRun[]): void {
  const ids = runs.map((run) => run.id).sort();
  runs.forEach((run, i) => (run.id = ids[i]!));
}

function overridesOf(schedule: Schedule, row: PlannedRow): RunOverrides {
  return {
    ...(schedule.timeoutMs === null ? {} : { timeoutMs: schedule.timeoutMs }),
    ...(schedule.retries === null ? {} : { retries: schedule.retries }),
    ...(schedule.maxFailedShare === null ? {} : { maxFailedShare: schedule.maxFailedShare }),
    ...(row.missed === null ? {} : { missed: row.missed }),
  };
}
