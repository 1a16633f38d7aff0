// The shapes of schedules, and of what one would do.
import { SKIPPED_REASONS } from "../../schedules/schedule.ts";
import { DRIFT_FIELDS } from "../../schedules/suggested.ts";
import { FIELD_ERROR } from "./field-error.ts";
import { DROPPED_SKIPS, PAUSE } from "./pause.ts";
import { RUN_BRIEF } from "./run.ts";
import {
  anything,
  count,
  flag,
  integer,
  listOf,
  map,
  named,
  nullable,
  number,
  object,
  optional,
  text,
  time,
  word,
} from "./shape.ts";

export const OVERLAP = word(["skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"]);

export const RETRIES = named(
  "Retries",
  object({
    attempts: integer("All tries counted; 1 means no retry", { minimum: 1 }),
    backoffMs: count(),
    factor: number("Each wait is the one before times this"),
    maxMs: count(),
  }),
);

export const NEXT_FIRE = named(
  "NextFire",
  object({ at: time(), local: text("The same instant in the schedule's zone, with its offset") }),
);

export const SUGGESTED = named(
  "SuggestedSchedule",
  object(
    {
      name: optional(text()),
      cron: optional(text()),
      every: optional(text()),
      timeZone: optional(text()),
      params: optional(map(anything())),
    },
    "A schedule that a job suggests in its code",
  ),
);

export const SCHEDULE = named(
  "Schedule",
  object(
    {
      id: text("sch_…"),
      job: text(),
      source: text(),
      name: nullable(text()),
      cron: optional(text("One of cron, everyMs, at is there")),
      everyMs: optional(integer(undefined, { minimum: 1000 })),
      anchorAt: optional(time("From where everyMs counts")),
      at: optional(time()),
      dst: nullable(
        object({
          gap: word(["next", "skip"], "A local time that does not exist"),
          repeat: word(["first", "both"], "A local time that comes twice"),
        }),
      ),
      timeZone: text(),
      params: map(anything(), 'A secret is shown as { "secret": true }'),
      enabled: flag(),
      paused: nullable(PAUSE),
      held: nullable(
        object({
          by: text(),
          reason: text(),
          errors: listOf(FIELD_ERROR, "What the job's version does not accept of the saved params"),
          at: time(),
        }),
      ),
      suspended: nullable(
        object(
          {
            reason: word(SKIPPED_REASONS),
            scope: word(["schedule", "job", "source", "all"], "What the pause covers"),
            cause: text(),
            since: time(),
            until: nullable(time()),
          },
          "Why nothing of it fires now",
        ),
      ),
      skipNext: listOf(
        object({ at: time(), by: text(), reason: nullable(text()) }),
        "Fires that somebody asked to skip",
      ),
      droppedSkips: DROPPED_SKIPS,
      overlap: OVERLAP,
      catchUp: object({
        policy: word(["skip", "latest", "all", "merge"]),
        windowMs: count(),
        max: integer(),
      }),
      jitterMs: count(),
      timeoutMs: nullable(count()),
      retries: nullable(RETRIES),
      startAt: nullable(time()),
      endAt: nullable(time()),
      maxRuns: nullable(integer()),
      maxFailedShare: nullable(number(undefined, { minimum: 0, maximum: 1 })),
      pauseAfterFailures: nullable(integer("Paused by itself after so many failed runs in a row")),
      sentence: text("When it fires, in words"),
      nextFires: listOf(
        NEXT_FIRE,
        "Those that are to run: without skipped and suspended ones, and none beyond maxRuns",
      ),
      lastRun: nullable(RUN_BRIEF),
      revision: integer("Grows by one at every change; its ETag", { minimum: 1 }),
      firedThrough: time("Every fire up to here has its row"),
      origin: word(["api", "code"]),
      suggested: nullable(SUGGESTED),
      drift: listOf(
        word(DRIFT_FIELDS),
        "Where it differs from suggested, which is what the code suggests now; params that are secret are not compared",
      ),
      createdAt: time(),
      updatedAt: time(),
    },
    "When a job runs, with which params and policies",
  ),
);

export const SCHEDULE_PREVIEW = named(
  "SchedulePreview",
  object({
    sentence: text(),
    timeZone: text(),
    nextFires: listOf(NEXT_FIRE),
    warnings: listOf(object({ code: text(), message: text() })),
  }),
);
