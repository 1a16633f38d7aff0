// One child process from the service's side: gives it an order, hears it, ends it, and tells how the attempt ended.
import type { Clock, Instant } from "../clock.ts";
import { Ear } from "./ear.ts";
import type { Act } from "./ending.ts";
import { FrameWriter } from "./frames.ts";
import { Line } from "./line.ts";
import {
  type Attempt,
  type AttemptLimits,
  type AttemptListener,
  givenAttempt,
  handOn,
  type Idle,
  settled,
  whyNotAgain,
  type GivenAttempt,
} from "./given-attempt.ts";
import type { Keeper } from "./keeper.ts";
import { OneAnswer } from "./one-answer.ts";
import type { EndedBy, Exit } from "./outcome.ts";
import { type AttemptOrder, type FromChild, PROTOCOL_VERSION, recallFile, type ToChild } from "./protocol.ts";
import type { ChildOptions } from "./spawn.ts";
import { StartedChild } from "./started-child.ts";
import { RawLines } from "./raw-lines.ts";
import type { Sampled, Sampler } from "./sampler.ts";

export class Sandbox implements Sampled {
  readonly #clock: Clock;
  readonly #sampler: Sampler;
  readonly #child: StartedChild;
  readonly #act: Act;
  readonly #writer: FrameWriter<ToChild>;
  readonly #ear: Ear;
  readonly #raw: RawLines;
  readonly #line: Line<Attempt>;
  /** Over; what they wrote past the log may still arrive in this turn of the loop. */
  #ending: Attempt[] = [];
  readonly #describing = new OneAnswer<FromChild>();
  #fault: string | null = null;
  readonly ready: Promise<void>;
  #readied!: () => void;
  /** Resolves when the process itself has ended, or could not be started. */
  readonly exited: Promise<Exit>;

  readonly mark: string;
  /** Hash of the version that it has run; it never runs another. */
  version: string | null = null;
  attempts = 0;
  readonly bornAt: number;
  usedAt: number;
  /** Set when it must not be used again, with the reason. */
  spent: string | null = null;
  /** More attempts of this version may be sent while one is at work: nothing they write could be mixed up. */
  follows = false;

  constructor(options: ChildOptions, clock: Clock, keeper: Keeper, sampler: Sampler) {
    this.#clock = clock;
    this.#sampler = sampler;
    this.mark = options.mark;
    this.bornAt = this.usedAt = clock.monotonic();
    this.#child = new StartedChild(options, clock, keeper, () => this.#drained());
    this.exited = this.#child.exited;
    const { pipes } = this.#child;
    this.#writer = new FrameWriter(pipes.in);
    this.#act = {
      now: () => clock.now(),
      abort: (n, reason) => this.#writer.send({ t: "abort", n, reason }),
      signal: (signal) => this.#child.signal(signal),
    };
    this.#line = new Line<Attempt>(
      recallFile(options.tempDir),
      clock,
      (attempt) => this.#begins(attempt),
      (attempt) => attempt.done(undefined),
      (why) => this.#ear.fault(why),
    );
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    this.#raw = new RawLines(pipes, {
      lines: (lines) => this.#heardRaw({ t: "log", lines }),
      isFull: () => this.#writing?.cap.full === true,
      dropped: (lines, bytes, last) => this.#heardRaw({ t: "dropped", lines, bytes, last }),
    });
    this.#ear = new Ear(
      pipes.out,
      (message) => this.#take(message),
      (fault) => this.#broken(fault),
      // What waits behind it is taken back by what its pipe says: see line.ts.
      () => this.#line.waiting.length === 0 && !this.#line.recalling,
    );
    // It is told on this pipe and has nothing to say on it; both ends of it can be written to all the same.
    pipes.in.on("data", () => this.#ear.fault("bytes on the pipe on which it is told"));
    for (const stream of [pipes.in, pipes.out, pipes.stdout, pipes.stderr]) {
      stream.on("error", () => undefined);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get busy(): boolean {
    return this.#line.front !== undefined || this.#ending.length > 0 || this.#describing.isAwaited;
  }

  /** Attempts that wait behind the one at work; null when no other may be sent behind it. */
  get queued(): number | null {
    const { front, waiting, recalling } = this.#line;
    if (!front || front.ending.by || !this.follows || recalling || this.spent !== null) return null;
    return this.#ear.resting ? null : waiting.length;
  }

  /** Runs one attempt, after those that were given before; its promise never rejects. */
  run(version: string, order: AttemptOrder, limits: AttemptLimits, listener: AttemptListener): GivenAttempt {
    this.version = version;
    this.attempts++;
    this.usedAt = this.#clock.monotonic();
    const { attempt, ended } = givenAttempt(this.#line.number(), order.alone, limits, listener, this.#act);
    const queued = this.#line.add(attempt);
    if (this.exit) this.#drained();
    else this.#writer.send({ t: "start", n: attempt.n, queued, attempt: order });
    return { ended, abort: (reason, graceMs) => this.#abort(attempt, reason, graceMs) };
  }

  /** Asks what the bundle's job declares; undefined when the child ended before it answered. */
  describe(bundlePath: string, resolveFrom: readonly string[]): Promise<FromChild | undefined> {
    if (this.exit) return Promise.resolve(undefined);
    return this.#describing.ask(() => this.#writer.send({ t: "describe", bundlePath, resolveFrom }));
  }

  /** Ends it and all that it made. */
  kill(why: string): void {
    void this.end(why);
  }

  /** The same; answers when nothing of it was left any more, null when something still is after 2 s. */
  end(why: string): Promise<Instant | null> {
    this.spent ??= why;
    return this.#child.end();
  }

  get exit(): Exit | undefined {
    return this.#child.exit;
  }

  /** The end of what it wrote to stderr by itself: for a child that died before it could tell. */
  get lastErrors(): string {
    return this.#raw.lastErrors;
  }

  /** The attempt at work. */
  get atWork(): Attempt | undefined {
    return this.#line.front;
  }

  /** Ends the attempt at work, and its child with it, at once. */
  exceeded(by: EndedBy): void {
    this.#line.front?.ending.force(by);
    this.kill(`its attempt was ${by.kind}`);
  }

  #begins(attempt: Attempt): void {
    const { timeoutMs, from } = attempt.limits;
    const late: EndedBy = { kind: "timeout", afterMs: timeoutMs, from: from.timeout };
    attempt.ending.deadline(timeoutMs, () => this.#ask(attempt, late));
    this.#sampler.watch(this);
    this.#raw.begins();
    if (attempt.asked !== null) this.#ask(attempt, { kind: "abort", reason: attempt.asked });
  }

  #abort(attempt: Attempt, reason: string, graceMs?: number): void {
    if (graceMs !== undefined) attempt.limits.graceMs = graceMs;
    attempt.asked ??= reason;
    if (this.#line.front === attempt) this.#ask(attempt, { kind: "abort", reason });
    else this.#line.recall();
  }

  #ask(attempt: Attempt, by: EndedBy): void {
    if (this.#line.front !== attempt || attempt.ending.by) return;
    // It may use its whole grace, and this child runs nothing after it.
    this.#line.recall();
    attempt.ending.ask(by, attempt.limits.graceMs);
  }

  /** Whoever wrote it, this child is not to be believed any more. */
  #broken(fault: string): void {
    this.#fault = fault;
    this.kill(`broken protocol: ${fault}`);
  }

  #take(message: FromChild): void {
    if (message.t === "ready") {
      if (message.version !== PROTOCOL_VERSION) return this.#ear.fault(`protocol version ${message.version}`);
      if (!this.busy) this.#writer.send({ t: "warm" });
      return this.#readied();
    }
    const describes = message.t === "exiting" && this.#describing.isAwaited;
    if (describes || message.t === "described" || message.t === "problems" || message.t === "thrown")
      return this.#describing.give(message);
    if (message.t === "recalled") {
      if (!this.#line.recalled(message.from)) this.#ear.fault("it took back what had begun");
      return;
    }
    const attempt = this.#line.front;
    // Between two attempts nothing may be heard (X11).
    if (!attempt) return this.#ear.fault(`"${message.t}" while no attempt was running`);
    attempt.heard = true;
    const { facts } = attempt;
    if (facts.told && message.t !== "idle")
      return this.#ear.fault(`"${message.t}" after the end of the attempt`);
    if (message.t !== "end" && message.t !== "idle") handOn(attempt, message);
    else if (message.t === "end") facts.told = message.end;
    else if (facts.told === null) this.#ear.fault("idle before the end of the attempt");
    else if (message.n !== attempt.n)
      this.#ear.fault(`the end of attempt ${message.n} instead of ${attempt.n}`);
    else this.#idle(attempt, message);
  }

  #idle(attempt: Attempt, idle: Idle): void {
    const { leftovers, made, tookMs, follows } = idle;
    attempt.ending.stop();
    attempt.tookMs = tookMs;
    attempt.made = made;
    this.follows = follows && !this.#raw.heard;
    this.spent ??= whyNotAgain(attempt, idle);
    // What it wrote to stdout and stderr before this frame is heard in the same turn of the loop, not in a later one.
    const first = this.#ending.push(attempt) === 1;
    this.#line.ended(leftovers.length === 0);
    if (made && this.spent === null) void this.#lookForMore();
    else if (first) setImmediate(() => this.#settleAll());
  }

  /** It is only used again when none of the processes that it made lives on, wherever it went (X7). */
  async #lookForMore(): Promise<void> {
    if (await this.#child.hasOthers()) this.spent ??= "left behind: processes that it made";
    this.#settleAll();
  }

  /** The process is gone: its last bytes are read, then the attempt is over. */
  #drained(): void {
    this.#readied();
    this.kill("its process ended");
    const settle = () => {
      // Not before its last bytes are read: they may tell why it ended.
      this.#describing.give(undefined);
      for (const attempt of this.#line.close(this.#fault === null)) {
        // Also after a result: without a clean end it counts for nothing (X4).
        attempt.facts.protocolFault = this.#fault;
        this.#ending.push(attempt);
      }
      this.#settleAll();
    };
    if (!this.busy) return settle();
    void this.#child.closed.then(() => setImmediate(settle));
  }

  #settleAll(): void {
    if (this.#ending.length > 0) this.#raw.flush();
    const ending = this.#ending;
    this.#ending = [];
    for (const attempt of ending) this.#settle(attempt);
  }

  #settle(attempt: Attempt): void {
    this.usedAt = this.#clock.monotonic();
    const outcome = settled(attempt, this.exit, this.lastErrors);
    if (outcome.kind !== "result" && outcome.kind !== "error" && outcome.kind !== "invalid_result") {
      this.spent ??= `its last attempt ended as ${outcome.kind}`;
    }
    const { code = null, signal = null } = this.exit ?? {};
    const { ending, tookMs } = attempt;
    const { steps } = ending;
    const end = (groupEmptyAt: Instant | null) =>
      attempt.done({ outcome, exitCode: code, signal, steps, groupEmptyAt, tookMs });
    // One that has begun behind it runs to its end.
    if (this.spent === null || this.#line.front) return end(null);
    void (attempt.alone && !attempt.made ? this.#gone(this.spent) : this.end(this.spent)).then(end);
  }

  /** What made no processes leaves nothing when it is gone itself; it is looked for all the same. */
  #gone(why: string): Promise<Instant | null> {
    return Promise.race([this.end(why), this.exited.then(() => this.#clock.now())]);
  }

  /** Whose output it is that is written past the log. */
  get #writing(): Attempt | undefined {
    return this.#ending.at(-1) ?? this.#line.front;
  }

  #heardRaw(told: Extract<FromChild, { t: "log" | "dropped" }>): void {
    const attempt = this.#writing;
    // From here on, what it writes past the log could not be told apart between two that follow each other.
    this.follows = false;
    if (attempt) {
      this.#line.recall();
      handOn(attempt, told);
    } else if (this.version !== null) {
      this.kill("it wrote output between two attempts");
    }
  }
}
