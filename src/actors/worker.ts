// The worker: claims runs for its free slots, runs each attempt, finishes it, and keeps its leases alive.
import { ExpectedError, messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ClaimAnswer, ClaimedRun, Finish, FinishAnswer, RunStore } from "../runs/store.ts";
import type { Wake, WakeListener } from "../wake/wake.ts";
import { Attempt, type AttemptDeps } from "./attempt.ts";
import type { Service } from "./service.ts";
import { Slots, type SlotLimits } from "./slots.ts";

export interface WorkerOptions {
  store: RunStore;
  attempts: AttemptDeps;
  slots: SlotLimits;
  /** Every source whose runs this process may run. */
  sources(): readonly string[];
  wake: Wake;
  log: Logger;
  pollMs: number;
  tellMs: number;
  heartbeatMs: number;
  /** SIGTERM to a group comes 2 s before this, SIGKILL at it. */
  drainMs: number;
  /** Told after the finish is committed. */
  onFinished(finish: Finish, answer: FinishAnswer, run: ClaimedRun): void;
}

const FINISH_AGAIN_MS = 1_000;
/** So many refusals before less is written. */
const FULL_TRIES = 3;
const LOOK_AHEAD = 16;
/** Exit comes within the drain and 5 s (A4). */
const LATE_MS = 3_000;

function withoutOutput(finish: Finish): Finish {
  return { ...finish, lines: [], failedRecords: [], log: { ...finish.log, droppedBytes: finish.log.bytes } };
}

/** What the database takes in any case; given back, retried or ended by itself stays as it was. */
function bare(finish: Finish, error: unknown): Finish {
  const less = { ...withoutOutput(finish), progress: null, result: null, error: null, state: null };
  if (finish.to !== "succeeded" && finish.to !== "failed")
    return { ...less, cause: "what it told could not be stored" };
  const cause = `what it told could not be stored: ${messageOf(error).slice(0, 500)}`;
  return { ...less, to: "failed", reason: "invalid_result", cause };
}

export class Worker implements Service, WakeListener {
  readonly #options: WorkerOptions;
  readonly #slots: Slots;
  readonly #attempts = new Map<string, Attempt>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** Different versions are waiting: worth looking further for one that has a warm child. */
  #mixed = false;
  #lastVersion: string | null = null;
  #beat = 0;
  #polling = false;
  #stopping = false;
  /** Stopped: what could not be written by now is left to the next start. */
  #over = false;
  #stopped: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#slots = new Slots(options.slots);
    options.store.onClaim(
      () => this.#ask(),
      (answer) => this.#claimed(answer),
      () => undefined,
    );
  }

  async start(): Promise<void> {
    const { pollMs, tellMs, heartbeatMs } = this.#options;
    this.#every(pollMs, () => this.#poll());
    this.#every(tellMs, () => this.#tell());
    this.#every(heartbeatMs, () => this.#heartbeat());
    await this.#poll();
  }

  /** A4: no new claims, the signal at once, SIGTERM 2 s before the drain ends, SIGKILL at its end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    const grace = Math.max(0, this.#options.drainMs - 2_000);
    for (const attempt of this.#attempts.values()) attempt.abort("shutdown", grace);
    // A database that stays away must not keep the process: what it could not take is found lost at the next start.
    const late = new Promise((resolve) => setTimeout(resolve, this.#options.drainMs + LATE_MS).unref());
    await Promise.race([Promise.all(this.#underWay), late]);
    this.#over = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  get running(): number {
    return this.#slots.used;
  }

  onExpect(source: string): void {
    this.#slots.hint(source);
  }

  onWake(source: string): void {
    this.#slots.hint(source);
    if (!this.#stopping && this.#slots.free > 0) this.#options.store.claimSoon();
  }

  #ask() {
    if (this.#stopping) return undefined;
    const request = this.#slots.request();
    if (!request) return undefined;
    const { owner, pool, now } = this.#options.attempts;
    const warm = pool.warmVersions();
    return { ...request, owner, now: now(), warm, lookAhead: this.#mixed ? LOOK_AHEAD : 0 };
  }

  #claimed(answer: ClaimAnswer): void {
    this.#slots.take(answer);
    const versions = new Set(answer.claimed.map((run) => run.version));
    if (versions.size > 0) this.#mixed = versions.size > 1 || !versions.has(this.#lastVersion);
    this.#lastVersion = answer.claimed.at(-1)?.version ?? this.#lastVersion;
    for (const run of answer.claimed) {
      const done: Promise<void> = this.#run(run).finally(() => this.#underWay.delete(done));
      this.#underWay.add(done);
    }
    // Another source may wait for its turn; without a claim just made, asking again would be a loop without work.
    if (answer.claimed.length > 0 && this.#slots.wants) this.#options.store.claimSoon();
  }

  async #run(run: ClaimedRun): Promise<void> {
    const attempt = new Attempt(run, this.#options.attempts);
    this.#attempts.set(run.id, attempt);
    if (this.#stopping) attempt.abort("shutdown", 0);
    const finish = await attempt.execute();
    // Free before the finish is written: the next claim rides in the same commit.
    this.#slots.release(run.source);
    if (run.heldSlot) this.#slots.hint(run.source);
    if (this.#slots.wants && !this.#stopping) this.#options.store.claimSoon();
    const answer = await this.#finish(finish);
    // Its schedule's or job's slot is free only now that this is committed: others may have waited for it.
    if (run.heldSlot) this.onWake(run.source);
    this.#attempts.delete(run.id);
    if (finish.to === "retrying" || finish.to === "queued")
      this.#options.wake.wakeAt(run.source, finish.availableAt);
    this.#options.onFinished(finish, answer, run);
  }

  /**
   * A database that is away is asked again until it is back: the outcome must not be lost (X5). One that refuses the
   * values themselves gets fewer of them: first without the output (L2), at last nothing but the fact that it ended.
   */
  async #finish(finish: Finish): Promise<FinishAnswer> {
    let writing = finish;
    for (let refused = 0; ;) {
      try {
        return await this.#options.store.finish(writing);
      } catch (error) {
        if (this.#over) return "late";
        const ids = { run: finish.runId, attempt: finish.attempt };
        this.#options.log.error({ ...ids, error }, "the end of a run could not be written; trying again");
        if (!(error instanceof ExpectedError && error.status === 503)) refused++;
        if (refused >= FULL_TRIES)
          writing = refused >= 2 * FULL_TRIES ? bare(finish, error) : withoutOutput(finish);
        await new Promise((resolve) => setTimeout(resolve, FINISH_AGAIN_MS));
      }
    }
  }

  async #poll(): Promise<void> {
    if (this.#polling || this.#stopping) return;
    this.#polling = true;
    try {
      await this.#endCancelled();
      if (this.#slots.free === 0) return;
      const { store, sources, attempts } = this.#options;
      for (const source of sources()) {
        if (await store.hasClaimable([source], attempts.now())) this.onWake(source);
      }
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, "looking for runs failed; trying again");
    } finally {
      this.#polling = false;
    }
  }

  async #endCancelled(): Promise<void> {
    for (const { id, attempt, reason } of await this.#options.store.cancelRequested([
      ...this.#attempts.keys(),
    ])) {
      const running = this.#attempts.get(id);
      if (running?.run.attempt === attempt) running.abort(reason);
    }
  }

  async #tell(): Promise<void> {
    for (const attempt of this.#attempts.values()) {
      if (!attempt.output.dirty) continue;
      const telling = attempt.output.take();
      try {
        await this.#options.store.tell(telling);
      } catch (error) {
        attempt.output.putBack(telling);
        throw error;
      }
    }
  }

  async #heartbeat(): Promise<void> {
    const runs = [...this.#attempts.values()].map(({ run }) => ({ id: run.id, attempt: run.attempt }));
    await this.#options.store.beat(this.#options.attempts.owner, runs, ++this.#beat);
  }

  #every(ms: number, step: () => Promise<void>): void {
    const timer = setInterval(() => {
      step().catch((error: unknown) => {
        this.#options.log.warn({ error: messageOf(error) }, "a step of the worker failed; trying again");
      });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }
}
