// The shapes of runs, their logs and their refused records.
import { PAGE } from "./page.ts";
import { CANCELLED_REASONS, FAILED_REASONS, RUN_STATES, TRIGGERS } from "../../runs/task-run.ts";
import { SKIPPED_REASONS } from "../../schedules/schedule.ts";
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

const STATE = word(RUN_STATES);
const REASON = nullable(
  word(
    [...FAILED_REASONS, ...SKIPPED_REASONS, ...CANCELLED_REASONS],
    "Why it ended; null before, and on success",
  ),
);
const CAUSE = nullable(text("Why it ended, in words"));

/** What was sent to end an attempt. */
const STEPS = listOf(object({ signal: text("abort, SIGTERM or SIGKILL"), at: time() }));
const GROUP_EMPTY_AT = nullable(time("When nothing that the attempt had started was left"));

export const ACTOR = named(
  "Actor",
  object({ type: word(["service", "token", "local"]), name: text() }, "Who asked for it"),
);

export const RECORD_COUNTS = named(
  "RecordCounts",
  object({ processed: count(), success: count(), failed: count(), skipped: count() }),
);

export const ATTEMPT = named(
  "Attempt",
  object({
    attempt: integer("Its number; never used twice", { minimum: 1 }),
    state: word(RUN_STATES, "What it moved the run to; running while it runs"),
    reason: REASON,
    cause: CAUSE,
    version: nullable(text("Hash of the code that it ran")),
    worker: nullable(text()),
    startedAt: time(),
    finishedAt: nullable(time()),
    durationMs: nullable(count()),
    exitCode: nullable(integer()),
    signal: nullable(text()),
    steps: STEPS,
    groupEmptyAt: GROUP_EMPTY_AT,
    logLines: nullable(object({ from: count(), to: count() }, "The first and the last line of its log")),
    late: flag("The run was no longer its own when it ended; kept for the record"),
  }),
);

const CANCEL = object({
  requestedAt: time(),
  by: nullable(text()),
  reason: nullable(text()),
  waited: optional(flag("It waited and ended at once: there was nothing to send a signal to")),
  steps: optional(STEPS),
  groupEmptyAt: optional(GROUP_EMPTY_AT),
});

const LOG_REMOVED_AT = nullable(
  time(
    "When its lines were removed because of their age (JOBMOUNT_RETENTION_LOGS); null while they are there",
  ),
);

const ERROR = object({
  message: text(),
  stack: nullable(text()),
  file: nullable(text()),
  line: nullable(integer()),
  column: nullable(integer()),
});

export const RUN = named(
  "Run",
  object(
    {
      id: text("run_…"),
      job: text("Key of the job, with . for /"),
      source: text(),
      jobName: nullable(text("As it was called at the start")),
      version: nullable(text("Hash of the code that it ran")),
      versionDeclared: nullable(text("The author's own version")),
      state: STATE,
      reason: REASON,
      cause: CAUSE,
      trigger: word(TRIGGERS),
      schedule: nullable(text("Id of the schedule that it belongs to")),
      scheduleRevision: nullable(integer()),
      fireAt: nullable(time("The due instant that it accounts for")),
      fireThrough: nullable(time("The last due instant, when the row stands for a range of them")),
      fireCount: nullable(count("How many due instants it stands for; null when they are too many to count")),
      queuedAt: time(),
      availableAt: time("Not started before"),
      startedAt: nullable(time()),
      finishedAt: nullable(time()),
      startDelayMs: nullable(count("From when it could have started to when it did")),
      durationMs: nullable(count()),
      attempt: count("Number of its latest attempt; 0 before the first"),
      triesUsed: count(),
      maxAttempts: integer(undefined, { minimum: 1 }),
      priority: integer("Higher goes first", { minimum: -10, maximum: 10 }),
      retryOf: nullable(text("The run that this one does again")),
      batch: nullable(text("The backfill that made it")),
      forAt: nullable(time("The instant that a run of a backfill stands for")),
      onlyRecords: nullable(
        object({
          of: text("The run whose failed records it does again"),
          records: count(),
          left: count("Failed records without a key, which cannot be done again"),
        }),
      ),
      cancel: nullable(CANCEL),
      actor: ACTOR,
      worker: nullable(text("The process that holds or held it")),
      params: map(anything(), 'As saved; a secret is shown as { "secret": true }'),
      progress: nullable(
        object({ percent: number(undefined, { minimum: 0, maximum: 100 }), message: nullable(text()) }),
      ),
      records: RECORD_COUNTS,
      result: anything("What the job returned besides counts"),
      error: nullable(ERROR),
      log: object({
        lines: count(),
        bytes: count(),
        droppedBytes: count("Beyond the cap, not stored"),
        removedAt: LOG_REMOVED_AT,
      }),
      attempts: optional(listOf(ATTEMPT, "Where one run is shown, oldest first")),
    },
    "One intended execution of a job",
  ),
);

export const RUN_BRIEF_FIELDS = {
  id: text(),
  state: STATE,
  reason: REASON,
  fireAt: nullable(time()),
  startedAt: nullable(time()),
  finishedAt: nullable(time()),
  durationMs: nullable(count()),
};

export const RUN_BRIEF = named("RunBrief", object(RUN_BRIEF_FIELDS));

export const RUN_MARK = named(
  "RunMark",
  object(
    { id: text(), state: STATE, reason: optional(REASON), durationMs: optional(count()) },
    "As little of a run as a strip of them draws; what would be null is left out",
  ),
);

export const LOG_LINE = named(
  "LogLine",
  object({
    seq: integer("Grows by one over all attempts of the run", { minimum: 1 }),
    time: time(),
    level: word(["debug", "info", "warn", "error"]),
    stream: word(["log", "stdout", "stderr"]),
    attempt: integer(undefined, { minimum: 1 }),
    text: text(),
    fields: optional(map(anything())),
  }),
);

export const LOG_LINE_LIST = object({ data: listOf(LOG_LINE), page: PAGE, removedAt: LOG_REMOVED_AT });

export const FAILED_RECORD = named(
  "FailedRecord",
  object({ seq: integer(undefined, { minimum: 1 }), key: nullable(text()), reason: nullable(text()) }),
);

export const FAILED_RECORD_LIST = object({
  data: listOf(FAILED_RECORD),
  page: PAGE,
  records: object({
    failed: count("Of the run's latest attempt"),
    kept: count("Those of them that are listed here"),
    notKept: count("Beyond the cap"),
  }),
});
