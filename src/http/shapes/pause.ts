// The shapes of pauses, and of what ending one would do to the fires that are owed.
import { count, flag, listOf, named, nullable, object, optional, text, time, word } from "./shape.ts";

const PAUSE_FIELDS = {
  by: text("Who paused it"),
  reason: nullable(text()),
  at: time(),
  until: nullable(time("The first instant that may fire again; null: until somebody resumes")),
};

export const PAUSE = named("Pause", object(PAUSE_FIELDS));

const ENDED = object(
  {
    ...PAUSE_FIELDS,
    endedAt: nullable(time()),
    endedBy: nullable(text("Who resumed it; null when it passed by itself")),
    endedReason: nullable(text("What the resume gave as its reason")),
  },
  "A pause that is over",
);

const SCOPE_FIELDS = {
  scope: word(["all", "source", "job"]),
  source: nullable(text()),
  job: nullable(text()),
  paused: nullable(PAUSE),
  ended: optional(ENDED),
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
    endedPauses: listOf(PAUSE_SCOPE, "The newest pauses that are over, the last that ended first"),
    pauses: listOf(PAUSE_SCOPE, "Everything that is paused as a whole"),
    replicas: listOf(object({ replica: text(), upSince: time(), seenAt: time() })),
  }),
);
