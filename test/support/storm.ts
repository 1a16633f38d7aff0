// Random edits of a folder of jobs, always the same ones, and what the folder holds after them.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What has to be told of a job of the storm. */
export interface Held {
  loadState: "ready" | "stale" | "missing";
  /** Of the version that serves; null where an older one serves, whichever that is. */
  name: string | null;
}

/** Jobs `j0`, `j1`, … below `root`, edited at random: saves, editors' saves, helpers, mistakes, folders that go and return. */
export class Storm {
  private readonly names = new Map<string, string | null>();
  private readonly gone = new Set<string>();
  private state = 7;
  private edits = 0;

  constructor(
    private readonly root: string,
    count: number,
    /** A whole job.ts with this name; `head` goes before the class, `value` is what it returns. */
    private readonly text: (name: string, value?: string, head?: string) => string,
  ) {
    for (let i = 0; i < count; i++) {
      this.save(`j${i}/job.ts`, text(`J${i}`));
      this.names.set(`j${i}`, `J${i}`);
    }
  }

  edit(): void {
    const edit = this.edits++;
    const key = `j${this.roll(this.names.size)}`;
    const what = this.roll(10);
    const name = `${key} ${edit}`;
    if (this.gone.delete(key)) renameSync(join(this.root, `_${key}`), join(this.root, key));
    else if (what === 0) {
      renameSync(join(this.root, key), join(this.root, `_${key}`));
      this.gone.add(key);
    } else if (what === 1) {
      this.save(`${key}/job.ts`, `broken( ${edit}`);
      this.names.set(key, null);
    } else if (what === 2) {
      this.save(`${key}/helper.ts`, `export const edit = ${edit};`);
      this.save(`${key}/job.ts`, this.text(name, "edit", 'import { edit } from "./helper";'));
      this.names.set(key, name);
    } else if (what < 6) {
      this.save(`${key}/job.ts`, this.text(name));
      this.names.set(key, name);
    } else {
      this.save(`${key}/.new`, this.text(name));
      renameSync(join(this.root, key, ".new"), join(this.root, key, "job.ts"));
      this.names.set(key, name);
    }
  }

  /** By key. */
  held(): Map<string, Held> {
    const all = [...this.names].map(([key, name]): [string, Held] => {
      if (this.gone.has(key)) return [key, { loadState: "missing", name: null }];
      return [key, { loadState: name === null ? "stale" : "ready", name }];
    });
    return new Map(all);
  }

  /** A whole number from 0 up to `sides`, `sides` left out. */
  roll(sides: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * sides);
  }

  private save(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }
}
