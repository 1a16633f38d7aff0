// The versions that this process can run, kept at hand so that a warm start waits for nothing.
import type { RunnableVersion } from "../actors/attempt-deps.ts";
import type { VersionPreparer } from "../catalog/prepare.ts";

/** A version's spec may be large; the least used go first. */
const KEPT = 500;

export class Versions {
  readonly #cache: VersionPreparer;
  readonly #known = new Map<string, RunnableVersion>();

  constructor(cache: VersionPreparer) {
    this.#cache = cache;
  }

  /** At once when it is known and no job has written over it; rejects as the cache's `prepare` does. */
  of(hash: string): RunnableVersion | Promise<RunnableVersion> {
    const known = this.#known.get(hash);
    if (!known || !this.#cache.isUntouched(hash)) return this.#read(hash);
    this.#known.delete(hash);
    this.#known.set(hash, known);
    return known;
  }

  async #read(hash: string): Promise<RunnableVersion> {
    const version = await this.#cache.prepare(hash);
    this.#known.set(hash, version);
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value!);
    return version;
  }
}
