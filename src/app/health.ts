// Whether the service can do its work: what /readyz tells, asked of the parts themselves.
import type { Database } from "../db/database.ts";
import { tryWrite } from "../db/write-probe.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "../recurring.ts";
import { Probe } from "./probe.ts";

export interface HealthParts {
  database: Database;
  /** Milliseconds since the schedules were last settled; null when they never were, undefined when none fire here. */
  beatAgeMs(): number | null | undefined;
  /** Tries to keep something in the files in which ends of runs wait for the database. */
  trySpool(): Promise<void>;
  /** What is wrong with those files; null when nothing is. */
  spoolTrouble(): string | null;
  /** Names of migrations that this build has and the database has not run. */
  missingMigrations(): Promise<readonly string[]>;
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
/** Nobody takes migrations back but by hand. */
const MIGRATIONS_CACHED_MS = 5_000;

export class Health {
  readonly #parts: HealthParts;
  readonly #faults: Recurring;
  readonly #write: Probe;
  readonly #spoolWrite: Probe;
  #cached: { at: number; checks: Promise<readonly Check[]> } | undefined;
  #migrated: { at: number; check: Promise<Check> } | undefined;
  /** Set from SIGTERM on. */
  isDraining = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#faults = new Recurring(parts.log);
    this.#write = new Probe(() => tryWrite(parts.database));
    this.#spoolWrite = new Probe(() => parts.trySpool());
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
    const [database, migrations, spool] = await Promise.all([
      this.#database(),
      this.#migrations(),
      this.#spool(),
    ]);
    const checks = [database, migrations, this.#beat(), this.#sources(), spool];
    if (this.isDraining) checks.push({ name: "draining", ok: false, detail: "the service is shutting down" });
    return checks;
  }

  /** A database that answers may still take nothing: its disk is full, or it may only be read. */
  async #database(): Promise<Check> {
    try {
      await inTime(this.#parts.database.read.all("SELECT 1 AS one"));
    } catch (error) {
      return this.#not("database", "the database does not answer", error);
    }
    this.#faults.over("the database does not answer", "the database answers again");
    try {
      await this.#write.ask();
    } catch (error) {
      return this.#not("database", "the database takes no writes", error);
    }
    this.#faults.over("the database takes no writes", "the database takes writes again");
    return { name: "database", ok: true };
  }

  #not(name: string, detail: string, error: unknown): Check {
    this.#faults.say("warn", { error: messageOf(error) }, detail);
    return { name, ok: false, detail };
  }

  /** A backup of an older build that was brought back under a running service, say. */
  #migrations(): Promise<Check> {
    const at = performance.now();
    if (!this.#migrated || at - this.#migrated.at > MIGRATIONS_CACHED_MS)
      this.#migrated = { at, check: this.#lookForMigrations() };
    return this.#migrated.check;
  }

  async #lookForMigrations(): Promise<Check> {
    const name = "migrations";
    try {
      const missing = await inTime(this.#parts.missingMigrations());
      if (missing.length === 0) return { name, ok: true };
      this.#parts.log.warn({ missing }, "the database lacks migrations of this build");
      return { name, ok: false, detail: `the database lacks ${missing.length} migrations of this build` };
    } catch {
      return { name, ok: false, detail: "it cannot be read which migrations have run" };
    }
  }

  #beat(): Check {
    const age = this.#parts.beatAgeMs();
    if (age === undefined) return { name: "beat", ok: true, detail: "schedules do not fire in this process" };
    if (age !== null && age < BEAT_LATE_MS) return { name: "beat", ok: true };
    return { name: "beat", ok: false, detail: "due schedules have not been settled for a while" };
  }

  /** The reason names a path, which is nobody's business here: it is in the log of the service. */
  async #spool(): Promise<Check> {
    const detail = "ends of runs cannot be kept, or not be brought in";
    await this.#spoolWrite.ask().catch(() => undefined);
    const trouble = this.#parts.spoolTrouble();
    if (trouble !== null) return this.#not("spool", detail, new Error(trouble));
    this.#faults.over(detail);
    return { name: "spool", ok: true };
  }

  #sources(): Check {
    const ok = this.#parts.scanned();
    return ok
      ? { name: "sources", ok }
      : { name: "sources", ok, detail: "the task folders are still being read" };
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("no answer in time")), DATABASE_MS).unref();
  });
  return Promise.race([work, late]);
}
