// What is read, and by which name: the first word of an address is what change notices make stale.
import { keepPreviousData, QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { ApiError, get, type Query, read } from "./client.ts";
import type { List, Principal } from "./contract.ts";

/** One read of REST; lists keep what they show while another page of them comes. */
export function reading<T>(path: string, query: Query = {}) {
  return queryOptions({
    queryKey: [path.split("/")[1] ?? "", path, query] as const,
    queryFn: ({ signal }) => get<T>(path, query, signal),
    placeholderData: keepPreviousData as never,
  });
}

/** The most rows that the service puts on one page. */
const LARGEST_PAGE = 200;

/** A whole list, page by page: for what is chosen from, or shown beside something else. */
export function readingAll<T>(path: string, query: Query = {}) {
  return queryOptions({
    queryKey: [path.split("/")[1] ?? "", path, "all", query] as const,
    queryFn: async ({ signal }) => {
      const rows: T[] = [];
      for (let cursor: string | undefined; ;) {
        const asked = { ...query, limit: LARGEST_PAGE, cursor };
        const { data, page } = await get<List<T>>(path, asked, signal);
        rows.push(...data);
        if (page.next === null) return rows;
        cursor = page.next;
      }
    },
  });
}

/** One thing with its ETag; another one is never shown in its place. */
export function readingOne<T>(path: string) {
  return queryOptions({
    queryKey: [path.split("/")[1] ?? "", path, "one"] as const,
    queryFn: ({ signal }) => read<T>(path, signal),
  });
}

export const ME = queryOptions({
  queryKey: ["me"] as const,
  queryFn: async ({ signal }) => {
    try {
      return await get<Principal>("/me", {}, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** Who is signed in; only below the shell, which shows the sign-in otherwise. */
export function useMe(): Principal {
  const { data } = useQuery(ME);
  if (!data) throw new Error("nobody is signed in");
  return data;
}

/** Nobody is signed in any more: whoever comes next must not see what this one saw. */
export function forget(client: QueryClient): void {
  client.setQueryData(ME.queryKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME.queryKey[0] });
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // A page that is shown again opens its stream again, and reads everything then, unless updates are paused.
        refetchOnWindowFocus: false,
        // Whether the service can be reached has little to do with what a browser calls "online": it may be this machine.
        networkMode: "always",
        // What the service refused it refuses again; what it could not do it may do in a moment.
        retry: (count, error) =>
          count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
        retryDelay: (count) => 500 * 2 ** count,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
