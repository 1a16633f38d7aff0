// Keeps one source's root in sight: whether it is there, whether it is still the same, and how changes are noticed.
import type { Logger } from "../log.ts";
import type { Clock } from "../clock.ts";
import type { WatchMode } from "./change.ts";
import { silentMount } from "./mount-kind.ts";
import { isStill, lookAtRoot, type RootLook } from "./scan.ts";
import { FolderWatcher, isWatched, type HintKind } from "./watch.ts";
import type { TreePath } from "./tree.ts";

export interface RootWatchOptions {
  /** As configured; may be a link, may not exist. */
  path: string;
  watch: "auto" | WatchMode;
  clock: Clock;
  log: Logger;
  /** `isEvent`: the kernel told; else a folder is watched anew, and may have changed before. */
  onHint(path: TreePath, kind: HintKind, isEvent: boolean): void;
  /** Every folder is watched now: a scan has to find what changed before. */
  onReady(): void;
}

/** After a watcher began anew, so long a change without an event proves nothing. */
const SETTLING_MS = 1_000;
/** So many changes without an event prove that there are none to wait for. */
const MISSES_TO_POLL = 2;

export class RootWatch {
  look: RootLook | null = null;
  mode: WatchMode;
  /** Why the mode is not what a local folder has. */
  reason: string | null = null;
  missedEvents = 0;
  private watcher: FolderWatcher | null = null;
  private watchedSince = Infinity;
  private misses = 0;
  private refreshing: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: RootWatchOptions) {
    this.mode = options.watch === "auto" ? "events" : options.watch;
  }

  /**
   * Looks at the root; a root that is another one than before gets a new watcher. Answers whether anything differs. `isQuick`:
   * with one stat, as long as the same folder lies at the path, wherever that really is.
   */
  refresh(isQuick = false): Promise<boolean> {
    // One after the other: two at once would both make a watcher.
    const answer = this.refreshing.then(() => this.refreshOnce(isQuick));
    this.refreshing = answer.catch(() => undefined);
    return answer;
  }

  private async refreshOnce(isQuick: boolean): Promise<boolean> {
    const before = this.look;
    if (isQuick && before?.there && (await isStill(before, this.options.path))) return false;
    const look = await lookAtRoot(this.options.path);
    if (this.closed) return false;
    this.look = look;
    if (identity(before) === identity(look)) return false;
    await this.unwatch();
    if (look.there) await this.watch(look.real);
    return true;
  }

  /** The folders that a scan walked: what events ought to have told of them is made good. */
  expect(folders: ReadonlyMap<TreePath, string>): void {
    this.watcher?.expect(folders);
  }

  /**
   * A scan found a change at this path that no event told. Counts only where events were to be expected; when it
   * happens again the mount is polled from then on.
   */
  missed(path: TreePath): void {
    const settling = this.options.clock.monotonic() - this.watchedSince < SETTLING_MS;
    if (this.mode !== "events" || !this.watcher || settling || !isWatched(path)) return;
    this.missedEvents++;
    this.misses++;
    void this.watcher.rewatch(path);
    this.watchedSince = this.options.clock.monotonic();
    if (this.misses >= MISSES_TO_POLL) this.poll("two changes came without an event");
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.unwatch();
  }

  private async watch(root: string): Promise<void> {
    const { watch, log } = this.options;
    this.misses = 0;
    if (watch === "auto") {
      const silent = await silentMount(root);
      this.mode = silent === null ? "events" : "poll";
      this.reason = silent === null ? null : `${silent} mounts tell of no changes that others make`;
    }
    if (this.mode !== "events" || this.closed) return;
    const watcher = new FolderWatcher({
      root,
      onHint: (path, kind, isEvent) => {
        if (isEvent) this.misses = 0;
        this.options.onHint(path, kind, isEvent);
      },
      onError: (error) => {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        log.debug({ error, root }, "the file watcher reported an error");
        if (code === "ENOSPC") this.poll("no file watches are left (raise fs.inotify.max_user_watches)");
        if (code === "EMFILE") this.poll("no file watchers are left (raise fs.inotify.max_user_instances)");
      },
    });
    this.watcher = watcher;
    // Not waited for: a first scan need not wait until thousands of folders are watched.
    void watcher.start().then(() => {
      if (this.watcher !== watcher) return;
      this.watchedSince = this.options.clock.monotonic();
      this.options.onReady();
    });
  }

  /** From events to polling, for as long as the root stays what it is. */
  private poll(reason: string): void {
    if (this.options.watch !== "auto" || this.mode === "poll") return;
    this.mode = "poll";
    this.reason = reason;
    this.options.log.warn({ path: this.options.path }, `a task folder is polled from now on: ${reason}`);
    void this.unwatch();
    this.options.onReady();
  }

  private async unwatch(): Promise<void> {
    const watcher = this.watcher;
    this.watcher = null;
    this.watchedSince = Infinity;
    await watcher?.close();
  }
}

function identity(look: RootLook | null): string {
  return look === null ? "" : look.there ? look.identity : look.reason;
}
