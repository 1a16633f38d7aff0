// The jobs that can be chosen: a page of them, and of more than that those whose name or key holds what somebody types.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get } from "../api/client.ts";
import type { JobBrief, List } from "../api/contract.ts";
import { whenIdle } from "../shell/idle.ts";

/** As many as REST answers at once; they come without their runs. */
const MOST_JOBS = 200;
/** Of what is typed, as many as somebody reads. */
const MOST_FOUND = 20;
/** A pause in typing. */
const QUIET_MS = 150;

export interface JobChoices {
  jobs: readonly JobBrief[];
  /** There are more than `jobs`: they have to be searched for. */
  hasMore: boolean;
}

const NONE: JobChoices = { jobs: [], hasMore: false };

/** Without a text the first ones of all. */
export function jobChoices(q?: string, limit = MOST_JOBS) {
  return {
    queryKey: ["job-choices", "/jobs", q, limit] as const,
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<JobChoices> => {
      const found = await get<List<JobBrief>>("/jobs", { brief: true, recentRuns: 0, q, limit }, signal);
      return { jobs: found.data, hasMore: found.page.hasMore };
    },
    staleTime: 60_000,
  };
}

/** `isShown`: the list is there. Runs do not change what can be chosen, so only changes of jobs have it read anew. */
export function useJobChoices(isShown: boolean): JobChoices {
  const [isIdle, setIdle] = useState(false);
  useEffect(() => (isShown ? whenIdle(() => setIdle(true)) : undefined), [isShown]);
  return useQuery({ ...jobChoices(), enabled: isIdle }).data ?? NONE;
}

/** Those whose name or key holds the text; what was found before stays until there is an answer. */
export function useFoundJobs(text: string): readonly JobBrief[] {
  const [q, setQ] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setQ(text), QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data } = useQuery({
    ...jobChoices(q.trim() || undefined, MOST_FOUND),
    placeholderData: (before: JobChoices | undefined) => before,
  });
  return data?.jobs ?? NONE.jobs;
}
