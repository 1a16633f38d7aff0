// A merge patch onto what an admin sets for a job: the same policies that a schedule may set, bounded alike.
import { invalid } from "../errors.ts";
import type { JobOverrides } from "../sdk/spec.ts";
import { type Fields, Problems } from "./input-values.ts";
import { merge } from "./patch.ts";
import { OVERLAPS, readNumber, readRetries, TIMEOUT } from "./policy-input.ts";

/** What is set for a job, as a whole. */
export interface JobSet {
  enabled: boolean;
  overrides: JobOverrides;
  notes: string | null;
}

const MAX_NOTES = 4_000;
/** As a job itself may declare it. */
const CONCURRENCY = { min: 1, max: 10_000, whole: true };
const SHARE = { min: 0, max: 1, whole: false };

/** What is set after the patch; null takes back what was set. Throws ExpectedError 422 with every problem. Pure. */
export function patchJob({ enabled, overrides, notes }: JobSet, patch: Fields): JobSet {
  const fields = merge({ enabled, notes: notes ?? undefined, ...overrides }, patch);
  const problems = new Problems();
  const set = {
    enabled: fields["enabled"] === undefined ? true : problems.boolean(fields["enabled"], "/enabled"),
    notes: fields["notes"] === undefined ? null : problems.text(fields["notes"], "/notes", MAX_NOTES),
    overrides: readOverrides(fields, problems),
  };
  if (problems.errors.length > 0) throw invalid(problems.errors);
  return { enabled: set.enabled ?? true, notes: set.notes ?? null, overrides: set.overrides };
}

function readOverrides(fields: Fields, problems: Problems): JobOverrides {
  const overlap =
    fields["overlap"] === undefined ? undefined : problems.oneOf(fields["overlap"], "/overlap", OVERLAPS);
  const read = {
    timeoutMs: problems.duration(fields, "timeout", "", TIMEOUT),
    retries: readRetries(fields["retries"], problems) ?? undefined,
    overlap,
    concurrency: readNumber(fields, "concurrency", CONCURRENCY, problems) ?? undefined,
    maxFailedShare: readNumber(fields, "maxFailedShare", SHARE, problems) ?? undefined,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}
