// The children at hand: one spare that has run nothing, and those that ran a version and are clean.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { Guard } from "./guard.ts";
import type { Keeper } from "./keeper.ts";
import { findLauncher, type Launcher } from "./launcher.ts";
import { newInstance, newMark } from "./marks.ts";
import type { PoolOptions } from "./pool-options.ts";
import type { AttemptOrder } from "./protocol.ts";
import { Reaper } from "./reaper.ts";
import { endedBefore, Seat } from "./seat.ts";
import { ShortQueues } from "./short-queues.ts";
import type { AttemptLimits, AttemptListener, Ended } from "./given-attempt.ts";
import { Sampler } from "./sampler.ts";
import { Sandbox } from "./sandbox.ts";
import { huntedOf } from "./strays.ts";
import { TempRoot } from "./temp.ts";

/** Unless said otherwise. */
const MAX_ATTEMPTS = 50_000;
const MAX_AGE_MS = 60 * 60_000;
/** So many children of one version are at work before attempts that take next to nothing wait in lines. */
const CROWD = availableParallelism();
/** A warm child that nobody needs goes after this long: that of a job of every minute stays. */
const IDLE_MS = 75_000;
/** Starting a process takes this one's time, and then a core: whoever took the spare begins before the next is made. */
const REFILL_MS = 10;

/** One attempt that is under way. */
export interface RunningAttempt {
  ended: Promise<Ended>;
  abort(reason: string, graceMs?: number): void;
}

/** What the pool itself does not know of an order. */
export type PoolOrder = Omit<AttemptOrder, "tempDir" | "outputBytes" | "alone">;

export class Pool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Sandbox[]>();
  /** Every child until nothing of it is left, with its temp folder. */
  readonly #all = new Map<Sandbox, string>();
  readonly #spares: Sandbox[] = [];
  readonly #large = new WeakSet<Sandbox>();
  readonly #queues = new ShortQueues<Sandbox>();
  readonly #sweep: NodeJS.Timeout;
  readonly #instance = newInstance();
  readonly #temp: TempRoot;
  readonly #guard: Guard | undefined;
  readonly #keeper: Keeper;
  /** Watches what its children use. */
  readonly sampler: Sampler;
  readonly #launcher: Launcher;
  #refillTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#launcher = findLauncher(options.user ?? null);
    this.#temp = new TempRoot(options.tempRoot, this.#instance, options.user ?? null, options.onTrouble);
    const tempDir = this.#temp.path;
    const { guard } = options;
    const instance = this.#instance;
    const hunted = options.user ? huntedOf(options.user.uid) : null;
    if (options.user && !hunted)
      options.onTrouble?.(
        `other processes run as the user of jobs (${options.user.name}): what a job hides in a session of its own, without its environment, is not found`,
      );
    this.#guard = guard && new Guard({ instance, tempDir, leaseMs: guard.leaseMs, hunted });
    this.#keeper = this.#guard ?? new Reaper(instance, hunted);
    this.sampler = new Sampler(() => options.clock.monotonic());
    this.#sweep = setInterval(() => {
      this.#temp.touch();
      this.#retireIdle();
    }, 10_000);
    this.#sweep.unref();
  }

  /** Ends what an earlier service left, and starts the spares; resolves when they wait for their first order. */
  async start(): Promise<void> {
    this.#guard?.start();
    await this.#temp.sweep(this.#options.clock.now());
    this.#refill();
    await Promise.all(this.#spares.map((spare) => spare.ready));
  }

  /** Versions that have a clean child waiting. */
  warmVersions(): ReadonlySet<string> {
    return new Set(this.#idle.keys());
  }

  /** Runs one attempt in a clean child of its version, or in one that has run nothing. */
  run(
    version: string,
    order: PoolOrder,
    limits: AttemptLimits,
    listener: AttemptListener,
    isolation: "reuse" | "fresh",
  ): RunningAttempt {
    const seat = new Seat();
    const ended = this.#attempt(seat, version, order, limits, listener, isolation);
    return { ended, abort: (reason, graceMs) => seat.abort(reason, graceMs) };
  }

  async #attempt(
    seat: Seat,
    version: string,
    order: PoolOrder,
    limits: AttemptLimits,
    listener: AttemptListener,
    isolation: "reuse" | "fresh",
  ): Promise<Ended> {
    for (let alone = isolation === "fresh"; ; alone = true) {
      // Without waiting where it can be: the next one has to see that this child is at work.
      const sandbox =
        (alone ? undefined : (this.#shortestLine(version) ?? this.#takeWarm(version))) ??
        (await this.#child(version, limits.memoryBytes, isolation));
      if (seat.asked !== undefined) {
        this.#giveBack(sandbox, version);
        return endedBefore(seat.asked, this.#options.clock.now());
      }
      const tempDir = join(this.#all.get(sandbox) ?? this.#temp.path, "attempt");
      this.#queues.began(version);
      const given = sandbox.run(
        version,
        { ...order, tempDir, outputBytes: limits.outputBytes, alone: isolation === "fresh" },
        limits,
        listener,
      );
      seat.take(given);
      const ended = await given.ended;
      this.#queues.ended(version, ended?.tookMs ?? null);
      if (isolation === "fresh") sandbox.kill("fresh process for every attempt");
      else this.#giveBack(sandbox, version);
      if (ended) return ended;
    }
  }

  /** A child for this attempt alone: a warm one, one that is free in a moment, or one that has run nothing. */
  async #child(version: string, memoryBytes: number, isolation: "reuse" | "fresh"): Promise<Sandbox> {
    if (isolation === "fresh") return this.#takeSpare(memoryBytes);
    return (
      this.#takeWarm(version) ??
      (await this.#queues.wait(version)) ??
      this.#takeWarm(version) ??
      this.#takeSpare(memoryBytes)
    );
  }

  /**
   * When enough children of a version are at work and its attempts take next to nothing, one more child would only
   * disturb them: the next order goes to the one with the fewest before it.
   */
  #shortestLine(version: string): Sandbox | undefined {
    if (this.#queues.room(version) === 0) return undefined;
    let busy = 0;
    let best: Sandbox | undefined;
    for (const sandbox of this.#all.keys()) {
      if (sandbox.version !== version || !sandbox.busy) continue;
      busy++;
      if (this.#hasRoom(sandbox) && sandbox.queued! < (best?.queued ?? Infinity)) best = sandbox;
    }
    return busy >= CROWD ? best : undefined;
  }

  /** A child that has run nothing; it belongs to the caller, who kills it. */
  takeSpare(): Sandbox {
    return this.#takeSpare(0);
  }

  /** One that may use so much: spares are made for what most jobs may. */
  #takeSpare(memoryBytes: number): Sandbox {
    if (memoryBytes > (this.#options.memoryBytes ?? Infinity)) return this.#spawn(memoryBytes);
    const spare = this.#spares.find((candidate) => candidate.spent === null);
    this.#spares.splice(
      0,
      this.#spares.length,
      ...this.#spares.filter((s) => s !== spare && s.spent === null),
    );
    const taken = spare ?? this.#spawn();
    this.#refillTimer ??= setTimeout(() => this.#refill(), REFILL_MS);
    return taken;
  }

  /** Ends every child and waits until nothing of them is left. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#refillTimer);
    await Promise.all([...this.#all.keys()].map((sandbox) => sandbox.end("the service stops")));
    await this.#guard?.stop();
    await this.#temp.remove();
  }

  #takeWarm(version: string): Sandbox | undefined {
    const waiting = this.#idle.get(version);
    const sandbox = waiting?.pop();
    if (waiting?.length === 0) this.#idle.delete(version);
    return sandbox && sandbox.spent !== null ? this.#takeWarm(version) : sandbox;
  }

  #giveBack(sandbox: Sandbox, version: string): void {
    if (sandbox.spent !== null) return;
    if (this.#stopped) return sandbox.kill("the service stops");
    if (this.#large.has(sandbox) && sandbox.version === null) return sandbox.kill("it is no common spare");
    if (sandbox.version === null) return void this.#spares.push(sandbox);
    if (sandbox.busy) {
      // Others of its line go on in it: whoever waits may join them.
      if (this.#hasRoom(sandbox)) this.#queues.hand(version, sandbox);
      return;
    }
    // Another of its line gave it back in this very turn.
    if (this.#idle.get(version)?.includes(sandbox)) return;
    const why = this.#tooOld(sandbox);
    if (why) return sandbox.kill(why);
    if (this.#queues.hand(version, sandbox)) return;
    const waiting = this.#idle.get(version) ?? [];
    waiting.push(sandbox);
    this.#idle.set(version, waiting);
    this.#retireBeyondLimit();
  }

  #tooOld(sandbox: Sandbox): string | undefined {
    const { clock, mostAttempts = MAX_ATTEMPTS, mostAgeMs = MAX_AGE_MS } = this.#options;
    if (sandbox.attempts >= mostAttempts) return "it has run its share of attempts";
    if (clock.monotonic() - sandbox.bornAt > mostAgeMs) return "it is old";
    return undefined;
  }

  /** One more attempt may be sent to it while it is at work. */
  #hasRoom(sandbox: Sandbox): boolean {
    const { queued, version } = sandbox;
    return queued !== null && queued < this.#queues.room(version!) && !this.#tooOld(sandbox);
  }

  #retireBeyondLimit(): void {
    const idle = [...this.#idle.values()].flat();
    if (idle.length <= this.#options.warmLimit) return;
    const oldest = idle.reduce((a, b) => (a.usedAt <= b.usedAt ? a : b));
    this.#drop(oldest, "others are used more");
  }

  #retireIdle(): void {
    const { clock } = this.#options;
    for (const sandbox of [...this.#idle.values()].flat()) {
      if (clock.monotonic() - sandbox.usedAt > IDLE_MS) this.#drop(sandbox, "unused for a while");
    }
  }

  #drop(sandbox: Sandbox, why: string): void {
    const waiting = (this.#idle.get(sandbox.version!) ?? []).filter((other) => other !== sandbox);
    if (waiting.length > 0) this.#idle.set(sandbox.version!, waiting);
    else this.#idle.delete(sandbox.version!);
    sandbox.kill(why);
  }

  #refill(): void {
    this.#refillTimer = undefined;
    try {
      while (!this.#stopped && this.#spares.length < (this.#options.spares ?? 1))
        this.#spares.push(this.#spawn());
    } catch (error) {
      // Whoever needs a child tries again, and hears of it then.
      this.#options.onTrouble?.(`no child process could be started beforehand: ${messageOf(error)}`);
    }
  }

  #spawn(memoryBytes = this.#options.memoryBytes): Sandbox {
    const { env, clock } = this.#options;
    const tempDir = this.#temp.next();
    const options = { env, tempDir, memoryBytes, mark: newMark(this.#instance), launcher: this.#launcher };
    const sandbox = new Sandbox(options, clock, this.#keeper, this.sampler);
    if (memoryBytes !== this.#options.memoryBytes) this.#large.add(sandbox);
    this.#all.set(sandbox, tempDir);
    void sandbox.exited.then(() => this.#forget(sandbox, tempDir));
    return sandbox;
  }

  async #forget(sandbox: Sandbox, tempDir: string): Promise<void> {
    if (sandbox.version !== null) this.#drop(sandbox, "its process ended");
    if ((await sandbox.end("its process ended")) === null)
      this.#options.onTrouble?.(
        `processes that a job made could not be ended within 2 s (its child was ${sandbox.pid})`,
      );
    this.#all.delete(sandbox);
    await this.#temp.remove(tempDir);
  }
}
