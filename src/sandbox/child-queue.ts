// Attempts that wait in the child behind the one at work, and how the service takes them back.
import { existsSync, readFileSync } from "node:fs";
import type { ToChild } from "./protocol.ts";

type Start = Extract<ToChild, { t: "start" }>;

// Taken before any job runs: a job may replace it for itself, not for us.
const soon = setImmediate;

/**
 * Code that can write past the log (to a descriptor, or by a process of its own) or that loads more code: its output
 * could not be told apart between two attempts that follow each other at once, so that such a bundle is never queued.
 */
const BEYOND =
  /child_process|worker_threads|cluster|dlopen|_rawDebug|\bbinding\b|getBuiltinModule|jobmount\.require|createRequire|\bimport\s*\(|["'](node:)?fs(\/promises)?["']/;

/** Whether attempts of this bundle may follow each other without the service between them. */
export function mayFollow(bundlePath: string): boolean {
  return !BEYOND.test(readFileSync(bundlePath, "utf8"));
}

/** Begins attempts one after the other. A queued one begins only while no recall file names it: who wrote it has it back. */
export class ChildQueue {
  readonly #file: string;
  readonly #begin: (start: Start) => void;
  readonly #recalled: (from: number) => void;
  #waiting: Start[] = [];
  #busy = false;
  #recalledThrough = 0;

  constructor(file: string, begin: (start: Start) => void, recalled: (from: number) => void) {
    this.#file = file;
    this.#begin = begin;
    this.#recalled = recalled;
  }

  take(start: Start): void {
    if (this.#busy) this.#waiting.push(start);
    else this.#start(start);
  }

  /** The attempt at work is over and nothing of it is left. */
  next(): void {
    if (this.#waiting.length === 0) {
      this.#busy = false;
      return;
    }
    // A turn of the event loop between two attempts: what the last one left to the loop happens before the next.
    soon(() => {
      this.#busy = false;
      const start = this.#waiting.shift();
      if (start) this.#start(start);
    });
  }

  #start(start: Start): void {
    if (start.queued && this.#isRecalled(start.n)) return;
    this.#busy = true;
    this.#begin(start);
  }

  #isRecalled(n: number): boolean {
    if (n <= this.#recalledThrough) return true;
    const through = existsSync(this.#file) ? Number(readFileSync(this.#file, "utf8")) : 0;
    if (through <= this.#recalledThrough) return false;
    this.#recalledThrough = through;
    const kept = this.#waiting.filter((start) => start.n > this.#recalledThrough);
    this.#waiting = [];
    this.#recalled(n);
    for (const start of kept) this.take(start);
    return n <= this.#recalledThrough;
  }
}
