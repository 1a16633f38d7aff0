// The examples that come with Jobmount: their suggested schedules are created at a first start, so that a stranger sees runs.
import { createHash } from "node:crypto";
import type { VersionHistory } from "../catalog/history.ts";
import type { CatalogEntry, VersionFile } from "../catalog/version.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { SuggestedSchedule } from "../sdk/spec.ts";
import type { CodeSchedules } from "./code-schedules.ts";

/**
 * The examples that come with Jobmount, by what `filesHash` makes of them. A tenant may call a job `heartbeat` too, in the
 * place where the examples lay, and its suggestions wait for an admin: so neither key nor path tells, the contents do.
 */
const BUNDLED: Readonly<Record<string, string>> = {
  heartbeat: "fe7bc0d177fa831071db784d98e8aea30eacbd7e7fb2ab08fdd99f076280d532",
  import_cities: "22b6809b80e06d32a706650763e534151072d3ce680954b9ddc2571ffa107a5e",
};

const KNOWN_LIMIT = 200;

export interface BundledDeps {
  history: Pick<VersionHistory, "find">;
  schedules: Pick<Schedules, "create" | "describe" | "list">;
  codeSchedules: Pick<CodeSchedules, "apply">;
  log: Logger;
}

export interface CreatedSchedule {
  job: string;
  sentence: string;
}

/** May be repeated after one that did not get to its end: an example that has a schedule of its code is left alone. */
export async function createBundledSchedules(
  entries: readonly CatalogEntry[],
  { history, schedules, codeSchedules, log }: BundledDeps,
): Promise<CreatedSchedule[]> {
  const created: CreatedSchedule[] = [];
  for (const entry of entries) {
    if (!entry.spec || !(await isBundled(entry, history))) continue;
    // With JOBMOUNT_CODE_SCHEDULES=apply both would find none.
    await codeSchedules.apply([entry]);
    const known = await schedules.list({ source: entry.source, jobKey: entry.key, limit: KNOWN_LIMIT });
    if (known.some(({ origin }) => origin === "code")) continue;
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

async function isBundled(entry: CatalogEntry, history: BundledDeps["history"]): Promise<boolean> {
  const { source, key, currentVersion } = entry;
  const expected = BUNDLED[key];
  if (expected === undefined || currentVersion === null) return false;
  const [version] = await history.find(source, key, currentVersion);
  return version !== undefined && filesHash(version.files) === expected;
}

/** sha256 over the paths and contents of a version's own files; lock files are those of the folder around it. */
function filesHash(files: readonly VersionFile[]): string {
  const own = files.filter(({ role }) => role !== "lock").map(({ path, sha256 }) => `${path} ${sha256}\n`);
  return createHash("sha256").update(own.sort().join("")).digest("hex");
}

async function create(
  entry: CatalogEntry,
  suggestion: SuggestedSchedule,
  schedules: BundledDeps["schedules"],
): Promise<CreatedSchedule> {
  const schedule = await schedules.create(
    { source: entry.source, jobKey: entry.key, fields: { ...suggestion }, suggestion },
    "first start",
  );
  return { job: entry.key, sentence: schedules.describe(schedule, 1).sentence };
}
