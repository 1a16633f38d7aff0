// Lets go of old versions: in the database those beyond the last ones of each job that nothing names, and their local copies.
import type { Service } from "../actors/service.ts";
import type { VersionHistory } from "../catalog/history.ts";
import type { VersionCache } from "../catalog/version-cache.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";

/** Versions of a job that are kept although nothing names them. */
export const VERSIONS_KEPT = 20;
const FIRST_MS = 5 * 60_000;
const EVERY_MS = 3_600_000;

export interface UpkeepParts {
  history: Pick<VersionHistory, "prune" | "stored">;
  cache: Pick<VersionCache, "tidy">;
  log: Logger;
}

/** Once; after runs were let go of, so that what only they named goes too. Answers how many versions went. */
export async function letGoOfVersions({ history, cache, log }: UpkeepParts): Promise<number> {
  const versions = await history.prune(VERSIONS_KEPT);
  const copies = await cache.tidy((hashes) => history.stored(hashes));
  if (versions + copies > 0) log.info({ versions, copies }, "old versions of jobs were let go of");
  return versions;
}

/** The same again and again, rarely: it reads the names of all kept runs of jobs with many versions. */
export class VersionUpkeep implements Service {
  readonly #parts: UpkeepParts & { firstMs?: number };
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: UpkeepParts & { firstMs?: number }) {
    this.#parts = parts;
  }

  start(): Promise<void> {
    this.#after(this.#parts.firstMs ?? FIRST_MS);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #after(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#working = letGoOfVersions(this.#parts)
        .then(() => undefined)
        .catch((error: unknown) =>
          this.#parts.log.warn(
            { error: messageOf(error) },
            "old versions could not be let go of; trying again",
          ),
        )
        .finally(() => this.#after(EVERY_MS));
    }, ms).unref();
  }
}
