// The steps that end an attempt from outside: the abort signal, SIGTERM after the grace, SIGKILL 2 s later (X9).
import type { Instant } from "../clock.ts";
import type { EndedBy, Step } from "./outcome.ts";

/** What the steps do to the child. */
export interface Act {
  now(): Instant;
  abort(n: number, reason: string): void;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
}

const KILL_AFTER_TERM_MS = 2_000;

export class Ending {
  readonly steps: Step[] = [];
  readonly #act: Act;
  readonly #n: number;
  #by: EndedBy | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** `n`: the attempt's number in its child. */
  constructor(act: Act, n: number) {
    this.#act = act;
    this.#n = n;
  }

  /** Why it is being ended; null while it is not. */
  get by(): EndedBy | null {
    return this.#by;
  }

  /** Hears when it has taken longer than this. */
  deadline(timeoutMs: number, passed: () => void): void {
    this.#timer = setTimeout(passed, timeoutMs);
  }

  /** The signal now, and the two others when it does not help. The first reason stays. */
  ask(by: EndedBy, graceMs: number): void {
    if (this.#by) return;
    this.#by = by;
    this.stop();
    this.#step("abort");
    this.#act.abort(this.#n, by.kind === "abort" ? by.reason : by.kind);
    this.#timer = setTimeout(() => {
      this.#send("SIGTERM");
      this.#timer = setTimeout(() => this.#send("SIGKILL"), KILL_AFTER_TERM_MS);
    }, graceMs);
  }

  /** SIGKILL at once: waiting would let it take more of what it has taken too much of. */
  force(by: EndedBy): void {
    this.#by ??= by;
    this.stop();
    this.#send("SIGKILL");
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #send(signal: "SIGTERM" | "SIGKILL"): void {
    this.#step(signal);
    this.#act.signal(signal);
  }

  #step(signal: Step["signal"]): void {
    this.steps.push({ signal, at: this.#act.now() });
  }
}
