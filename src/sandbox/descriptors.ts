// The open descriptors of this process, and what lies behind them.
import { fstatSync, readdirSync, statSync } from "node:fs";
import { IN_FD, OUT_FD } from "./protocol.ts";

// Taken before any job runs: a job may replace these for itself, not for us.
const [look, lookAt, list] = [statSync, fstatSync, readdirSync];

const FOLDER = "/proc/self/fd";
/** stdin, stdout, stderr, and the two of the protocol. */
const PIPES: readonly number[] = [0, 1, 2, IN_FD, OUT_FD];
const engines: ReadonlyMap<number, string> = new Map(identities());
// The folder itself is open while it is read.
const countIsKnown = sizeOfFolder() === numbers().length - 1;
const ownOut = identityOf(OUT_FD);

/** Whether a job has put something else in the place of the pipe to the service. */
export function outIsOther(): boolean {
  return identityOf(OUT_FD) !== ownOut;
}

/**
 * How many there are, and what lies behind the numbers that a job can get hold of: where one was closed, the next one that
 * is opened gets its number. What the engine had opened for itself before any job is left out: without that nothing runs.
 */
export class Descriptors {
  readonly #count = count();
  readonly #known = identities().filter(([fd, is]) => PIPES.includes(fd) || engines.get(fd) !== is);

  changed(): boolean {
    return count() !== this.#count || this.#known.some(([fd, is]) => identityOf(fd) !== is);
  }
}

function count(): number {
  return countIsKnown ? sizeOfFolder() : numbers().length;
}

function identities(): [fd: number, is: string][] {
  return numbers().flatMap((fd): [number, string][] => {
    const is = identityOf(fd);
    return is === undefined ? [] : [[fd, is]];
  });
}

function numbers(): number[] {
  try {
    return list(FOLDER).map(Number);
  } catch {
    // Not on this system.
    return [];
  }
}

/** Linux says since 6.2 how many descriptors there are as the size of the folder: a fifth of reading it. */
function sizeOfFolder(): number {
  try {
    return look(FOLDER).size;
  } catch {
    return 0;
  }
}

/** Undefined for what is closed: the folder that was read has been among them. */
function identityOf(fd: number): string | undefined {
  try {
    const { dev, ino } = lookAt(fd);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
