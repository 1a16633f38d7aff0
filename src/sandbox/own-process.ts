// What the kernel knows of this process: whether it has made others, and how large it is. Asked after each attempt, so
// the files stay open: reading one again costs a third of opening it.
import { openSync, readSync } from "node:fs";
import { parseStat } from "./processes.ts";

const PAGE = 4096;

export class OwnProcess {
  readonly #stat = open("/proc/self/stat");
  readonly #children = open(`/proc/self/task/${process.pid}/children`);
  readonly #buffer = Buffer.alloc(4096);

  /** All zero where the system does not say. */
  look(): { childFaults: number; hasChildren: boolean; bytes: number } {
    const stat = this.#read(this.#stat);
    const { childFaults, residentPages } = stat ? parseStat(stat) : { childFaults: 0, residentPages: 0 };
    return { childFaults, hasChildren: this.#read(this.#children) !== "", bytes: residentPages * PAGE };
  }

  /** A job that closed the file, or opened another in its place, is told from one that left nothing. */
  #read(fd: number | undefined): string {
    if (fd === undefined) return "";
    try {
      return this.#buffer.toString("latin1", 0, readSync(fd, this.#buffer, 0, this.#buffer.length, 0));
    } catch {
      return "?";
    }
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
