// The jobs that a filter names: `job=` of the lists of what jobs did or did wrong.
import { ExpectedError, type FieldError, invalid } from "../errors.ts";
import { findJob, splitAddress } from "./address.ts";
import type { Call } from "./context.ts";

export interface JobName {
  source: string;
  key: string;
}

/** `source:key` is taken as it is, so that a job that is long gone is found too; a bare key has to mean a job. */
export function jobsAsked(call: Call<object, object>, names: readonly string[] = []): JobName[] {
  const errors: FieldError[] = [];
  const jobs: JobName[] = [];
  for (const name of names) {
    const { source, key } = splitAddress(name);
    if (source !== undefined) {
      jobs.push({ source, key });
      continue;
    }
    try {
      const entry = findJob(call.deps.jobs, call.deps.params.nearest, call.principal, name);
      jobs.push({ source: entry.source, key: entry.key });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      const code = error.code === "not_found" ? "unknown_job" : error.code;
      errors.push({ pointer: "/query/job", code, message: error.message });
    }
  }
  if (errors.length > 0) throw invalid(errors);
  return jobs;
}
