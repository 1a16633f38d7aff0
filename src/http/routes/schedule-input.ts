// Everything that is wrong in the body of a new schedule, told at once: the job that it names, and what its fields mean.
import { ExpectedError, type FieldError } from "../../errors.ts";
import { readDefinition } from "../../schedules/input.ts";
import { type AnyRequest, jobNamed } from "./schedule-replies.ts";

export function wrongFields(call: AnyRequest): FieldError[] {
  const { job, ...fields } = call.body as Record<string, unknown>;
  const { clock, meta } = call.deps;
  // What the job itself says for these holds for a schedule that can be made; here any right one will do.
  const defaults = { now: clock.now(), timeZone: meta.timeZone, overlap: "skip" } as const;
  return [
    ...(typeof job === "string" ? errorsOf(() => jobNamed(call, job, "/job")) : []),
    ...errorsOf(() => readDefinition(fields, defaults)),
  ];
}

function errorsOf(work: () => unknown): readonly FieldError[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ExpectedError && error.status === 422) return error.fields;
    throw error;
  }
}
