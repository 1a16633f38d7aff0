// The shapes of the fleet, and of past and future in one window.
import { TRIGGERS } from "../../runs/task-run.ts";
import { PLANNED_FIRE } from "./figures.ts";
import { RUN_BRIEF_FIELDS } from "./run.ts";
import { count, flag, listOf, named, nullable, object, text, time, word } from "./shape.ts";

export const WORKER = named(
  "Worker",
  object(
    {
      worker: text("As runs name it"),
      upSince: nullable(time("Null: it does not look for due fires, or is not there any more")),
      seenAt: nullable(time()),
      running: count("Runs that it executes now, of what the token may see"),
    },
    "A process that executes runs",
  ),
);

export const TIMELINE = named(
  "Timeline",
  object({
    since: time(),
    until: time(),
    now: time(),
    runs: listOf(
      object({
        ...RUN_BRIEF_FIELDS,
        job: text(),
        source: text(),
        schedule: nullable(text()),
        trigger: word(TRIGGERS),
        queuedAt: time(),
        fireThrough: nullable(time("The last fire that a skipped run accounts for")),
      }),
      "Queued in the window, newest first",
    ),
    planned: listOf(PLANNED_FIRE, "From now on, in order"),
    moreRuns: flag("There are more runs than are shown: GET /runs has them all"),
    morePlanned: flag("There are more fires than are shown, or more schedules than were looked at"),
  }),
);
