// Something that is tried now and then, for whoever wants to know how it went the last time.

/** An outcome counts this long: the truth within 10 s (A6), and no more than a try in so many seconds, whoever asks. */
const KEPT_MS = 4_000;
/** Whoever asks waits this long; a slower try goes on, and until it has ended the last outcome counts. */
const WAIT_MS = 2_000;
/** A try that takes longer has failed, whatever will become of it. */
const STUCK_MS = 8_000;

export class Probe {
  readonly #attempt: () => Promise<void>;
  #running: { since: number; ended: Promise<void> } | undefined;
  #endedAt = -Infinity;
  #failure: unknown;

  constructor(attempt: () => Promise<void>) {
    this.#attempt = attempt;
  }

  /** Throws what the last try threw. */
  async ask(): Promise<void> {
    const now = performance.now();
    if (!this.#running && now - this.#endedAt > KEPT_MS) this.#running = { since: now, ended: this.#try() };
    if (this.#running) {
      const late = new Promise<void>((resolve) => setTimeout(resolve, WAIT_MS).unref());
      await Promise.race([this.#running.ended, late]);
    }
    if (this.#running && performance.now() - this.#running.since > STUCK_MS)
      throw new Error(`no answer in ${STUCK_MS} ms`);
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async #try(): Promise<void> {
    try {
      await this.#attempt();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error ?? new Error("failed");
    }
    this.#endedAt = performance.now();
    this.#running = undefined;
  }
}
