// Which schedule somebody means: by its id, its name, or the job whose only schedule it is.
import { CliError, EXIT } from "./exit.ts";
import { fetchAll, type RemoteSchedule } from "./remote.ts";
import type { Server } from "./server.ts";

/** Shown in the help of every verb that takes one. */
export const SCHEDULE_ARGUMENT = "sch_…, its name, or the job whose only schedule it is";

export function schedulePath(id: string): string {
  return `/schedules/${encodeURIComponent(id)}`;
}

/** The id; exit code 4 when nothing or more than one thing has this name. */
export async function scheduleIdOf(server: Server, text: string, signal: AbortSignal): Promise<string> {
  if (text.startsWith("sch_")) return text;
  const all = await fetchAll<RemoteSchedule>(server, "/schedules", {}, signal);
  const named = all.filter(({ name }) => name?.toLowerCase() === text.toLowerCase());
  const job = text.replaceAll("/", ".");
  const found =
    named.length > 0 ? named : all.filter((one) => one.job === job || `${one.source}:${one.job}` === job);
  if (found.length === 1) return found[0]!.id;
  const list = "npx jobmount schedules list shows all.";
  if (found.length === 0) throw new CliError(EXIT.refused, `There is no schedule "${text}". ${list}`);
  const ids = found.slice(0, 10).map(({ id, sentence }) => `  ${id}  ${sentence}`);
  throw new CliError(
    EXIT.refused,
    `"${text}" may mean ${found.length} schedules; say which:\n${ids.join("\n")}`,
  );
}
