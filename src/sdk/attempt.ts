// One attempt at a job: construct it, await its execute, settle what it returned.
import type { AttemptContext, SettledResult } from "./context.ts";
import { definedMark, type Constructed, type JobConstructor, type JobInstance } from "./job.ts";
import { settleResult } from "./result.ts";
import type { CheckSchema, JsonSchema } from "./spec.ts";

export interface RunOptions {
  /** Without it a declared resultSchema is not looked at. */
  checkSchema?: CheckSchema;
}

/** A new job object with its tools on it. Throws what the job's own constructor throws. */
export function constructJob(JobClass: unknown, context: AttemptContext): JobInstance {
  return construct(JobClass, context).job;
}

/**
 * Runs one attempt to its end. What the job throws is thrown through. Once settled, the job object is mute: what its
 * forgotten promises still log, count or store goes nowhere.
 */
export async function runAttempt(
  JobClass: unknown,
  context: AttemptContext,
  options: RunOptions = {},
): Promise<SettledResult> {
  const { job, tools } = construct(JobClass, context);
  try {
    const returned: unknown = await job.execute();
    return settleResult(returned, tools.counts(), resultSchemaOf(JobClass), options.checkSchema);
  } finally {
    tools.close();
  }
}

function construct(JobClass: unknown, context: AttemptContext): Constructed {
  const mark = definedMark(JobClass);
  if (!mark) throw new TypeError("the Job class does not extend defineJob(…) of jobmount");
  return mark.construct(JobClass as JobConstructor, context);
}

function resultSchemaOf(JobClass: unknown): JsonSchema | null {
  const definition = definedMark(JobClass)?.definition;
  if (typeof definition !== "object" || definition === null || !("resultSchema" in definition)) return null;
  return (definition.resultSchema as JsonSchema | undefined) ?? null;
}
