// Reads what the first screen shows before it is drawn, so that it is drawn once and not three times over.
import type { QueryClient } from "@tanstack/react-query";
import { fromSearch } from "../words/search.ts";
import { PAGE_BASE } from "./base.ts";
import type { Meta } from "./contract.ts";
import { askedAhead, dropEarly } from "./early.ts";
import { firstLists, firstThing } from "./first-reads.ts";
import { ME, reading, readingOne } from "./queries.ts";

/** Ends when all of it is there, or has failed: the screen says so then. */
export async function readAhead(client: QueryClient): Promise<void> {
  await askedAhead();
  const me = await client.fetchQuery(ME).catch(() => null);
  if (!me) return;
  const path = location.pathname.slice(PAGE_BASE.length);
  const lists = firstLists(path, fromSearch(location.search), me);
  const thing = firstThing(path);
  const reads = [
    client.prefetchQuery(reading<Meta>("/meta")),
    ...lists.map((read) => client.prefetchQuery(reading(...read))),
    ...(thing ? [client.prefetchQuery(readingOne(thing))] : []),
  ];
  dropEarly();
  await Promise.all(reads);
}
