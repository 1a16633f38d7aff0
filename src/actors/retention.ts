// Lets go of what is old: small batches with a pause between them, so that nobody who works on the rows has to wait.
import { setTimeout as sleep } from "node:timers/promises";
import type { Instant } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type Batch, cutoffsOf, type RetentionLimits, type RetentionStore } from "../runs/retention.ts";
import type { Service } from "./service.ts";

export interface RetentionOptions {
  store: RetentionStore;
  limits: RetentionLimits;
  now(): Instant;
  log: Logger;
  everyMs?: number;
  firstMs?: number;
  pauseMs?: number;
}

const HOUR = 3_600_000;

export interface Removed {
  runs: number;
  logs: number;
  audit: number;
}

export class Retention implements Service {
  readonly #options: RetentionOptions;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    // Not in the first minute, when everything else wants the database.
    this.#arm(this.#options.firstMs ?? 60_000);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#pass;
  }

  /** One pass over everything. */
  async pass(): Promise<Removed> {
    const { store, limits, now } = this.#options;
    const at = now();
    const cutoffs = cutoffsOf(at, limits, await store.longestWindowMs());
    const runs =
      (await this.#all((after) => store.oldRuns(cutoffs.runs, after))) +
      (await this.#all((after) => store.crowdedRuns(limits.runsPerJob, cutoffs.crowded, after)));
    const logs = await this.#all((after) => store.oldLogs(cutoffs.logs, after, at));
    const audit = await this.#all(() => store.oldAudit(cutoffs.audit, limits.auditRows, cutoffs.untouched));
    await store.oldAccess(at);
    return { runs, logs, audit };
  }

  /** Batch after batch, until there is nothing further or the service stops. */
  async #all(batch: (after: string | null) => Promise<Batch>): Promise<number> {
    let gone = 0;
    let after: string | null = null;
    while (!this.#stop.signal.aborted) {
      const done = await batch(after);
      gone += done.gone;
      if (done.next === null) break;
      after = done.next;
      await sleep(this.#options.pauseMs ?? 20, undefined, { signal: this.#stop.signal }).catch(
        () => undefined,
      );
    }
    return gone;
  }

  #arm(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#pass = this.#logged().finally(() => this.#arm(this.#options.everyMs ?? HOUR));
    }, ms);
    this.#timer.unref();
  }

  async #logged(): Promise<void> {
    const { log } = this.#options;
    try {
      const { runs, logs, audit } = await this.pass();
      if (runs + logs + audit > 0) log.info({ runs, logs, audit }, "what is old was removed");
    } catch (error) {
      log.warn({ error: messageOf(error) }, "removing what is old failed; the next hour tries again");
    }
  }
}
