// One warning at a start for secrets that no key at hand opens, before a run finds it out at night.
import type { Database } from "../db/database.ts";
import { countSealed, withoutKey, withoutKeyInWords } from "../db/secret-rotation.ts";
import type { Vault } from "../db/secrets.ts";
import { SettingsStore } from "../db/settings-store.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";

/** Ids of all keys that may have sealed what is stored: while each of them is there, no table has to be read. */
const SETTING = "secret_keys";

interface Parts {
  database: Database;
  vault: Vault;
  log: Logger;
}

/** Looks while the service starts and works, and holds up neither; what it returns ends it and does not wait. */
export function warnOfUnreadable(parts: Parts): () => void {
  const ending = new AbortController();
  void look(parts, ending.signal).catch((error: unknown) => {
    if (ending.signal.aborted) return;
    parts.log.warn({ error: messageOf(error) }, "whether every secret has its key could not be found out");
  });
  return () => ending.abort();
}

async function look({ database, vault, log }: Parts, signal: AbortSignal): Promise<void> {
  const settings = new SettingsStore(database);
  const told = await settings.get(SETTING);
  const sealing = told?.split(",") ?? [];
  const newest = vault.newestKeyId;
  if (told !== undefined && sealing.every((id) => vault.hasKey(id))) {
    if (!sealing.includes(newest)) await settings.set(SETTING, [newest, ...sealing].join(","));
    return;
  }
  const found = await countSealed(database, vault, signal);
  const ids = [...new Set([newest, ...vault.keyIds, ...Object.keys(found.others)])];
  await settings.set(SETTING, ids.join(","));
  const left = withoutKey(found, vault);
  const words = withoutKeyInWords(left);
  if (words === undefined) return;
  const next = "runs that need them fail. Add the missing key behind the others, or save those values again";
  log.warn({ values: left }, `${words}: ${next}`);
}
