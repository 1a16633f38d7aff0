// How the verbs that list write a job: so that what they print can be given to any other verb.
import { jobName } from "../catalog/key.ts";
import { fetchShort } from "./remote.ts";
import type { Server } from "./server.ts";

/** The name of a job of this service: its bare key, or `source:key` where that may mean another. */
export async function jobNames(
  server: Server,
  signal: AbortSignal,
): Promise<(source: string, key: string) => string> {
  const mounted = (await fetchShort<{ name: string }>(server, "/sources", signal)).map(({ name }) => name);
  return (source, key) => jobName(source, key, mounted);
}
