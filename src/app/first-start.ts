// The very first start with an empty database: the bundled examples' suggested schedules, so that a stranger sees runs.
import type { CatalogEntry } from "../catalog/version.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { SuggestedSchedule } from "../sdk/spec.ts";

/** The examples that come with Jobmount; a tenant's own suggestions wait for an admin. */
const BUNDLED = new Set(["heartbeat", "import_cities"]);

export async function createBundledSchedules(
  entries: readonly CatalogEntry[],
  schedules: Schedules,
  log: Logger,
): Promise<{ job: string; sentence: string }[]> {
  const created: { job: string; sentence: string }[] = [];
  for (const entry of entries) {
    if (!BUNDLED.has(entry.key) || !entry.spec) continue;
    for (const suggestion of entry.spec.schedules) {
      try {
        created.push(await create(entry, suggestion, schedules));
      } catch (error) {
        log.warn({ job: entry.key, error: messageOf(error) }, "a suggested schedule could not be created");
      }
    }
  }
  return created;
}

async function create(entry: CatalogEntry, suggestion: SuggestedSchedule, schedules: Schedules) {
  const schedule = await schedules.create(
    { source: entry.source, jobKey: entry.key, fields: { ...suggestion }, origin: "code" },
    "first start",
  );
  return { job: entry.key, sentence: schedules.describe(schedule, 1).sentence };
}
