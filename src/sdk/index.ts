// What job.ts imports: `import { defineJob, PermanentError, RetryLater } from "jobmount"`. Nothing else is public.
import { PermanentError, RetryLater } from "./errors.ts";
import { defineJob } from "./job.ts";

export { defineJob, PermanentError, RetryLater };
export type { JobDefinition } from "./job.ts";
export type { Definition, DurationText, SizeText } from "./definition.ts";
export type { ParamInput } from "./author-params.ts";
export type { JobReturn } from "./result-input.ts";
export type { JobFile, JobLog, JobRecords, JobState, ReportProgress } from "./tools.ts";
export type { JsonSchema, RunInfo } from "./spec.ts";

/** A bundle holds no SDK of its own; it finds the one of the process that runs it here. */
const PUBLISHED = Symbol.for("jobmount.sdk");

if (!Object.hasOwn(globalThis, PUBLISHED)) {
  Object.defineProperty(globalThis, PUBLISHED, {
    value: Object.freeze({ defineJob, PermanentError, RetryLater }),
  });
}
