// The jobs that a filter lists: read when the list itself is there, since they come with all that is known of them.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get } from "../api/client.ts";
import type { Job, List } from "../api/contract.ts";
import { whenIdle } from "../shell/idle.ts";

/** As many as REST answers at once. */
const MOST_JOBS = 200;

/** `isShown`: the list is there. Runs do not change what can be chosen, so only changes of jobs have it read anew. */
export function useJobChoices(isShown: boolean): readonly Job[] {
  const [isIdle, setIdle] = useState(false);
  useEffect(() => (isShown ? whenIdle(() => setIdle(true)) : undefined), [isShown]);
  const { data } = useQuery({
    queryKey: ["job-choices", "/jobs"],
    queryFn: ({ signal }) => get<List<Job>>("/jobs", { limit: MOST_JOBS }, signal),
    enabled: isIdle,
    staleTime: 60_000,
  });
  return data?.data ?? NONE;
}

const NONE: readonly Job[] = [];
