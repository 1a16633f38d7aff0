// What an attempt left in the temp folder of its child.
import { readdirSync, statSync } from "node:fs";

// Taken before any job runs: a job may replace these for itself, not for us.
const [list, look] = [readdirSync, statSync];
const { now } = Date;

/** Times of change go by ticks of the kernel, 10 ms at most: within one tick a second change would not be seen. */
const SETTLED_MS = 50;

export class FilesLeft {
  readonly #folder: string;
  /** The folder was empty when it had changed last. */
  #emptySince: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Names in the folder. Looks at its time of change first, which nobody can set: a fifth of reading it. */
  left(): string[] {
    try {
      const { ctimeMs } = look(this.#folder);
      if (ctimeMs === this.#emptySince) return [];
      const names = list(this.#folder);
      this.#emptySince = names.length === 0 && now() - ctimeMs > SETTLED_MS ? ctimeMs : undefined;
      return names;
    } catch {
      // It is gone, or may not be read: what is to be removed is the folder.
      return ["."];
    }
  }
}
