// The worker: claims runs for its free slots, runs each attempt, finishes it, and keeps its leases alive.
import { messageOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import { Recurring } from "../recurring.ts";
import type { Followers } from "../runs/followers.ts";
import type { ClaimAnswer, ClaimedRun, Finish, FinishAnswer, RunStore, Seat } from "../runs/store.ts";
import type { Wake, WakeListener } from "../wake/wake.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { Service } from "./service.ts";
import { Slots, type SlotLimits } from "./slots.ts";
import { Teller } from "./teller.ts";

export interface WorkerOptions {
  store: RunStore;
  /** Whose log is looked at just now: it is told much sooner. */
  followers: Followers;
  attempts: AttemptDeps;
  slots: SlotLimits;
  /** Versions whose packages are not here: their runs are left to others. */
  lacking?(): ReadonlySet<string>;
  /** Every source whose runs this process may run. */
  sources(): readonly string[];
  wake: Wake;
  log: Logger;
  pollMs: number;
  tellMs: number;
  heartbeatMs: number;
  /** SIGTERM to a group comes 2 s before this, SIGKILL at it. */
  drainMs: number;
  /** Brings the end of an attempt into the database; answers once its row has it, and never rejects. */
  finish(finish: Finish): Promise<FinishAnswer>;
  /** Told after the finish is committed. */
  onFinished(finish: Finish, answer: FinishAnswer, run: ClaimedRun): void;
}

const LOOK_AHEAD = 16;
/** Exit comes within the drain and 5 s (A4). */
const LATE_MS = 3_000;

export class Worker implements Service, WakeListener {
  readonly #options: WorkerOptions;
  readonly #faults: Recurring;
  readonly #slots: Slots;
  readonly #attempts = new Map<string, Attempt>();
  readonly #executing = new WeakMap<Attempt, Promise<Finish>>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #teller: Teller;
  /** Different versions are waiting: worth looking further for one that has a warm child. */
  #mixed = false;
  /** A claim for all free slots is under way. */
  #asking = false;
  #lastVersion: string | null = null;
  #beat = 0;
  #polling = false;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#faults = new Recurring(options.log);
    this.#slots = new Slots(options.slots);
    options.store.onClaim(
      () => this.#ask(),
      (answer) => {
        this.#asking = false;
        this.#claimed(answer);
      },
      () => (this.#asking = false),
    );
    options.store.onInsert((source) => this.#seat(source));
    this.#teller = new Teller({
      store: options.store,
      followers: options.followers,
      attempts: () => this.#attempts.values(),
      isStopping: () => this.#stopping,
      failed: (error) => this.#stepFailed(error),
    });
  }

  async start(): Promise<void> {
    const { pollMs, tellMs, heartbeatMs } = this.#options;
    this.#every(pollMs, () => this.#poll());
    this.#every(tellMs, async () => this.#teller.tell());
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
    // A database that stays away must not keep the process: what it could not take lies in files, for the next start.
    const late = new Promise((resolve) => setTimeout(resolve, this.#options.drainMs + LATE_MS).unref());
    await Promise.race([Promise.all(this.#underWay), late]);
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Whether it runs this attempt, or has its end still to write. */
  holds({ id, attempt }: { id: string; attempt: number }): boolean {
    return this.#attempts.get(id)?.run.attempt === attempt;
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

  /** Somebody asked to cancel a run, maybe one of ours: do not wait for the next look. */
  lookForCancels(): void {
    if (this.#attempts.size > 0) this.#lookOnce();
  }

  #ask() {
    if (this.#stopping) return undefined;
    const request = this.#slots.request();
    if (!request) return undefined;
    this.#asking = true;
    const { owner, pool, now } = this.#options.attempts;
    const warm = pool.warmVersions();
    const lacking = this.#options.lacking?.();
    return { ...request, owner, now: now(), warm, lacking, lookAhead: this.#mixed ? LOOK_AHEAD : 0 };
  }

  /** A slot for a run that is being inserted, when nothing else waits: it begins without having been looked for. */
  #seat(source: string): Seat | undefined {
    if (this.#stopping || this.#asking) return undefined;
    const seat = this.#slots.reserve(source);
    if (!seat) return undefined;
    const { owner, now } = this.#options.attempts;
    return {
      owner,
      now: now(),
      lacking: this.#options.lacking?.(),
      take: (run) => {
        seat.end(true);
        this.#claimed({ claimed: [run], exhausted: [] });
      },
      leave: () => seat.end(false),
    };
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
    const earlier = this.#attempts.get(run.id);
    this.#attempts.set(run.id, attempt);
    this.#teller.begins(attempt);
    if (this.#stopping) attempt.abort("shutdown", 0);
    const executing = earlier ? this.#after(earlier, attempt) : attempt.execute();
    this.#executing.set(attempt, executing);
    const finish = await executing;
    // Free before the finish is written: the next claim rides in the same commit.
    this.#slots.release(run.source);
    if (run.heldSlot) this.#slots.hint(run.source);
    if (this.#slots.wants && !this.#stopping) this.#options.store.claimSoon();
    const answer = await this.#options.finish(finish);
    // Its schedule's or job's slot is free only now that this is committed: others may have waited for it.
    if (run.heldSlot) this.onWake(run.source);
    // The next attempt may be here already: its claim rode in the commit of this one's end.
    if (this.#attempts.get(run.id) === attempt) this.#attempts.delete(run.id);
    if (finish.to === "retrying" || finish.to === "queued")
      this.#options.wake.wakeAt(run.source, finish.availableAt);
    this.#options.onFinished(finish, answer, run);
    this.#options.followers.told(run.id);
  }

  /** X8: an attempt that was given up for lost while it ran here has to end before the next one begins. */
  async #after(earlier: Attempt, attempt: Attempt): Promise<Finish> {
    earlier.abort("lost", 0);
    await this.#executing.get(earlier);
    return attempt.execute();
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
      this.#faults.say("warn", { error: messageOf(error) }, "looking for runs failed; trying again");
    } finally {
      this.#polling = false;
    }
  }

  #lookOnce(): void {
    this.#endCancelled().catch((error: unknown) => {
      this.#faults.say("warn", { error: messageOf(error) }, "looking for cancels failed; trying again");
    });
  }

  async #endCancelled(): Promise<void> {
    for (const { id, attempt, reason } of await this.#options.store.cancelRequested([
      ...this.#attempts.keys(),
    ])) {
      const running = this.#attempts.get(id);
      if (running?.run.attempt === attempt) running.abort(reason);
    }
  }

  /** Renews the leases; an attempt that was given up for lost meanwhile is ended, since another may run by now. */
  async #heartbeat(): Promise<void> {
    const runs = [...this.#attempts.values()].map(({ run }) => ({ id: run.id, attempt: run.attempt }));
    const gone = await this.#options.store.beat(this.#options.attempts.owner, runs, ++this.#beat);
    for (const { id, attempt } of gone) {
      const held = this.#attempts.get(id);
      if (held?.run.attempt === attempt) held.abort("lost", 0);
    }
  }

  /** One at a time: a server that does not answer must not gather them. */
  #every(ms: number, step: () => Promise<void>): void {
    let underWay = false;
    const timer = setInterval(() => {
      if (underWay) return;
      underWay = true;
      step()
        .catch((error: unknown) => this.#stepFailed(error))
        .finally(() => (underWay = false));
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #stepFailed(error: unknown): void {
    this.#faults.say("warn", { error: messageOf(error) }, "a step of the worker failed; trying again");
  }
}
