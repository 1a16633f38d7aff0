// Jobs whose folder has not loaded for so long that somebody has to know (R1): said once, measured, and held if so set.
import type { Catalog } from "../catalog/catalog.ts";
import { addressOf } from "../catalog/version.ts";
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Logger } from "../log.ts";
import type { Unavailable } from "../schedules/suspension.ts";

export interface StaleJobsParts {
  catalog: Pick<Catalog, "entry" | "loadErrors">;
  /** So long the last good version may serve without a word. */
  afterMs: number;
  /** Whether schedules are held from then on. */
  hold: boolean;
  now(): Instant;
  log: Logger;
}

export class StaleJobs {
  readonly #parts: StaleJobsParts;
  readonly #told = new Set<string>();

  constructor(parts: StaleJobsParts) {
    this.#parts = parts;
  }

  /** What keeps the schedules of a job from firing; it is over as soon as the job loads. */
  suspensionOf(source: string, key: string): Unavailable | undefined {
    const { catalog, afterMs, hold, now } = this.#parts;
    if (!hold) return undefined;
    const job = catalog.entry(source, key);
    // Whoever pinned it said what is to run, whatever the folder holds.
    if (job?.loadState !== "stale" || !job.loadError || job.pinned) return undefined;
    const since = job.loadError.since + afterMs;
    if (now() < since) return undefined;
    const { message } = job.loadError;
    const cause = `skipped: the code of the job "${key}" has not loaded for ${formatDuration(afterMs)}: ${message}`;
    return { reason: "job_stale", cause, since };
  }

  /** Says each job that is over the time in the log, once until it loads again. */
  tell(): void {
    const { catalog, afterMs, hold, now, log } = this.#parts;
    const over = catalog
      .loadErrors()
      .filter(({ loadState, error }) => loadState === "stale" && now() - error.since >= afterMs);
    const names = new Set(over.map(({ source, key }) => addressOf(source, key)));
    for (const name of this.#told) if (!names.has(name)) this.#told.delete(name);
    for (const { source, key, error } of over) {
      const name = addressOf(source, key);
      if (this.#told.has(name)) continue;
      this.#told.add(name);
      const then = hold ? "its schedules are held until it loads" : "its last good version serves on";
      const text = `it has not loaded for ${formatDuration(afterMs)}; ${then}. The error: ${error.message}`;
      log.warn({ job: key, source, since: new Date(error.since).toISOString() }, text);
    }
  }

  /** What does not load, with the time for which an older version has been serving instead. */
  loadErrors(): { source: string; key: string; staleMs: number | null }[] {
    const { catalog, now } = this.#parts;
    return catalog.loadErrors().map(({ source, key, loadState, error }) => {
      return { source, key, staleMs: loadState === "stale" ? Math.max(0, now() - error.since) : null };
    });
  }
}
