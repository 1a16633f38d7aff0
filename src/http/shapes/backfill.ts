// The shapes of backfills: what was asked for, and the batch of runs that came of it.
import { RUN_STATES } from "../../runs/task-run.ts";
import { count, flag, listOf, named, nullable, object, optional, text, time } from "./shape.ts";

export const BACKFILL = named(
  "Backfill",
  object(
    {
      schedule: text("Id of the schedule"),
      batch: nullable(text("bat_…; null of a dry run, and when there was nothing to run")),
      dryRun: flag("true: nothing was made"),
      runs: count("Instants that got a run, or would get one"),
      leftOut: optional(count("Instants of the range that ran already; only in the first answer")),
      from: nullable(time("The first instant with a run")),
      to: nullable(time("The last one")),
      fires: optional(listOf(time(), "The first 20 of them; only in the first answer")),
    },
    "Runs for instants of the past",
  ),
);

const STATES = Object.fromEntries(RUN_STATES.map((state) => [state, optional(count())])) as Record<
  (typeof RUN_STATES)[number],
  ReturnType<typeof optional<number>>
>;

export const BATCH = named(
  "Batch",
  object(
    {
      batch: text("bat_…"),
      schedule: text("Id of the schedule"),
      job: text("Key of the job, with . for /"),
      source: text(),
      from: time("The first instant with a run"),
      to: time("The last one"),
      runs: count(),
      states: object(STATES, "How many of its runs are in which state"),
      cancelled: optional(count("Runs that this request ended; only in the answer to a cancel")),
      asked: optional(count("Runs that this request asked to end; only in the answer to a cancel")),
    },
    "A backfill, as it stands now",
  ),
);
