// What an admin sets for a job, in its row; switching it off is also a suspension that its schedules read.
import { isDeepStrictEqual } from "node:util";
import type { SettingsChange } from "../catalog/store.ts";
import type { CatalogEntry, JobSettings } from "../catalog/version.ts";
import { newId } from "../ids.ts";
import type { Database } from "./database.ts";
import { changePause } from "./pauses.ts";
import { fromJson, type Sql, type SqlRow, toJson } from "./sql.ts";

export function settingsOf(row: SqlRow): JobSettings {
  return {
    overrides: (fromJson(row["overrides"]) ?? {}) as JobSettings["overrides"],
    notes: row["notes"] === null ? null : String(row["notes"]),
    revision: Number(row["revision"]),
  };
}

/** The row is locked by whoever calls. What changes nothing is not written. */
export async function writeSettings(
  database: Database,
  sql: Sql,
  entry: CatalogEntry,
  change: SettingsChange,
  actor: string,
): Promise<void> {
  const { source, key, enabled, settings } = entry;
  const { overrides, notes } = settings;
  if (isDeepStrictEqual({ enabled, overrides, notes }, change)) return;
  await sql.run(
    "UPDATE jobs SET enabled = ?, overrides = ?, concurrency_set = ?, notes = ?, revision = revision + 1, " +
      "changed_at = ? WHERE source = ? AND job_key = ?",
    [
      change.enabled ? 1 : 0,
      toJson(change.overrides),
      change.overrides.concurrency ?? null,
      change.notes,
      database.now(),
      source,
      key,
    ],
  );
  if (enabled === change.enabled) return;
  await changePause(database, sql, { kind: "job_off", source, jobKey: key }, (open) => {
    const at = database.now();
    if (change.enabled) return open && { ...open, endedAt: at, endedBy: actor };
    const scope = { kind: "job_off", source, jobKey: key } as const;
    const begun = { id: newId("pau", at), scope, by: actor, reason: null, at, until: null };
    return open ?? { ...begun, endedAt: null, endedBy: null, endedReason: null };
  });
}
