// The children at hand: one spare that has run nothing, and those that ran a version and are clean.
import { mkdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { AttemptOrder } from "./protocol.ts";
import { ShortQueues } from "./short-queues.ts";
import { type AttemptLimits, type AttemptListener, type Ended, Sandbox } from "./sandbox.ts";

export interface PoolOptions {
  clock: Clock;
  /** Folder for the children's temp folders; emptied at start. */
  tempRoot: string;
  env: Record<string, string>;
  /** Children kept warm at most, over all versions. */
  warmLimit: number;
  heapMiB?: number;
  /** Pre-started children that have run nothing; default 1. */
  spares?: number;
}

/** A child runs at most so many attempts, and lives at most so long: what leaks is bounded. */
const MAX_ATTEMPTS = 5_000;
const MAX_AGE_MS = 60 * 60_000;
/** A warm child that nobody needs goes after this long. */
const IDLE_MS = 60_000;

/** One attempt that is under way. */
export interface RunningAttempt {
  ended: Promise<Ended>;
  abort(reason: string, graceMs?: number): void;
}

/** Where an attempt runs, once it is known: an abort may come before. */
class Seat {
  #sandbox: Sandbox | undefined;
  #asked: { reason: string; graceMs: number | undefined } | undefined;

  take(sandbox: Sandbox): void {
    this.#sandbox = sandbox;
    if (this.#asked) sandbox.abort(this.#asked.reason, this.#asked.graceMs);
  }

  abort(reason: string, graceMs?: number): void {
    this.#asked ??= { reason, graceMs };
    this.#sandbox?.abort(reason, graceMs);
  }
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #idle = new Map<string, Sandbox[]>();
  readonly #all = new Map<Sandbox, string>();
  readonly #spares: Sandbox[] = [];
  readonly #queues = new ShortQueues<Sandbox>();
  readonly #sweep: NodeJS.Timeout;
  #n = 0;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    rmSync(options.tempRoot, { recursive: true, force: true });
    mkdirSync(options.tempRoot, { recursive: true, mode: 0o700 });
    this.#sweep = setInterval(() => this.#retireIdle(), 10_000);
    this.#sweep.unref();
  }

  /** Starts the spares; resolves when they wait for their first order. */
  async start(): Promise<void> {
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
    order: Omit<AttemptOrder, "tempDir">,
    limits: AttemptLimits,
    listener: AttemptListener,
    isolation: "reuse" | "fresh",
  ): RunningAttempt {
    const reuse = isolation === "reuse" && !this.#queues.crowded(version);
    const warm = reuse ? this.#takeWarm(version) : undefined;
    const seat = new Seat();
    const ended = this.#attempt(warm, seat, version, order, limits, listener, isolation);
    return { ended, abort: (reason, graceMs) => seat.abort(reason, graceMs) };
  }

  async #attempt(
    warm: Sandbox | undefined,
    seat: Seat,
    version: string,
    order: Omit<AttemptOrder, "tempDir">,
    limits: AttemptLimits,
    listener: AttemptListener,
    isolation: "reuse" | "fresh",
  ): Promise<Ended> {
    const handed = warm ?? (isolation === "reuse" ? await this.#queues.wait(version) : undefined);
    const sandbox =
      handed ?? (isolation === "reuse" ? this.#takeWarm(version) : undefined) ?? this.takeSpare();
    const tempDir = join(this.#all.get(sandbox) ?? this.#options.tempRoot, "attempt");
    this.#queues.began(version);
    const running = sandbox.run(version, { ...order, tempDir }, limits, listener);
    seat.take(sandbox);
    const ended = await running;
    this.#queues.ended(version, ended.tookMs);
    if (isolation === "fresh") sandbox.kill("fresh process for every attempt");
    else this.#giveBack(sandbox, version);
    return ended;
  }

  /** A child that has run nothing; it belongs to the caller, who kills it. */
  takeSpare(): Sandbox {
    const spare = this.#spares.find((candidate) => candidate.spent === null);
    this.#spares.splice(
      0,
      this.#spares.length,
      ...this.#spares.filter((s) => s !== spare && s.spent === null),
    );
    const taken = spare ?? this.#spawn();
    // After this turn: starting a process blocks for a millisecond or two, which the attempt need not wait for.
    setImmediate(() => this.#refill());
    return taken;
  }

  /** Kills every child and waits until they are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    const all = [...this.#all.keys()];
    for (const sandbox of all) sandbox.kill("the service stops");
    await Promise.all(all.map((sandbox) => sandbox.exited));
    await rm(this.#options.tempRoot, { recursive: true, force: true });
  }

  #takeWarm(version: string): Sandbox | undefined {
    const waiting = this.#idle.get(version);
    const sandbox = waiting?.pop();
    if (waiting?.length === 0) this.#idle.delete(version);
    return sandbox && sandbox.spent !== null ? this.#takeWarm(version) : sandbox;
  }

  #giveBack(sandbox: Sandbox, version: string): void {
    const { clock } = this.#options;
    if (sandbox.spent !== null) return;
    if (this.#stopped) return sandbox.kill("the service stops");
    if (sandbox.attempts >= MAX_ATTEMPTS) return sandbox.kill("it has run its share of attempts");
    if (clock.monotonic() - sandbox.bornAt > MAX_AGE_MS) return sandbox.kill("it is old");
    if (this.#queues.hand(version, sandbox)) return;
    const waiting = this.#idle.get(version) ?? [];
    waiting.push(sandbox);
    this.#idle.set(version, waiting);
    this.#retireBeyondLimit();
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
    while (!this.#stopped && this.#spares.length < (this.#options.spares ?? 1))
      this.#spares.push(this.#spawn());
  }

  #spawn(): Sandbox {
    const tempDir = join(this.#options.tempRoot, String(++this.#n));
    mkdirSync(tempDir, { mode: 0o700 });
    const sandbox = new Sandbox(
      { env: this.#options.env, tempDir, heapMiB: this.#options.heapMiB },
      this.#options.clock,
    );
    this.#all.set(sandbox, tempDir);
    void sandbox.exited.then(async () => {
      this.#all.delete(sandbox);
      if (sandbox.version !== null) this.#drop(sandbox, "its process ended");
      await rm(tempDir, { recursive: true, force: true }).catch(() => undefined);
    });
    return sandbox;
  }
}
