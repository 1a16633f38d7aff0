// Whether the service can do its work: what /readyz tells, asked of the parts themselves.
import type { Database } from "../db/database.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";

export interface HealthParts {
  database: Database;
  /** Milliseconds since the schedules were last settled; null when they never were, undefined when none fire here. */
  beatAgeMs(): number | null | undefined;
  /** What is wrong with the files in which ends of runs wait for the database; null when nothing is. */
  spoolTrouble(): string | null;
  /** True once every source was looked at. */
  scanned(): boolean;
  log: Logger;
}

export interface Check {
  name: string;
  ok: boolean;
  detail?: string;
}

/** An answer is used this long: anybody may ask, as often as they like. */
const CACHED_MS = 1_000;
/** The truth within 10 s (A6): the ticker settles every second. */
const BEAT_LATE_MS = 8_000;
const DATABASE_MS = 3_000;

export class Health {
  readonly #parts: HealthParts;
  #cached: { at: number; checks: Promise<readonly Check[]> } | undefined;
  /** Set from SIGTERM on. */
  isDraining = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  draining(): boolean {
    return this.isDraining;
  }

  checks(): Promise<readonly Check[]> {
    const now = performance.now();
    if (!this.#cached || now - this.#cached.at > CACHED_MS) this.#cached = { at: now, checks: this.#check() };
    return this.#cached.checks;
  }

  async #check(): Promise<readonly Check[]> {
    const checks = [await this.#database(), this.#beat(), this.#sources(), this.#spool()];
    if (this.isDraining) checks.push({ name: "draining", ok: false, detail: "the service is shutting down" });
    return checks;
  }

  async #database(): Promise<Check> {
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error("no answer in time")), DATABASE_MS).unref();
    });
    try {
      await Promise.race([this.#parts.database.read.all("SELECT 1 AS one"), late]);
      return { name: "database", ok: true };
    } catch (error) {
      this.#parts.log.warn({ error: messageOf(error) }, "the database does not answer");
      return { name: "database", ok: false, detail: "the database does not answer" };
    }
  }

  #beat(): Check {
    const age = this.#parts.beatAgeMs();
    if (age === undefined) return { name: "beat", ok: true, detail: "schedules do not fire in this process" };
    if (age !== null && age < BEAT_LATE_MS) return { name: "beat", ok: true };
    return { name: "beat", ok: false, detail: "due schedules have not been settled for a while" };
  }

  /** The reason names a path, which is nobody's business here: it is in the log of the service. */
  #spool(): Check {
    if (this.#parts.spoolTrouble() === null) return { name: "spool", ok: true };
    return { name: "spool", ok: false, detail: "ends of runs cannot be kept, or not be brought in" };
  }

  #sources(): Check {
    const ok = this.#parts.scanned();
    return ok
      ? { name: "sources", ok }
      : { name: "sources", ok, detail: "the task folders are still being read" };
  }
}
