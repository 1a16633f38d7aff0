// The attempts of one child in their order: one at work, the next ones sent already, the last ones just over.
import { rmSync, writeFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";

/** What the order of attempts needs of each. */
export interface InLine {
  /** Its number in this child, from 1. */
  readonly n: number;
  /** The child has told something of it: it has begun. */
  heard: boolean;
  /** Monotonic ms. */
  begunAt: number;
}

/** While others wait behind it, the one at work has so long before they are taken back. */
const STALL_MS = 20;

/**
 * Starting one attempt costs two turns between processes; a child that has the next orders already saves them. What was
 * sent can be taken back for certain while it has not begun (X1: never begun twice), even from a child in an endless
 * loop: before each queued attempt the child looks for a file, and writes the end of the one before it first. So, once
 * the file lies there and one whole look at the pipe has passed, only the first that waits may have begun.
 */
export class Line<A extends InLine> {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #begins: (attempt: A) => void;
  readonly #takenBack: (attempt: A) => void;
  readonly #failed: (why: string) => void;
  #front: A | undefined;
  readonly #next: A[] = [];
  #last = 0;
  /** The number up to which a recall is under way. */
  #recalledThrough: number | undefined;
  #stallTimer: NodeJS.Timeout | undefined;

  /**
   * `begins` hears of each that is now at work, `takenBack` of each that will never begin here; `failed` that nothing can be
   * taken back: then the child has to end.
   */
  constructor(
    file: string,
    clock: Clock,
    begins: (attempt: A) => void,
    takenBack: (attempt: A) => void,
    failed: (why: string) => void,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.#begins = begins;
    this.#takenBack = takenBack;
    this.#failed = failed;
  }

  /** The attempt at work. */
  get front(): A | undefined {
    return this.#front;
  }

  get waiting(): readonly A[] {
    return this.#next;
  }

  get recalling(): boolean {
    return this.#recalledThrough !== undefined;
  }

  /** The number for the next attempt. */
  number(): number {
    return ++this.#last;
  }

  /** Answers whether it has to wait for others. */
  add(attempt: A): boolean {
    if (this.#front) {
      this.#next.push(attempt);
      this.#stallTimer ??= setTimeout(() => this.#lookForStall(), STALL_MS);
      return true;
    }
    this.#begin(attempt);
    return false;
  }

  /** The child has told the end of the attempt at work; `goesOn` when it begins the next one by itself. */
  ended(goesOn: boolean): void {
    if (this.#front && this.#front.n === this.#recalledThrough) this.#recallIsOver();
    this.#front = undefined;
    if (!goesOn) return this.#drop(this.#last);
    const next = this.#next.shift();
    if (next) this.#begin(next);
  }

  /** Takes back all that has not begun. */
  recall(): void {
    if (this.#next.length === 0 || this.recalling) return;
    const through = (this.#recalledThrough = this.#last);
    try {
      writeFileSync(this.#file, String(through));
    } catch (error) {
      this.#recalledThrough = undefined;
      // A full disk, mostly. It is asked for in timers: what is thrown here would end the service.
      return this.#failed(`what waits in it cannot be taken back: ${messageOf(error)}`);
    }
    // The second one comes after a whole look at all pipes.
    setImmediate(() => setImmediate(() => this.#drop(through)));
  }

  /** The child has told that `from` and all after it do not begin. False when it cannot be: that one has begun. */
  recalled(from: number): boolean {
    const through = this.#recalledThrough;
    if (through === undefined) return false;
    this.#recallIsOver();
    const front = this.#front;
    if (front && front.n >= from && front.n <= through) {
      if (front.heard) return false;
      this.#front = undefined;
      this.#takenBack(front);
    }
    this.#drop(through);
    return true;
  }

  /**
   * The child is gone. Answers what it may have begun: the one at work, and with `believed` false, when its words about
   * ends cannot be trusted, all behind it too, since none begins twice.
   */
  close(believed: boolean): A[] {
    clearTimeout(this.#stallTimer);
    if (this.recalling) this.#recallIsOver();
    const begun = this.#front ? [this.#front] : [];
    this.#front = undefined;
    if (!believed) begun.push(...this.#next.splice(0));
    this.#drop(this.#last);
    return begun;
  }

  /** Whoever waits behind an attempt that takes its time runs elsewhere (X10). */
  #lookForStall(): void {
    this.#stallTimer = undefined;
    if (!this.#front || this.#next.length === 0) return;
    const left = this.#front.begunAt + STALL_MS - this.#clock.monotonic();
    if (left > 0) this.#stallTimer = setTimeout(() => this.#lookForStall(), left);
    // It may be we who were busy: what the child has told meanwhile is heard first.
    else setImmediate(() => this.#takeBackFrom(this.#front));
  }

  #takeBackFrom(front: A | undefined): void {
    if (front && this.#front === front) this.recall();
    else this.#stallTimer ??= setTimeout(() => this.#lookForStall(), STALL_MS);
  }

  #drop(through: number): void {
    while (this.#next[0] && this.#next[0].n <= through) this.#takenBack(this.#next.shift()!);
  }

  #begin(attempt: A): void {
    this.#front = attempt;
    attempt.begunAt = this.#clock.monotonic();
    this.#begins(attempt);
  }

  #recallIsOver(): void {
    this.#recalledThrough = undefined;
    try {
      rmSync(this.#file, { force: true });
    } catch (error) {
      this.#failed(`its recall file cannot be removed: ${messageOf(error)}`);
    }
  }
}
