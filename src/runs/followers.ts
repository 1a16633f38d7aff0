// Who looks at the log of a run while it is written: such a log is stored sooner, and they hear when it has grown.

/** One who follows a run; `stop` it when nobody reads any more. */
export interface Following {
  /** Resolves when the log may have grown since the last call, after `ms` at the latest, or when `signal` aborts. */
  next(ms: number, signal?: AbortSignal): Promise<void>;
  stop(): void;
}

export class Followers {
  readonly #ofRun = new Map<string, Set<() => void>>();
  #begins: () => void = () => undefined;

  /** `begins` hears of the first who follows anything, after nobody did. */
  onBegin(begins: () => void): void {
    this.#begins = begins;
  }

  get none(): boolean {
    return this.#ofRun.size === 0;
  }

  /** How many follow anything. */
  get size(): number {
    let size = 0;
    for (const all of this.#ofRun.values()) size += all.size;
    return size;
  }

  has(runId: string): boolean {
    return this.#ofRun.has(runId);
  }

  /** More of this run's log is stored, or it has ended. */
  told(runId: string): void {
    for (const hear of this.#ofRun.get(runId) ?? []) hear();
  }

  follow(runId: string): Following {
    let heard = false;
    let wake: () => void = () => undefined;
    const hear = () => {
      heard = true;
      wake();
    };
    const nobody = this.none;
    const all = this.#ofRun.get(runId) ?? new Set();
    this.#ofRun.set(runId, all.add(hear));
    if (nobody) this.#begins();
    return {
      async next(ms, signal) {
        if (!heard && !signal?.aborted) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, ms);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
            signal?.addEventListener("abort", wake, { once: true });
          });
          signal?.removeEventListener("abort", wake);
        }
        heard = false;
      },
      stop: () => {
        all.delete(hear);
        if (all.size === 0 && this.#ofRun.get(runId) === all) this.#ofRun.delete(runId);
      },
    };
  }
}
