// The very first start with an empty database: a token for whoever started it, and the schedules of the bundled examples.
import type { Access } from "../access/access.ts";
import { LOCAL_PRINCIPAL } from "../access/principal.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { StartReport } from "../cli/ports.ts";
import type { SettingsStore } from "../db/settings-store.ts";
import { messageOf } from "../errors.ts";
import { type BundledDeps, createBundledSchedules, type CreatedSchedule } from "./bundled-examples.ts";

const TOKEN = "first_start";
const SCHEDULES = "first_schedules";
/** On a server another process may be at it now; a file has one process. */
const STALE_MS = 10 * 60_000;

export interface FirstStartDeps extends BundledDeps {
  settings: SettingsStore;
  access: Pick<Access, "createToken" | "createSignInCode">;
  catalog: Pick<Catalog, "entries" | "whenSettled">;
  /** Whether no other process may have this database. */
  alone: boolean;
  /** An admin token is configured, so none is made. */
  hasToken: boolean;
}

export type FirstReport = Pick<StartReport, "firstStart" | "token" | "signInUrl" | "schedulesCreated">;

/**
 * Begun once the service listens, and finished once its report was told: a start that fails or is killed before leaves it
 * to the next one, which would else have no token to show.
 */
export class FirstStart {
  readonly #deps: FirstStartDeps;
  #stopped = false;
  #creating: Promise<unknown> = Promise.resolve();

  constructor(deps: FirstStartDeps) {
    this.#deps = deps;
  }

  /** `scanned`: all jobs were loaded or have failed; else the examples get their schedules when that is so. */
  async begin(url: string, scanned: boolean): Promise<FirstReport> {
    const { settings, access, alone, hasToken } = this.#deps;
    const staleMs = alone ? 0 : STALE_MS;
    const schedulesCreated = (await settings.begin(SCHEDULES, staleMs)) ? await this.#schedules(scanned) : [];
    const firstStart = await settings.begin(TOKEN, staleMs);
    if (!firstStart || hasToken) return { firstStart, token: null, signInUrl: null, schedulesCreated };
    const token = await access.createToken({ name: "first start", role: "admin" }, LOCAL_PRINCIPAL);
    const code = await access.createSignInCode({ name: "first sign-in" }, LOCAL_PRINCIPAL);
    const signInUrl = `${url}/sign-in?code=${code.code}`;
    return { firstStart, token: token.secret, signInUrl, schedulesCreated };
  }

  /** Never rejects: the service listens by now, and a database that has just gone away is no reason to end it. */
  async told(): Promise<void> {
    try {
      await this.#deps.settings.finish(TOKEN);
    } catch (error) {
      this.#deps.log.warn(
        { error: messageOf(error) },
        "that the first start was told could not be written down; the next start may make one more token",
      );
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#creating;
    await this.#deps.settings.giveBack(TOKEN);
    await this.#deps.settings.giveBack(SCHEDULES);
  }

  async #schedules(scanned: boolean): Promise<CreatedSchedule[]> {
    if (scanned) return this.#create();
    // A job that is slow to load does not keep the service from starting, and takes nothing from the examples.
    void this.#deps.catalog.whenSettled().then(() => {
      if (!this.#stopped) this.#creating = this.#createLate();
    });
    return [];
  }

  async #create(): Promise<CreatedSchedule[]> {
    const created = await createBundledSchedules(this.#deps.catalog.entries(), this.#deps);
    await this.#deps.settings.finish(SCHEDULES);
    return created;
  }

  async #createLate(): Promise<void> {
    const { log } = this.#deps;
    try {
      for (const { job, sentence } of await this.#create())
        log.info({ job, sentence }, "created the schedule that the job suggests");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the schedules of the examples could not be created");
    }
  }
}
