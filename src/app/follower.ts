// Keeps this process's catalog with what others publish and pin: every second on a server, never on SQLite, which is one's own.
import type { Catalog } from "../catalog/catalog.ts";
import type { Database } from "../db/database.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";

const LOOK_MS = 1_000;

export class Follower {
  readonly #parts: { catalog: Catalog; database: Database; log: Logger };
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: { catalog: Catalog; database: Database; log: Logger }) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.database.dialect.name === "sqlite") return;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** One at a time: a slow server must not pile them up. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = this.#parts.catalog
      .follow()
      .catch((error: unknown) =>
        this.#parts.log.debug({ error: messageOf(error) }, "nothing could be followed"),
      )
      .finally(() => (this.#looking = undefined));
    await this.#looking;
  }
}
