// Removes what jobs left on the disk, however deep it is and whatever rights they gave it, and nothing that links lead to.
import { closeSync, constants, type Dir, open } from "node:fs";
import { access, chmod, chown, opendir, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { messageOf } from "../errors.ts";

/** Of Linux, which Node does not name: a folder is held without any right to it. */
const O_PATH = 0o10000000;
const HOLD = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** What comes into a folder while it is emptied is looked for again: so often in vain, and no longer than this. */
const IDLE_ROUNDS = 20;
const PAUSE_MS = 10;
const AGAIN_MS = 60_000;

const openFile = promisify(open);

/** Never rejects: answers why something of it is still there, null when nothing is. */
export async function removeTree(path: string): Promise<string | null> {
  try {
    await rmdir(path);
    return null;
  } catch (error) {
    if (isGone(error)) return null;
  }
  return (await canHold()) ? new Removal(path).run() : removeByPath(path);
}

/**
 * By folders that are held, never by a path through them: no path gets too long, and a folder that a job replaces by a
 * link leads nowhere else. What lies deeper is moved up to the top before its turn comes, so two are held at a time.
 */
class Removal {
  readonly #path: string;
  /** What was moved up has this and a number for a name. */
  readonly #moved = `.gone-${Math.random().toString(36).slice(2)}-`;
  readonly #waiting: number[] = [];
  #n = 0;
  #removed = 0;
  #why: string | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  async run(): Promise<string | null> {
    let left = "";
    let until: number | undefined;
    for (let idle = 0; idle < IDLE_ROUNDS && this.#why === null;) {
      const before = this.#removed;
      await this.#round();
      try {
        await rmdir(this.#path);
        return null;
      } catch (error) {
        if (isGone(error)) return null;
        left = messageOf(error);
      }
      until ??= performance.now() + AGAIN_MS;
      if (performance.now() > until) break;
      // Somebody else may be at it: a folder that the service and its guard remove at the same time goes, too.
      if (this.#removed === before) await pause(PAUSE_MS, ++idle);
    }
    return this.#why ?? left;
  }

  async #round(): Promise<void> {
    const top = await this.#hold(this.#path);
    if (!top) return;
    try {
      for await (const { name, isFolder } of this.#entries(top)) {
        if (!isFolder) await this.#unlink(top, name);
        else {
          await this.#dismantle(top, name);
          // At once: they are known by their numbers alone, and as many as there may be anywhere do not fill the memory.
          for (let n = this.#waiting.pop(); n !== undefined; n = this.#waiting.pop())
            await this.#dismantle(top, this.#nameOf(n));
        }
      }
    } finally {
      top.release();
    }
  }

  /** Removes a folder of the top; the folders in it are moved up, and wait. */
  async #dismantle(top: Held, name: Buffer): Promise<void> {
    const folder = await this.#hold(top.at(name));
    if (!folder) return;
    try {
      for await (const entry of this.#entries(folder))
        await (entry.isFolder ? this.#moveUp(top, folder, entry.name) : this.#unlink(folder, entry.name));
    } finally {
      folder.release();
    }
    // One that got something new meanwhile is found by the next round.
    await this.#removing(top, () => rmdir(top.at(name)), ["ENOTEMPTY", "ENOTDIR"]);
  }

  async #moveUp(top: Held, folder: Held, name: Buffer): Promise<void> {
    const n = this.#n++;
    const [from, to] = [folder.at(name), top.at(this.#nameOf(n))];
    const move = async (): Promise<void> => {
      await rename(from, to);
      this.#waiting.push(n);
    };
    try {
      await move();
    } catch (error) {
      if (!isRefused(error)) return this.#note(error);
      // It takes rights to the folder itself, too.
      const inner = await this.#hold(from);
      const held = [top, folder, ...(inner ? [inner] : [])];
      await this.#allowing(held, move).finally(() => inner?.release());
    }
  }

  /** A folder that became a link, or anything else that is none, is removed as what it is. */
  async #hold(path: string | Buffer): Promise<Held | undefined> {
    try {
      return new Held(await openFile(path, HOLD));
    } catch (error) {
      const isNone = codeOf(error) === "ENOTDIR" || codeOf(error) === "ELOOP";
      await (isNone ? unlink(path) : Promise.reject(error)).catch((other: unknown) => this.#note(other));
      return undefined;
    }
  }

  async #unlink(folder: Held, name: Buffer): Promise<void> {
    // EISDIR: it became a folder, which the next round finds.
    await this.#removing(folder, () => unlink(folder.at(name)), ["EISDIR"]);
  }

  async #removing(from: Held, act: () => Promise<void>, silent: string[]): Promise<void> {
    await this.#allowing([from], () => act().then(() => void this.#removed++), silent);
  }

  async *#entries(folder: Held): AsyncGenerator<{ name: Buffer; isFolder: boolean }> {
    let dir: Dir | undefined;
    await this.#allowing([folder], async () => {
      // As bytes: a name need not be text.
      dir = await opendir(folder.path, { encoding: "buffer" as BufferEncoding });
    });
    if (!dir) return;
    try {
      for (let entry = await dir.read(); entry; entry = await dir.read())
        yield { name: Buffer.from(entry.name), isFolder: entry.isDirectory() };
    } catch (error) {
      this.#note(error);
    } finally {
      dir.closeSync();
    }
  }

  /** Acts; where that is refused, once more with all rights to these folders. Some failures say nothing. */
  async #allowing(folders: readonly Held[], act: () => Promise<void>, silent: string[] = []): Promise<void> {
    try {
      await act().catch(async (error: unknown) => {
        if (!isRefused(error)) throw error;
        for (const folder of folders) await folder.allow();
        await act();
      });
    } catch (error) {
      if (!silent.includes(codeOf(error))) this.#note(error);
    }
  }

  #note(error: unknown): void {
    // Somebody else removes it too.
    if (isGone(error)) return;
    this.#why ??= messageOf(error).replaceAll(/\/proc\/self\/fd\/\d+/g, join(this.#path, "…"));
  }

  #nameOf(n: number): Buffer {
    return Buffer.from(`${this.#moved}${n}`);
  }
}

/** A folder that is held: it is meant wherever it is moved, and whatever takes its name. */
class Held {
  readonly path: string;
  readonly #fd: number;
  #allowed = false;

  constructor(fd: number) {
    this.#fd = fd;
    this.path = `/proc/self/fd/${fd}`;
  }

  at(name: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`${this.path}/`), name]);
  }

  /** Its owner may do all in it, and may change it where it has the sticky bit. */
  async allow(): Promise<void> {
    if (this.#allowed) return;
    this.#allowed = true;
    await chown(this.path, process.geteuid!(), process.getegid!()).catch(() => undefined);
    await chmod(this.path, 0o700).catch(() => undefined);
  }

  /** Without waiting: nothing was read or written by it. */
  release(): void {
    closeSync(this.#fd);
  }
}

async function canHold(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  return access("/proc/self/fd").then(
    () => true,
    () => false,
  );
}

/** Where folders cannot be held: not too deep, and by whatever stands behind a name. */
async function removeByPath(path: string): Promise<string | null> {
  const first = await tryToRemove(path);
  if (first === null) return null;
  // A folder that may not be written keeps what is in it: a job that unpacked an archive as it was leaves such folders.
  await openAll(path);
  return tryToRemove(path);
}

async function tryToRemove(path: string): Promise<string | null> {
  try {
    await rm(path, { recursive: true, force: true });
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** What cannot be opened is told by the removal that follows. Links are not followed: a link is no folder. */
async function openAll(folder: string): Promise<void> {
  const waiting = [folder];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const inside = one;
    await chmod(inside, 0o700).catch(() => undefined);
    const entries = await readdir(inside, { withFileTypes: true }).catch(() => []);
    waiting.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(inside, name)));
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}

function isGone(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

function isRefused(error: unknown): boolean {
  return codeOf(error) === "EACCES" || codeOf(error) === "EPERM";
}
