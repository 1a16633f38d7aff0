// Everything that one load looks at, read once and remembered, so that a load never mixes two states of the tree.
import { createHash } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { open, realpath, type FileHandle } from "node:fs/promises";
import { systemClock } from "../clock.ts";
import { LoadFailure, loadProblem } from "./load-problem.ts";
import { isFresh, kindOf, signatureOf, signaturesOf, statOrNull, type Kind } from "./signature.ts";
import { absoluteOf, treePathOf, type Tree, type TreePath } from "./tree.ts";
import { sameList, walkFiles, type FileList } from "./walk-files.ts";

/** Code larger than this is not read: a bundle is made of text that people or bundlers wrote. */
export const MAX_CODE_BYTES = 8 * 1024 * 1024;

/** One file as it was read. */
export interface FileRead {
  path: TreePath;
  bytes: Buffer;
  sha256: string;
  signature: string;
  /** The signature cannot be trusted yet: it changed a moment ago. */
  fresh: boolean;
  /** Where the file really lies inside the tree, when a link leads there. */
  linkedTo: TreePath | null;
}

/** The tree changed while it was read: the load begins again. */
export class TreeMoved extends Error {
  constructor(readonly path: TreePath) {
    super(`${path} changed while it was read`);
  }
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Lazy: what nobody asks for is not read. Whoever asks twice gets the same bytes. */
export class Snapshot {
  readonly files = new Map<TreePath, FileRead>();
  readonly lists: FileList[] = [];
  private readonly looks = new Map<TreePath, { kind: Kind; signature: string }>();
  private readonly reading = new Map<TreePath, Promise<FileRead | null>>();

  constructor(readonly tree: Tree) {}

  /** What is there, links followed. Looking at it makes it an input, also when there is nothing. */
  async kind(path: TreePath): Promise<Kind> {
    const known = this.looks.get(path);
    if (known) return known.kind;
    const stats = await statOrNull(absoluteOf(this.tree, path));
    return this.look(path, stats);
  }

  /** A file's content; null when there is nothing. Throws LoadFailure for what may not or cannot be read. */
  read(path: TreePath, maxBytes = MAX_CODE_BYTES): Promise<FileRead | null> {
    let reading = this.reading.get(path);
    if (!reading) {
      reading = this.readOnce(path, maxBytes);
      this.reading.set(path, reading);
    }
    return reading;
  }

  /** The files below a folder that some pattern means, sorted; paths inside the tree. */
  async list(folder: TreePath, patterns: readonly string[]): Promise<TreePath[]> {
    // Remembered before the walk, which may fail: what made it fail can go away.
    const list: FileList = { folder, patterns: [...patterns], found: [] };
    this.lists.push(list);
    list.found = await walkFiles(this.tree, folder, patterns);
    return list.found;
  }

  /** The signatures of all that was looked at and not read. */
  lookedAt(): Map<TreePath, string> {
    const looked = [...this.looks]
      .filter(([path]) => !this.files.has(path))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(looked.map(([path, look]) => [path, look.signature]));
  }

  /** Whether a change of this path may be one of what was looked at; with `names`, also a change of everything below it. */
  concerns(path: TreePath, names: boolean): boolean {
    if (this.looks.has(path)) return true;
    // Events tell of the place behind a link alone.
    for (const { linkedTo } of this.files.values()) if (linkedTo === path) return true;
    const prefix = path === "" ? "" : `${path}/`;
    return names && [...this.looks.keys()].some((looked) => looked.startsWith(prefix));
  }

  /** The first path that is not any more as it was when it was looked at; null when all of it still holds. */
  async moved(): Promise<TreePath | null> {
    const paths = [...this.looks.keys()];
    const now = await signaturesOf(paths.map((path) => absoluteOf(this.tree, path)));
    for (const [at, path] of paths.entries()) if (this.looks.get(path)?.signature !== now[at]) return path;
    // Two changes within one tick of the clock (4 to 10 ms, on network mounts a second) leave one signature.
    const again = new Snapshot(this.tree);
    for (const file of this.files.values()) {
      if (!file.fresh) continue;
      const read = await again.read(file.path, Number.MAX_SAFE_INTEGER).catch(() => null);
      if (read?.sha256 !== file.sha256) return file.path;
    }
    for (const list of this.lists) {
      const found = await walkFiles(this.tree, list.folder, list.patterns).catch(() => []);
      if (!sameList(list.found, found)) return list.folder;
    }
    return null;
  }

  private async readOnce(path: TreePath, maxBytes: number): Promise<FileRead | null> {
    const absolute = absoluteOf(this.tree, path);
    let handle: FileHandle;
    try {
      // Without NONBLOCK, opening a FIFO waits for somebody to write into it.
      handle = await open(absolute, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return this.unopened(path, error);
    }
    try {
      const stats = await handle.stat({ bigint: true });
      this.look(path, stats);
      if (!stats.isFile()) throw notAFile(path);
      if (stats.size > BigInt(maxBytes)) throw tooLarge(path, Number(stats.size), maxBytes);
      const linkedTo = await this.realPlace(path, absolute, stats);
      const bytes = await wholeFile(handle, Number(stats.size));
      if (bytes === null) throw new TreeMoved(path);
      const read: FileRead = {
        path,
        bytes,
        sha256: sha256Of(bytes),
        signature: signatureOf(stats),
        fresh: isFresh(stats, systemClock.now()),
        linkedTo,
      };
      this.files.set(path, read);
      return read;
    } finally {
      await handle.close();
    }
  }

  /**
   * Refuses a file that really lies outside. The real path is taken after opening and has to be the very file that
   * was opened: else a link that is swapped in between could show us a file of the host.
   */
  private async realPlace(path: TreePath, absolute: string, opened: BigIntStats): Promise<TreePath | null> {
    const real = await realpath(absolute).catch(() => null);
    const stats = real === null ? null : await statOrNull(real);
    if (real === null || !stats || stats.ino !== opened.ino || stats.dev !== opened.dev)
      throw new TreeMoved(path);
    const place = treePathOf(this.tree, real);
    if (place === null) throw linksOutside(path);
    return place === path ? null : place;
  }

  private async unopened(path: TreePath, error: unknown): Promise<null> {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if ((await this.kind(path)) === "none" && (code === "ENOENT" || code === "ENOTDIR")) return null;
    if (code === "ENOENT") throw new TreeMoved(path);
    if (code === "ENXIO" || code === "ENODEV") throw notAFile(path);
    throw new LoadFailure(
      loadProblem("E112", `${path} cannot be read (${code})`, "give the service the right to read it", {
        file: path,
      }),
    );
  }

  private look(path: TreePath, stats: BigIntStats | null): Kind {
    const kind = kindOf(stats);
    this.looks.set(path, { kind, signature: signatureOf(stats) });
    return kind;
  }
}

/** In one call, with room for one byte more; null when the file has another size by now. */
async function wholeFile(handle: FileHandle, size: number): Promise<Buffer | null> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(size + 1), 0, size + 1, 0);
  return bytesRead === size ? buffer.subarray(0, size) : null;
}

function notAFile(path: TreePath): LoadFailure {
  return new LoadFailure(
    loadProblem("E106", `${path} is not a plain file`, "put a plain text file in its place", { file: path }),
  );
}

function tooLarge(path: TreePath, bytes: number, maxBytes: number): LoadFailure {
  const hint = "code is meant to be written by hand: put data in a file of its own, named in `files`";
  const message = `${path} has ${bytes} bytes; at most ${maxBytes} are allowed`;
  return new LoadFailure(loadProblem("E107", message, hint, { file: path }));
}

function linksOutside(path: TreePath): LoadFailure {
  const hint = "copy the file into the source: what lies outside it may not be read";
  return new LoadFailure(
    loadProblem("E109", `${path} is a link that leads outside the source`, hint, { file: path }),
  );
}
