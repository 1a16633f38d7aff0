// Hints that something in a source changed. The only file that runs chokidar; a hint may be lost, doubled or wrong.
import { basename, join } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import { below, DEPS_PREFIX, folderOf, type TreePath } from "./tree.ts";

/** What kind of change: in a file, or in which names a folder holds (everything below it may be new). */
export type HintKind = "content" | "names";

export interface FolderWatcherOptions {
  /** Real path of the source's root: a link at the root is never seen to be pointed elsewhere. */
  root: string;
  onHint(path: TreePath, kind: HintKind): void;
  /** Events cannot be relied on any more: no watches left, folder not readable. May be called often. */
  onError(error: unknown): void;
}

/** Deeper than jobs can be nested, so that their own folders are seen too. */
const MAX_DEPTH = 16;
/** What Kubernetes swaps: the only name with a dot at its front that matters. */
const SWAPPED = "..data";

/** Watches one folder until it is closed. A root that was made anew needs a new watcher: chokidar stays silent then. */
export class FolderWatcher {
  private watcher: FSWatcher | null = null;

  constructor(private readonly options: FolderWatcherOptions) {}

  /** Resolves when every folder is watched: what changed before that, a rescan has to find. */
  async start(): Promise<void> {
    const { root } = this.options;
    const watcher = watch(root, {
      ignoreInitial: true,
      // One symlink loop would show one file under 40 paths, two of them 1,462.
      followSymlinks: false,
      ignorePermissionErrors: true,
      atomic: false,
      depth: MAX_DEPTH,
      usePolling: false,
      ignored: (path) => !isWatched(below(root, path) ?? ""),
    });
    this.watcher = watcher;
    watcher.on("all", (event, path) => this.tell(event === "change" ? "content" : "names", path));
    // What the kernel told, before chokidar thinks about it: it drops a second change of a file within 50 ms, and one
    // that left size and time of writing as they were.
    watcher.on("raw", (_event, name, details) => this.tellRaw(name, details));
    watcher.on("error", (error) => this.options.onError(error));
    await new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
      // A watcher that is closed before that never gets ready.
      this.stopWaiting = resolve;
    });
  }

  /** A folder that was removed and made anew within a moment is deaf from then on: this watches it again. */
  rewatch(path: TreePath): void {
    const absolute = join(this.options.root, path);
    this.watcher?.unwatch(absolute);
    this.watcher?.add(absolute);
  }

  async close(): Promise<void> {
    const watcher = this.watcher;
    if (!watcher) return;
    this.watcher = null;
    const closed = watcher.close();
    // Closing takes all listeners away, and an error that comes after that would end the process.
    watcher.on("error", () => undefined);
    this.stopWaiting();
    await closed;
  }

  private stopWaiting: () => void = () => undefined;

  private tellRaw(name: string | null, details: unknown): void {
    const watched = (details as { watchedPath?: unknown } | null)?.watchedPath;
    if (typeof watched !== "string") return;
    // A file is watched by itself and with its folder, and told by its name both times.
    const path = name === null || basename(watched) === name ? watched : join(watched, name);
    if (isWatched(below(this.options.root, path) ?? "")) this.tell("content", path);
  }

  private tell(kind: HintKind, absolute: string): void {
    const path = below(this.options.root, absolute);
    if (path === null || this.watcher === null) return;
    if (path === SWAPPED || path.endsWith(`/${SWAPPED}`)) this.options.onHint(folderOf(path), "names");
    else this.options.onHint(path, kind);
  }
}

/** Everything but dot files and what lies inside of packages; that a package came or went is seen. */
export function isWatched(path: TreePath): boolean {
  if (path === "") return true;
  const names = path.split("/");
  if (names.length > MAX_DEPTH || path.startsWith(DEPS_PREFIX)) return false;
  if (names.some((name) => name.startsWith(".") && name !== SWAPPED)) return false;
  const modules = names.indexOf("node_modules");
  if (modules < 0) return true;
  const inside = names.slice(modules + 1);
  return inside.length <= (inside[0]?.startsWith("@") ? 2 : 1);
}
