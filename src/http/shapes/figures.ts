// The shapes of figures and of looks ahead.
import { RUN_STATES } from "../../runs/task-run.ts";
import { RECORD_COUNTS } from "./run.ts";
import { count, flag, listOf, map, named, nullable, object, text, time, word } from "./shape.ts";

const CAPPED = object({ count: count("At most 10000"), capped: flag("There are more than `count` says") });

export const STATS = named(
  "Stats",
  object(
    {
      since: time("Finished and skipped runs are counted from here on"),
      now: time(),
      ended: object({ succeeded: CAPPED, failed: CAPPED, cancelled: CAPPED, skipped: CAPPED }),
      open: object({ queued: CAPPED, running: CAPPED, retrying: CAPPED }),
      jobs: count(),
      loadErrors: count(),
      schedules: object({ all: count(), enabled: count(), dueWithinHour: count("Fires, at most 200") }),
      next: nullable(time("The next fire of all schedules")),
      partial: flag("There are more schedules than were looked at"),
    },
    "Figures of an overview, of what the token may see",
  ),
);

export const HOUR_STATS = named(
  "HourStats",
  object({
    since: time(),
    hours: listOf(
      object({
        at: time("The hour's first instant"),
        runs: map(count(), `By state: ${RUN_STATES.join(", ")}`),
      }),
      "Oldest first, those without runs too",
    ),
    partial: flag("Only the newest 50000 runs were looked at"),
  }),
);

export const JOB_STATS = named(
  "JobStats",
  object({
    job: text(),
    source: text(),
    since: time(),
    runs: map(count(), `By state: ${RUN_STATES.join(", ")}`),
    durationMs: object({ p50: nullable(count()), p95: nullable(count()), of: count("Runs that succeeded") }),
    records: RECORD_COUNTS,
    cadence: object({
      declaredMs: nullable(count("The usual time between fires of its enabled schedules together")),
      shortestMs: nullable(count("The shortest time between two of them")),
      achievedMs: nullable(count("The usual time between starts of runs of these schedules")),
    }),
    warnings: listOf(object({ code: word(["close_to_overlap"]), message: text() })),
    partial: flag("Only the newest 10000 runs were looked at"),
  }),
);

export const PLANNED_FIRE = named(
  "PlannedFire",
  object({
    at: time(),
    local: text("The same instant in the schedule's zone, with its offset"),
    timeZone: text(),
    schedule: text(),
    scheduleName: nullable(text()),
    job: text(),
    source: text(),
  }),
);

export const CLOCK_CHANGE = named(
  "ClockChange",
  object({
    at: time("The instant at which clocks change"),
    timeZone: text(),
    offsetBefore: text("+01:00"),
    offsetAfter: text(),
    schedules: listOf(
      object({ schedule: text(), name: nullable(text()), job: text(), source: text(), message: text() }),
      "Those that it touches; others just go on",
    ),
  }),
);
