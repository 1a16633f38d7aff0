// The shapes of pauses, and of what ending one would do to the fires that are owed.
import { count, flag, listOf, named, nullable, object, optional, text, time, word } from "./shape.ts";

export const PAUSE = named(
  "Pause",
  object({
    by: text("Who paused it"),
    reason: nullable(text()),
    at: time(),
    until: nullable(time("The first instant that may fire again; null: until somebody resumes")),
  }),
);

const SCOPE_FIELDS = {
  scope: word(["all", "source", "job"]),
  source: nullable(text()),
  job: nullable(text()),
  paused: nullable(PAUSE),
};

export const PAUSE_SCOPE = named(
  "PauseScope",
  object(SCOPE_FIELDS, "What is paused as a whole, and its pause"),
);

/** Beside what a change answers, when there are some. */
export const DROPPED_SKIPS = optional(
  listOf(
    object({ at: time(), by: text(), reason: nullable(text()) }),
    "Fires that somebody asked to skip, and that the changed schedule does not have",
  ),
);

export const EFFECT = named(
  "Effect",
  object(
    {
      dryRun: flag("true: nothing was changed"),
      runs: count("Fires that would run"),
      skipped: nullable(count("Fires that stay skipped; null when they are too many to count")),
      skippedFrom: nullable(time()),
      skippedThrough: nullable(time()),
      nextFireAt: nullable(time("The next fire that would run")),
      droppedSkips: DROPPED_SKIPS,
      schedules: optional(count("How many schedules it is about")),
    },
    "What a change would do",
  ),
);

export const SCHEDULER = named(
  "Scheduler",
  object({
    ...SCOPE_FIELDS,
    pauses: listOf(PAUSE_SCOPE, "Everything that is paused as a whole"),
    replicas: listOf(object({ replica: text(), upSince: time(), seenAt: time() })),
  }),
);
