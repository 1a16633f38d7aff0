// One child process from the service's side: gives it an order, hears it, ends it, and tells how the attempt ended.
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { encodeFrame, FrameDecoder } from "./frames.ts";
import { type AttemptFacts, type EndedBy, type Outcome, outcomeOf, type Step } from "./outcome.ts";
import {
  type AttemptOrder,
  type FailedRecordTold,
  type FromChild,
  MAX_FRAME_BYTES,
  PROTOCOL_VERSION,
  type ToChild,
  type ToldLine,
} from "./protocol.ts";
import { type ChildOptions, type ChildPipes, signalGroup, spawnChild } from "./spawn.ts";
import { RawLines } from "./raw-lines.ts";
import { toMessage } from "./told.ts";

export interface AttemptLimits {
  timeoutMs: number;
  /** Between the abort signal and SIGTERM; SIGKILL comes 2 s later. */
  graceMs: number;
}

/** Hears what an attempt tells, in order, and nothing after its outcome. */
export interface AttemptListener {
  lines(lines: readonly ToldLine[]): void;
  records(counts: RecordCounts, failed: readonly FailedRecordTold[]): void;
  progress(percent: number, message: string | null): void;
  state(key: string, value: unknown): void;
}

export interface Ended {
  outcome: Outcome;
  exitCode: number | null;
  signal: string | null;
  steps: readonly Step[];
  /** By the child's own clock; null when it did not live to tell. */
  tookMs: number | null;
}

interface Attempt {
  listener: AttemptListener;
  limits: { -readonly [K in keyof AttemptLimits]: AttemptLimits[K] };
  facts: { -readonly [K in keyof AttemptFacts]: AttemptFacts[K] };
  steps: Step[];
  firstStepAt: number;
  tookMs: number | null;
  timer: NodeJS.Timeout | undefined;
  done(ended: Ended): void;
}

const KILL_AFTER_TERM_MS = 2_000;
/** After the child's end its pipes may stay open in a grandchild's hands: so long we wait for their last bytes. */
const DRAIN_MS = 200;

export class Sandbox {
  readonly #clock: Clock;
  readonly #pipes: ChildPipes;
  readonly #decoder = new FrameDecoder(MAX_FRAME_BYTES);
  readonly #raw: RawLines;
  #attempt: Attempt | undefined;
  #describing: ((message: FromChild | undefined) => void) | undefined;
  #exit: { code: number | null; signal: string | null } | undefined;
  #fault: string | null = null;
  readonly ready: Promise<void>;
  #readied!: () => void;
  readonly exited: Promise<void>;

  /** Hash of the version that it has run; it never runs another. */
  version: string | null = null;
  attempts = 0;
  readonly bornAt: number;
  usedAt: number;
  /** Set when it must not be used again, with the reason. */
  spent: string | null = null;

  constructor(options: ChildOptions, clock: Clock) {
    this.#clock = clock;
    this.bornAt = this.usedAt = clock.monotonic();
    this.#pipes = spawnChild(options);
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    this.#raw = new RawLines(this.#pipes, (lines) => this.#heardRaw(lines));
    this.#pipes.out.on("data", (chunk: Buffer) => this.#heard(chunk));
    for (const stream of [this.#pipes.in, this.#pipes.out, this.#pipes.stdout, this.#pipes.stderr]) {
      stream.on("error", () => undefined);
    }
    this.exited = new Promise((resolve) => {
      const gone = (code: number | null, signal: string | null) => {
        this.#exit ??= { code, signal };
        this.spent ??= "its process ended";
        this.#readied();
        resolve();
        this.#drained();
      };
      this.#pipes.process.once("error", (error) => {
        this.#fault ??= messageOf(error);
        gone(null, null);
      });
      this.#pipes.process.once("exit", gone);
    });
  }

  get pid(): number | undefined {
    return this.#pipes.process.pid;
  }

  get busy(): boolean {
    return this.#attempt !== undefined || this.#describing !== undefined;
  }

  /** Runs one attempt; never rejects. The caller keeps to one at a time. */
  run(
    version: string,
    order: AttemptOrder,
    limits: AttemptLimits,
    listener: AttemptListener,
  ): Promise<Ended> {
    this.version = version;
    this.attempts++;
    this.usedAt = this.#clock.monotonic();
    return new Promise((done) => {
      const steps: Step[] = [];
      const facts = { told: null, exit: null, endedBy: null, steps, protocolFault: null, lastLine: null };
      const timer = setTimeout(
        () => this.#end({ kind: "timeout", afterMs: limits.timeoutMs }),
        limits.timeoutMs,
      );
      this.#attempt = {
        listener,
        limits: { ...limits },
        facts,
        steps,
        firstStepAt: 0,
        tookMs: null,
        timer,
        done,
      };
      if (this.#exit) return this.#drained();
      this.#send({ t: "start", attempt: order });
    });
  }

  /** Asks the attempt to end: the signal now, SIGTERM after the grace (its own, or the one given), SIGKILL 2 s later. */
  abort(reason: string, graceMs?: number): void {
    if (this.#attempt && graceMs !== undefined) this.#attempt.limits.graceMs = graceMs;
    this.#end({ kind: "abort", reason });
  }

  /** Asks what the bundle's job declares; undefined when the child ended before it answered. */
  describe(bundlePath: string, resolveFrom: readonly string[]): Promise<FromChild | undefined> {
    return new Promise((resolve) => {
      if (this.#exit) return resolve(undefined);
      this.#describing = (message) => {
        this.#describing = undefined;
        resolve(message);
      };
      this.#send({ t: "describe", bundlePath, resolveFrom });
    });
  }

  /** Ends it and everything in its process group. */
  kill(why: string): void {
    this.spent ??= why;
    signalGroup(this.pid, "SIGKILL");
  }

  get exit(): { code: number | null; signal: string | null } | undefined {
    return this.#exit;
  }

  /** The end of what it wrote to stderr by itself: for a child that died before it could tell. */
  get lastErrors(): string {
    return this.#raw.lastErrors;
  }

  #send(message: ToChild): void {
    this.#pipes.in.write(encodeFrame(message));
  }

  #end(by: EndedBy): void {
    const attempt = this.#attempt;
    if (!attempt || attempt.facts.endedBy) return;
    attempt.facts.endedBy = by;
    clearTimeout(attempt.timer);
    attempt.firstStepAt = this.#clock.monotonic();
    this.#step(attempt, "abort");
    this.#send({ t: "abort", reason: by.kind === "timeout" ? "timeout" : by.reason });
    attempt.timer = setTimeout(() => {
      this.#step(attempt, "SIGTERM");
      signalGroup(this.pid, "SIGTERM");
      attempt.timer = setTimeout(() => {
        this.#step(attempt, "SIGKILL");
        signalGroup(this.pid, "SIGKILL");
      }, KILL_AFTER_TERM_MS);
    }, attempt.limits.graceMs);
  }

  #step(attempt: Attempt, signal: Step["signal"]): void {
    attempt.steps.push({ signal, afterMs: Math.round(this.#clock.monotonic() - attempt.firstStepAt) });
  }

  #heard(chunk: Buffer): void {
    if (this.#fault) return;
    try {
      for (const frame of this.#decoder.push(chunk)) this.#take(toMessage(frame));
    } catch (error) {
      this.#broken(messageOf(error));
    }
  }

  /** Whoever wrote it, this child is not to be believed any more. */
  #broken(fault: string): void {
    this.#fault = fault;
    if (this.#attempt && !this.#attempt.facts.told) this.#attempt.facts.protocolFault = fault;
    this.kill(`broken protocol: ${fault}`);
  }

  #take(message: FromChild): void {
    if (message.t === "ready") {
      if (message.version !== PROTOCOL_VERSION) return this.#broken(`protocol version ${message.version}`);
      return this.#readied();
    }
    if (message.t === "described" || message.t === "problems" || message.t === "thrown") {
      return this.#describing?.(message);
    }
    const attempt = this.#attempt;
    // Between two attempts nothing may be heard (X11).
    if (!attempt) return this.#broken(`"${message.t}" while no attempt was running`);
    const { listener, facts } = attempt;
    if (facts.told && message.t !== "idle")
      return this.#broken(`"${message.t}" after the end of the attempt`);
    if (message.t === "log") {
      facts.lastLine = message.lines.at(-1)?.text ?? facts.lastLine;
      listener.lines(message.lines);
    } else if (message.t === "records") listener.records(message.counts, message.failed);
    else if (message.t === "progress") listener.progress(message.percent, message.message);
    else if (message.t === "state") listener.state(message.key, message.value);
    else if (message.t === "end") facts.told = message.end;
    else if (facts.told === null) this.#broken("idle before the end of the attempt");
    else this.#idle(attempt, message.leftovers, message.tookMs);
  }

  #idle(attempt: Attempt, leftovers: readonly string[], tookMs: number): void {
    attempt.tookMs = tookMs;
    if (leftovers.length > 0) this.spent ??= `left behind: ${leftovers.join(", ")}`;
    if (attempt.facts.endedBy) this.spent ??= "it had been asked to end";
    // What it wrote to stdout and stderr before this frame is heard in the same turn of the loop, not in a later one.
    setImmediate(() => this.#settle(attempt));
  }

  /** The process is gone: its last bytes are read, then the attempt is over. */
  #drained(): void {
    signalGroup(this.pid, "SIGKILL");
    this.#describing?.(undefined);
    const attempt = this.#attempt;
    if (!attempt) return;
    const settle = () => this.#settle(attempt);
    if (this.#pipes.out.readableEnded || this.#pipes.out.destroyed) setImmediate(settle);
    else {
      this.#pipes.out.once("end", () => setImmediate(settle));
      setTimeout(settle, DRAIN_MS);
    }
  }

  #settle(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    clearTimeout(attempt.timer);
    this.#raw.flush();
    this.#attempt = undefined;
    this.usedAt = this.#clock.monotonic();
    attempt.facts.exit = this.#exit ?? null;
    const outcome = outcomeOf(attempt.facts);
    if (outcome.kind !== "result" && outcome.kind !== "error" && outcome.kind !== "invalid_result") {
      this.spent ??= `its last attempt ended as ${outcome.kind}`;
    }
    if (this.spent !== null) this.kill(this.spent);
    const exit = this.#exit;
    const { steps, tookMs } = attempt;
    attempt.done({ outcome, exitCode: exit?.code ?? null, signal: exit?.signal ?? null, steps, tookMs });
  }

  #heardRaw(lines: ToldLine[]): void {
    const attempt = this.#attempt;
    if (attempt) {
      attempt.facts.lastLine = lines.at(-1)?.text ?? attempt.facts.lastLine;
      attempt.listener.lines(lines);
    } else if (this.version !== null) {
      this.kill("it wrote output between two attempts");
    }
  }
}
