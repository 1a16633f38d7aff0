// The temp folders of one service's children, in a folder of its own; and those of a service that could not remove its own.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { JobUser } from "./launcher.ts";
import { readProcess } from "./processes.ts";
import { Reaper } from "./reaper.ts";
import { removeTree } from "./remove-tree.ts";

const OWNER = "owner";
/** A service in another container cannot be seen from here: it touches its file, and is gone when it has not for this long. */
const UNSEEN_MS = 5 * 60_000;
/** Some milliseconds of looking for a name that nobody has taken. */
const MOST_TRIES = 10_000;

export class TempRoot {
  readonly path: string;
  readonly #root: string;
  readonly #user: JobUser | null;
  readonly #onTrouble: ((sentence: string) => void) | undefined;
  #n = 0;

  /** `root` may be shared by several services; `instance` names this one. The folders are the job user's, if there is one. */
  constructor(root: string, instance: string, user: JobUser | null, onTrouble?: (sentence: string) => void) {
    this.#root = root;
    this.#user = user;
    this.#onTrouble = onTrouble;
    this.path = join(root, instance);
    this.#make();
  }

  /** A new, empty folder. What a job that may do so made or removed here keeps no other from its own. */
  next(): string {
    for (let tries = 1; ; tries++) {
      const path = join(this.path, String(++this.#n));
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (tries === MOST_TRIES || (code !== "ENOENT" && code !== "EEXIST")) throw error;
        if (code === "ENOENT") this.#make();
        continue;
      }
      if (this.#user) chownSync(path, this.#user.uid, this.#user.gid);
      return path;
    }
  }

  #make(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    // The job user has to get through to its own folder, and sees no other.
    if (this.#user) for (const folder of [this.#root, this.path]) chmodSync(folder, 0o711);
    writeFileSync(join(this.path, OWNER), ownerText(process.pid));
  }

  /** Says that this service lives; at least once in a minute. */
  touch(): void {
    try {
      const now = new Date();
      utimesSync(join(this.path, OWNER), now, now);
    } catch {
      // Somebody removed the folder: there is nothing to keep.
    }
  }

  /** Removes a folder of `next`, or with no path all of them. What cannot be removed keeps nobody from working. */
  async remove(path = this.path): Promise<void> {
    const why = await removeTree(path);
    if (why !== null) this.#onTrouble?.(`a temp folder of jobs could not be removed: ${why}`);
  }

  /** Ends what earlier services left here, processes first, then their folders. */
  async sweep(now: number): Promise<void> {
    for (const instance of readdirSync(this.#root)) {
      if (!isStale(join(this.#root, instance), now)) continue;
      await new Reaper(instance).endAll([]);
      await this.remove(join(this.#root, instance));
    }
  }
}

/** The process, told from a later one with the same number by its start, and the space in which its number counts. */
function ownerText(pid: number): string {
  return `${pid} ${readProcess(pid)?.startedAt ?? 0} ${pidSpace()}`;
}

function pidSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "-";
  }
}

function isStale(folder: string, now: number): boolean {
  const file = join(folder, OWNER);
  try {
    const [pid, , space] = readFileSync(file, "utf8").split(" ");
    if (space === pidSpace()) return readFileSync(file, "utf8") !== ownerText(Number(pid));
    return now - statSync(file).mtimeMs > UNSEEN_MS;
  } catch {
    return true;
  }
}
