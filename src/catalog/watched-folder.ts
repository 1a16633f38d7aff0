// One folder and all below it, each with a watch of its own. The only file that runs chokidar.
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import { identityOf } from "./signature.ts";

export interface FolderEvents {
  /** Whether a folder at this path is to be watched at all. */
  isWatched(path: string): boolean;
  /** Something happened to a name in a watched folder; null when it is not known to which. */
  onEvent(folder: string, name: string | null, isRename: boolean): void;
  /** From now on a folder is watched; what came into it before, no event told. */
  onWatched(folder: string): void;
  onError(error: unknown): void;
}

/**
 * chokidar alone would lose folders: it reads a new one before it watches it, keeps the watch of a folder whose name another
 * one has by now, and believes in watches that it could not set. So it is given one folder at a time. Only a folder that was the
 * same one before and after its watch was set is believed to be watched, and it is read only then: what comes into it from there
 * on, its own events tell.
 */
export class WatchedFolder {
  private watcher: FSWatcher | null = null;
  /** Whose watch is being set. */
  private opening: FSWatcher | null = null;
  /** Of the folder whose watch is set; null while none is. */
  private identity: string | null = null;
  private readonly inside = new Map<string, WatchedFolder>();
  private looking: Promise<void> | null = null;
  private again = false;
  /** While its watch is being set it may have been away, which leaves no trace. */
  private setting = false;
  private isGone = false;
  private closed = false;
  private stopWaiting: () => void = () => undefined;

  constructor(
    private readonly path: string,
    private readonly events: FolderEvents,
  ) {}

  /** Resolves when what lies here now is watched, with all below it. `isPart`: of a folder that tells of itself afterwards. */
  look(isPart = false): Promise<void> {
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.looking = this.lookUntilSure(isPart).finally(() => (this.looking = null));
    return this.looking;
  }

  /** Sets the watch anew, and tells of the folder then: what changed meanwhile, no event told. */
  renew(): Promise<void> {
    this.disturb();
    this.unwatch();
    return this.look();
  }

  /** Looks at the folder by these names below this one, or at the first of them that is not watched, unless it is this very one. */
  expect(names: readonly string[], identity: string): void {
    const [name, ...rest] = names;
    if (name === undefined) return;
    const child = this.inside.get(name);
    if (child && rest.length > 0) child.expect(rest, identity);
    else if (!(child ?? this).looking && child?.identity !== identity) void this.lookAt(name);
  }

  /** The folder by these names, or the deepest above it that is watched. */
  deepest(names: readonly string[]): WatchedFolder {
    const [name, ...rest] = names;
    const child = name === undefined ? undefined : this.inside.get(name);
    return child ? child.deepest(rest) : this;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.unwatch();
    // At once: chokidar would give its watch, of a folder that may be gone, to whoever watches this path next.
    if (this.opening) closeWatcher(this.opening);
    this.stopWaiting();
    await this.looking;
  }

  private async lookUntilSure(isPart: boolean): Promise<void> {
    let isFirst = true;
    do {
      this.again = false;
      await this.lookOnce(isPart && isFirst);
      isFirst = false;
    } while (this.again && !this.closed);
  }

  private async lookOnce(isPart: boolean): Promise<void> {
    const now = await identityAt(this.path);
    if (this.closed) return;
    this.isGone = now === null;
    if (now === null) return this.unwatch();
    const isNew = now !== this.identity;
    if (isNew) {
      this.unwatch();
      if (!(await this.watch(now))) return;
    }
    // Also when it is the same one: it may have been elsewhere meanwhile, where its new folders had other paths.
    await this.lookInside(isNew);
    if (isNew && !isPart && !this.closed) this.events.onWatched(this.path);
  }

  /** Answers whether the watch is of the folder with this identity; if not, and it can be had, it is looked at again. */
  private async watch(identity: string): Promise<boolean> {
    this.setting = true;
    const { watcher, isSet } = await this.opened();
    const after = await identityAt(this.path);
    this.opening = null;
    const wasDisturbed = !this.setting;
    this.setting = false;
    if (isSet && !wasDisturbed && after === identity && !this.closed) {
      this.watcher = watcher;
      this.identity = identity;
      return true;
    }
    closeWatcher(watcher);
    // What may not be watched is looked at when its rights change, or by the next scan.
    if (isSet) this.again = true;
    return false;
  }

  private async opened(): Promise<{ watcher: FSWatcher; isSet: boolean }> {
    const { path, events } = this;
    let isSet = true;
    const watcher = watch([], {
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      depth: 0,
      usePolling: false,
      ignored: (other) => other !== path,
    });
    this.opening = watcher;
    // As the kernel told it: chokidar drops a second change within 50 ms, and one that left size and times as they were.
    watcher.on("raw", (event, name) => this.heard(name, event === "rename"));
    watcher.on("error", (error) => {
      isSet = false;
      this.identity = null;
      events.onError(error);
    });
    const ready = new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
      this.stopWaiting = resolve;
    });
    // With a name to wait for, chokidar sets the watch without reading the folder first.
    watcher.add(path, ".");
    await ready;
    return { watcher, isSet };
  }

  private heard(name: string | null, isRename: boolean): void {
    if (this.closed) return;
    this.events.onEvent(this.path, name, isRename);
    if (name === null) void this.look();
    else if (isRename || this.inside.get(name)?.isBlind) void this.lookAt(name);
  }

  /** It is there, and its watch could not be set. */
  private get isBlind(): boolean {
    return this.identity === null && !this.isGone && !this.looking;
  }

  private async lookInside(isPart: boolean): Promise<void> {
    const names = await foldersIn(this.path);
    if (this.closed) return;
    const all = new Set([...names, ...this.inside.keys()]);
    await Promise.all([...all].map((name) => this.lookAt(name, isPart)));
  }

  private async lookAt(name: string, isPart = false): Promise<void> {
    const path = join(this.path, name);
    if (this.closed || !this.events.isWatched(path)) return;
    const child = this.inside.get(name) ?? new WatchedFolder(path, this.events);
    this.inside.set(name, child);
    child.disturb();
    await child.look(isPart);
    if (child.isGone && !child.looking && this.inside.get(name) === child) this.inside.delete(name);
  }

  /** Something was done to its name, or to that of a folder above it. */
  private disturb(): void {
    this.setting = false;
    for (const child of this.inside.values()) child.disturb();
  }

  private unwatch(): void {
    if (this.watcher) closeWatcher(this.watcher);
    this.watcher = this.identity = null;
    for (const child of this.inside.values()) void child.close();
    this.inside.clear();
  }
}

/** Closing takes all listeners away, and an error that comes after that would end the process. */
function closeWatcher(watcher: FSWatcher): void {
  void watcher.close();
  watcher.on("error", () => undefined);
}

/** Null when there is no folder: what a link leads to is watched where it really lies. */
async function identityAt(path: string): Promise<string | null> {
  const stats = await lstat(path, { bigint: true }).catch(() => null);
  return stats?.isDirectory() ? identityOf(stats) : null;
}

/** None when it is gone. */
async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
