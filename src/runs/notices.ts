// Who hears in this process that a run has ended, or that somebody wants it to: those that wait for it, and listeners.
import type { RunState } from "./task-run.ts";

export interface FinishedNotice {
  runId: string;
  source: string;
  jobKey: string;
  state: RunState;
}

/** A hint like every wake: whoever must not miss an end reads the row. */
export class Notices {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #listeners: ((notice: FinishedNotice) => void)[] = [];
  readonly #cancelListeners: ((runId: string) => void)[] = [];

  listen(listener: (notice: FinishedNotice) => void): void {
    this.#listeners.push(listener);
  }

  /** `listener` hears of each running run that somebody asked to cancel; those of other processes too. */
  onCancelAsked(listener: (runId: string) => void): void {
    this.#cancelListeners.push(listener);
  }

  cancelAsked(runId: string): void {
    for (const listener of this.#cancelListeners) listener(runId);
  }

  finished(notice: FinishedNotice): void {
    for (const wake of this.#waiting.get(notice.runId) ?? []) wake();
    for (const listener of this.#listeners) listener(notice);
  }

  /** Resolves at the next end of an attempt of this run, or after `ms`, or when `signal` aborts. */
  next(runId: string, ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(runId) ?? new Set();
      this.#waiting.set(runId, waiting);
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(runId);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
      waiting.add(done);
    });
  }
}
