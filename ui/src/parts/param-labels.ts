// What a job calls its params, for lists of their values: read only where there are any, and kept for a while.
import { useQuery } from "@tanstack/react-query";
import type { Job } from "../api/contract.ts";
import { readingOne } from "../api/queries.ts";
import { fieldsOf } from "../form/fields.ts";
import { addressOfJob } from "../words/address.ts";

const NONE: Readonly<Record<string, string>> = {};

/** Labels by name; none while they are read, and none of a job that is gone. */
export function useParamLabels(
  of: { job: string; source: string },
  isWanted: boolean,
): Readonly<Record<string, string>> {
  const read = readingOne<Job>(`/jobs/${encodeURIComponent(addressOfJob(of))}`);
  const { data } = useQuery({ ...read, enabled: isWanted, staleTime: 60_000 });
  if (!isWanted || !data) return NONE;
  return Object.fromEntries(fieldsOf(data.data).map(({ name, label }) => [name, label]));
}
