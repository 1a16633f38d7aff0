// What only one may do at a time, in any number of processes on one database: a row of `settings` says who does it.
import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "../errors.ts";
import type { SettingsStore } from "./settings-store.ts";

/** Whoever holds a lock for longer has died; everything that is done under one takes moments. */
const HELD_MS = 30_000;
const LOOK_MS = 50;
/** Two such deaths in a row; then the request is told to come again. */
const PATIENCE_MS = 2 * HELD_MS;

export class NamedLocks {
  readonly #settings: Pick<SettingsStore, "begin" | "giveBack">;
  /** In this process they come one after the other without asking the database. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(settings: Pick<SettingsStore, "begin" | "giveBack">) {
    this.#settings = settings;
  }

  /** Does it when nobody else does it any more; 503 when that takes too long, or when `stopped` says so. */
  async hold<T>(name: string, work: () => Promise<T>, stopped?: () => boolean): Promise<T> {
    const row = `lock:${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
    const before = this.#last.get(row) ?? Promise.resolve();
    const mine = before.then(() => this.#alone(row, work, stopped));
    const settled = mine.catch(() => undefined);
    this.#last.set(row, settled);
    void settled.then(() => this.#last.get(row) === settled && this.#last.delete(row));
    return mine;
  }

  async #alone<T>(row: string, work: () => Promise<T>, stopped?: () => boolean): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    while (!(await this.#settings.begin(row, HELD_MS))) {
      if (stopped?.() || performance.now() > until)
        throw new ExpectedError(
          503,
          "busy",
          "The same is being done by another request; try again in a minute.",
        );
      await wait(LOOK_MS);
    }
    try {
      return await work();
    } finally {
      await this.#settings.giveBack(row);
    }
  }
}
