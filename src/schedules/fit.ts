// Whether saved params still fit the job's version (R7): the port to the rows that nobody has held against it yet.
import type { FieldError } from "../errors.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { Schedule } from "./schedule.ts";

/** Schedules of one job whose params were not held against what it serves now. */
export interface Unchecked {
  source: string;
  jobKey: string;
  /** The version that serves, its spec, and the digest of its params. */
  version: string;
  spec: JobSpec;
  digest: string;
  schedules: Schedule[];
}

/** Implemented by `db/fit-store`. */
export interface FitStore {
  /** At most `limit` schedules, of one job or of all, in order of id with ids after `after`, grouped by job. */
  unchecked(limit: number, job?: { source: string; jobKey: string }, after?: string): Promise<Unchecked[]>;
  /** They were held against it; one that was changed since (another revision) stays to be looked at. */
  checked(schedules: readonly Pick<Schedule, "id" | "revision">[], digest: string): Promise<void>;
  /** They are to be looked at again, whatever was found before. */
  forget(ids: readonly string[]): Promise<void>;
}

export type Fit = { fits: true } | { fits: false; errors: readonly FieldError[] };

/** Pure: what the answer of a check means for a schedule; undefined: it stays as it is. */
export function decideHold(
  schedule: Pick<Schedule, "held">,
  fit: Fit,
  version: string,
): { hold: { reason: string; errors: readonly FieldError[] } } | "release" | undefined {
  if (fit.fits) return schedule.held === null ? undefined : "release";
  return { hold: { reason: reasonOf(fit.errors, version), errors: fit.errors } };
}

/** `the saved params do not fit version 9c41f02: region is required`; values of secrets are in no message. */
function reasonOf(errors: readonly FieldError[], version: string): string {
  // A param that is unknown is named by its sentence already.
  const fields = errors.map(({ pointer, code, message }) =>
    code === "unknown" ? message : `${pointer.replace(/^\/params\//, "")} ${message}`,
  );
  const shown = fields.slice(0, 3).join("; ");
  const more = fields.length > 3 ? ` and ${fields.length - 3} more` : "";
  return `the saved params do not fit version ${version.slice(0, 7)}: ${shown}${more}`;
}
