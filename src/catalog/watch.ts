// Hints that something in a source changed; a hint may be lost, doubled or wrong.
import { basename, join, sep } from "node:path";
import { below, DEPS_PREFIX, folderOf, type TreePath } from "./tree.ts";
import { WatchedFolder } from "./watched-folder.ts";

/** What kind of change: in a file, or in which names a folder holds (everything below it may be new). */
export type HintKind = "content" | "names";

export interface FolderWatcherOptions {
  /** Real path of the source's root: a link at the root is never seen to be pointed elsewhere. */
  root: string;
  /** `isEvent`: the kernel told; else a folder is watched only from now on, and may have changed before. */
  onHint(path: TreePath, kind: HintKind, isEvent: boolean): void;
  /** Events cannot be relied on any more: no watches left, folder not readable. May be called often. */
  onError(error: unknown): void;
}

/** Deeper than jobs can be nested, so that their own folders are seen too. */
const MAX_DEPTH = 16;
/** What Kubernetes swaps: the only name with a dot at its front that matters. */
const SWAPPED = "..data";

/** Watches one folder and all below it until it is closed. */
export class FolderWatcher {
  private readonly folder: WatchedFolder;
  private state: "starting" | "started" | "closed" = "starting";

  constructor(private readonly options: FolderWatcherOptions) {
    const { root, onError } = options;
    this.folder = new WatchedFolder(root, {
      isWatched: (path) => isWatched(inside(root, path)),
      onEvent: (folder, name, isRename) => this.heard(folder, name, isRename ? "names" : "content"),
      onWatched: (folder) => {
        if (this.state === "started") this.tell("names", folder, false);
      },
      onError,
    });
  }

  /** Resolves when every folder is watched: what changed before that, a rescan has to find. */
  async start(): Promise<void> {
    await this.folder.look();
    if (this.state === "starting") this.state = "started";
  }

  /** No event told of a change at this path: the watch of its folder is set anew. */
  async rewatch(path: TreePath): Promise<void> {
    await this.folder.deepest(folderOf(path).split("/")).renew();
  }

  /** What lies where by a scan: a folder that is not watched, or is another one than the watched one, is looked at. */
  expect(folders: ReadonlyMap<TreePath, string>): void {
    if (this.state !== "started") return;
    for (const [path, identity] of folders) {
      if (path !== "" && isWatched(path)) this.folder.expect(path.split("/"), identity);
    }
  }

  async close(): Promise<void> {
    this.state = "closed";
    await this.folder.close();
  }

  private heard(folder: string, name: string | null, kind: HintKind): void {
    if (name === null) return this.tell("names", folder);
    // What happens to a watched folder itself is told by its own name, which something inside of it may have as well.
    if (basename(folder) === name) this.tell(kind, folder);
    const path = join(folder, name);
    if (isWatched(inside(this.options.root, path))) this.tell(kind, path);
  }

  private tell(kind: HintKind, absolute: string, isEvent = true): void {
    const path = below(this.options.root, absolute);
    if (path === null || this.state === "closed") return;
    const { onHint } = this.options;
    if (path === SWAPPED || path.endsWith(`/${SWAPPED}`)) onHint(folderOf(path), "names", isEvent);
    else onHint(path, kind, isEvent);
  }
}

/** As `below`, for the paths of one watcher, which all begin alike: it is asked several times for each folder at a start. */
function inside(root: string, path: string): TreePath {
  return sep === "/" && path.startsWith(root) ? path.slice(root.length + 1) : (below(root, path) ?? "");
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
