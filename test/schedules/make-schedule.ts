// A schedule for tests: hourly in UTC, everything at its default, and whatever the test changes.
import { nextFireOf } from "../../src/schedules/plan.ts";
import type { ActiveRun, PlannedRow, Schedule } from "../../src/schedules/schedule.ts";

export const at = (text: string) => Date.parse(text);

export function cronAt(
  cron: string,
  timeZone = "UTC",
  rules: { gap?: "next" | "skip"; repeat?: "first" | "both" } = {},
): Pick<Schedule, "when" | "timeZone"> {
  return { when: { kind: "cron", cron, timeZone, gap: "next", repeat: "first", ...rules }, timeZone };
}

export function makeSchedule(changes: Partial<Schedule> = {}): Schedule {
  const schedule: Schedule = {
    id: "sch_test",
    source: "default",
    jobKey: "echo",
    name: null,
    ...cronAt("0 * * * *"),
    params: {},
    enabled: true,
    disabled: null,
    paused: null,
    held: null,
    suspended: null,
    skips: [],
    overlap: "skip",
    catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
    jitterMs: 0,
    timeoutMs: null,
    retries: null,
    maxFailedShare: null,
    pauseAfterFailures: null,
    failuresSince: 0,
    startAt: null,
    endAt: null,
    maxRuns: null,
    runsCounted: 0,
    revision: 1,
    firedThrough: at("2027-01-10T00:30:00Z"),
    nextFireAt: null,
    origin: "api",
    suggested: null,
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  };
  return { ...schedule, nextFireAt: nextFireOf(schedule) };
}

export function activeRun(id: string, state: ActiveRun["state"], fireAt: string | null = null): ActiveRun {
  return { id, state, fireAt: fireAt === null ? null : at(fireAt) };
}

/** Rows in short: `run 01:00`, `skip overlap 02:00`, `skip missed 03:00..05:00 x3`. */
export function brief(rows: readonly PlannedRow[]): string[] {
  const clock = (instant: number) =>
    new Date(instant)
      .toISOString()
      .replace(/^2027-01-10T/, "")
      .replace(/(?::00)?\.000Z$/, "");
  return rows.map(({ outcome, reason, fireAt, fireThrough, fireCount, missed }) => {
    const range = fireThrough === null ? "" : `..${clock(fireThrough)} x${fireCount ?? "?"}`;
    const stands =
      missed === null ? "" : ` for ${clock(missed.from)}..${clock(missed.to)} x${missed.count ?? "?"}`;
    return `${outcome}${reason === null ? "" : ` ${reason}`} ${clock(fireAt)}${range}${stands}`;
  });
}
