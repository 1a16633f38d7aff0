// Ends of attempts that the database has not taken yet, kept in files: each is whole and on the disk, or not there (X5).
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { FinishSpool } from "../runs/spool.ts";
import type { Finish } from "../runs/store.ts";
import { makeFolder } from "./folder.ts";

const SUFFIX = ".ends";
const DAMAGED = ".damaged";
const REFUSED = ".refused";

/** The last line of a file; before it stands one line for each finish. */
interface Tail {
  version: 1;
  finishes: number;
  sha256: string;
}

export class FileSpool implements FinishSpool {
  readonly #folder: string;
  #written = 0;
  #failure: string | null = null;
  #setAside = 0;
  readonly #unreadable = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder, takes away what a killed process left half-written, and finds out whether it can be written. */
  async open(): Promise<void> {
    try {
      makeFolder(this.#folder);
      for (const name of await readdir(this.#folder)) {
        if (name.endsWith(".tmp")) await rm(join(this.#folder, name), { force: true });
        if (name.endsWith(DAMAGED) || name.endsWith(REFUSED)) this.#setAside++;
      }
    } catch (error) {
      this.#failure = messageOf(error);
      return;
    }
    await this.probe();
  }

  /** Finds out whether a file can be written now; `trouble` says what it found. One at a time. */
  async probe(): Promise<void> {
    try {
      await this.#write("probe.tmp", []);
      this.#failure = null;
    } catch (error) {
      this.#failure = messageOf(error);
    }
    await rm(join(this.#folder, "probe.tmp"), { force: true }).catch(() => undefined);
  }

  /** In words for an operator; null when all is well. */
  get trouble(): string | null {
    if (this.#failure !== null) return `ends of runs cannot be kept in files: ${this.#failure}`;
    if (this.#unreadable.size > 0)
      return `files with ends of runs cannot be read: ${[...this.#unreadable].join(", ")}`;
    if (this.#setAside > 0)
      return `${this.#setAside} files with ends of runs could not be brought into the database`;
    return null;
  }

  /** Writes all of them to one file; on the disk when it answers its name. */
  async keep(finishes: readonly Finish[]): Promise<string> {
    const name = `${Date.now().toString(36)}-${process.pid}-${++this.#written}${SUFFIX}`;
    try {
      await this.#write(`${name}.tmp`, finishes);
      await rename(join(this.#folder, `${name}.tmp`), join(this.#folder, name));
      await this.#syncFolder();
      this.#failure = null;
      return name;
    } catch (error) {
      this.#failure = messageOf(error);
      throw error;
    }
  }

  /** Names of the files, the oldest first. */
  async names(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of this.#unreadable)
      if (!(names as string[]).includes(name)) this.#unreadable.delete(name);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  /** Undefined when it is gone; a damaged one is set aside. */
  async read(name: string): Promise<Finish[] | "damaged" | undefined> {
    let text: string;
    try {
      text = await readFile(join(this.#folder, name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      this.#unreadable.add(name);
      throw error;
    }
    this.#unreadable.delete(name);
    const finishes = finishesOf(text);
    if (finishes) return finishes;
    await this.#putAside(name, DAMAGED);
    return "damaged";
  }

  async drop(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  /** The database will never take it: kept for whoever looks after the service. */
  async refuse(name: string): Promise<void> {
    await this.#putAside(name, REFUSED);
  }

  async #putAside(name: string, suffix: string): Promise<void> {
    this.#setAside++;
    await rename(join(this.#folder, name), join(this.#folder, `${name}${suffix}`));
  }

  /** Line by line, since a log that could not be stored meanwhile may have 10 MiB. */
  async #write(name: string, finishes: readonly Finish[]): Promise<void> {
    const file = await open(join(this.#folder, name), "w", 0o600);
    await closing(file, async () => {
      const hash = createHash("sha256");
      for (const finish of finishes) {
        const line = lineOf(finish);
        hash.update(line);
        await file.write(line);
      }
      const tail: Tail = { version: 1, finishes: finishes.length, sha256: hash.digest("hex") };
      await file.write(`${JSON.stringify(tail)}\n`);
      await file.sync();
    });
  }

  /** The name itself must be on the disk too. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder, "r");
    await closing(folder, () => folder.sync());
  }
}

async function closing(file: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await file.close();
  }
}

/** What a finish is as JSON: the one map in it as a list, in which a value that was removed is an entry of one element. */
type Line = Omit<Finish, "state"> & {
  state: (Omit<NonNullable<Finish["state"]>, "values"> & { values: [string, unknown?][] }) | null;
};

function lineOf({ state, ...rest }: Finish): string {
  const values = [...(state?.values ?? [])].map(([key, value]): [string, unknown?] =>
    value === undefined ? [key] : [key, value],
  );
  const line: Line = { ...rest, state: state && { ...state, values } };
  return `${JSON.stringify(line)}\n`;
}

function finishOf(text: string): Finish {
  const { state, ...rest } = JSON.parse(text) as Line;
  if (!state) return { ...rest, state };
  return { ...rest, state: { ...state, values: new Map(state.values.map(([key, value]) => [key, value])) } };
}

function finishesOf(text: string): Finish[] | undefined {
  try {
    const end = text.lastIndexOf("\n", text.length - 2) + 1;
    const tail = JSON.parse(text.slice(end)) as Tail;
    const body = text.slice(0, end);
    if (tail.version !== 1 || tail.sha256 !== createHash("sha256").update(body).digest("hex"))
      return undefined;
    return body.split("\n", tail.finishes).map(finishOf);
  } catch {
    return undefined;
  }
}
