// The shapes of jobs, of what keeps one from loading, and of the sources that they come from.
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
import { PAUSE } from "./pause.ts";
import { RUN_BRIEF, RUN_MARK } from "./run.ts";
import { OVERLAP, RETRIES, SCHEDULE, SUGGESTED } from "./schedule.ts";

const LOAD_STATE = word(
  ["ready", "stale", "error", "missing", "invalid"],
  "stale: the newest version does not load and the last good one serves",
);

const ISSUE = {
  code: text("A rule of docs/load-errors.md, or what the build found"),
  message: text(),
  line: nullable(integer()),
  column: nullable(integer()),
  hint: nullable(text("The next step")),
};

const LOAD_ERROR_FIELDS = {
  ...ISSUE,
  file: nullable(text("Inside the source")),
  frame: nullable(text("The lines around the place")),
  problems: optional(listOf(object(ISSUE), "Each mistake by itself, where there are several")),
  hash: nullable(text("Over the files that do not load, as they are now")),
  serving: nullable(text("The version that runs go on using")),
  since: time("Since when nothing in its folder loads"),
};

export const LOAD_ERROR = named("LoadError", object(LOAD_ERROR_FIELDS));

export const FAILED_LOAD = named(
  "FailedLoad",
  object({
    job: text("Key, or the path of what is no job"),
    source: text(),
    loadState: LOAD_STATE,
    ...LOAD_ERROR_FIELDS,
  }),
);

const PARAMS = map(anything("As the job declares it; without default and example where it is secret"));

/** What a version declares; null or empty where nothing ever loaded. */
export const SPEC_FIELDS = {
  description: nullable(text()),
  tags: listOf(text()),
  requiredParams: PARAMS,
  optionalParams: PARAMS,
  paramGroups: listOf(
    object({
      params: listOf(text()),
      min: optional(count()),
      max: optional(count()),
      message: optional(text()),
    }),
  ),
  paramsSchema: nullable(map(anything(), "JSON Schema 2020-12 of the params")),
  resultSchema: nullable(map(anything(), "JSON Schema 2020-12 of the result")),
  suggestedSchedules: listOf(SUGGESTED),
  timeoutMs: nullable(count()),
  retries: nullable(RETRIES),
  concurrency: nullable(integer(undefined, { minimum: 1 })),
  overlap: nullable(OVERLAP),
  isolation: nullable(word(["reuse", "fresh"])),
  memoryBytes: nullable(count()),
  maxFailedShare: nullable(number()),
};

export const SPEC = object(SPEC_FIELDS);

export const JOB = named(
  "Job",
  object(
    {
      key: text("With . for /"),
      source: text(),
      name: text(),
      loadState: LOAD_STATE,
      loadError: nullable(LOAD_ERROR),
      version: nullable(
        object({ hash: text(), loadedAt: nullable(time()), declared: nullable(text()) }, "What new runs use"),
      ),
      pinned: flag("It keeps its version, whatever the folder holds"),
      enabled: flag("false: switched off; nothing of it runs"),
      overrides: object(
        {
          timeoutMs: optional(count()),
          retries: optional(RETRIES),
          overlap: optional(OVERLAP),
          concurrency: optional(integer(undefined, { minimum: 1 })),
          maxFailedShare: optional(number()),
        },
        "What an admin set above what the job declares; it is in timeoutMs, retries, … below already",
      ),
      notes: nullable(text("Of an admin, for whoever comes next")),
      revision: count("Of what an admin set; the ETag of the job"),
      paused: nullable(PAUSE),
      ...SPEC_FIELDS,
      schedules: listOf(SCHEDULE),
      recentRuns: listOf(RUN_BRIEF, "The last 30, newest first"),
      nextRunAt: nullable(time()),
    },
    "What a task directory defines",
  ),
);

export const JOB_BRIEF = named(
  "JobBrief",
  object(
    {
      key: text("With . for /"),
      source: text(),
      name: text(),
      loadState: LOAD_STATE,
      enabled: flag("false: switched off; nothing of it runs"),
      pinned: flag("It keeps its version, whatever the folder holds"),
      paused: nullable(PAUSE),
      schedule: nullable(object({ id: text(), sentence: text() }, "The first of its schedules")),
      scheduleCount: count("Of its schedules"),
      recentRuns: listOf(RUN_MARK, "The last 30 unless recentRuns says otherwise, newest first"),
      nextRunAt: nullable(time()),
    },
    "What a list shows of a job: GET /jobs with brief=true",
  ),
);

export const VALIDATED_PARAMS = named(
  "ValidatedParams",
  object({ params: map(anything(), "As the job would get them; secrets are not shown") }),
);
