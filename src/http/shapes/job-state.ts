// The shape of a job's durable values.
import { anything, listOf, map, named, nullable, object, text, time } from "./shape.ts";

export const JOB_STATE = named(
  "JobState",
  object(
    {
      job: text(),
      source: text(),
      schedule: nullable(text("Whose values these are; null: the job's")),
      values: map(anything("As the job set it; { secret: true } where it holds a secret")),
      updatedAt: nullable(time()),
      schedules: listOf(text(), "Schedules that have values of their own, at most 200"),
    },
    "What a job keeps between its runs",
  ),
);
