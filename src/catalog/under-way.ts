// A description under way, which ends as soon as its files are known to be others by now.
import { type Snapshot, TreeMoved } from "./snapshot.ts";
import type { TreePath } from "./tree.ts";

/** It was described for so long in vain. */
export class Stopped extends TreeMoved {
  constructor(
    path: TreePath,
    readonly afterMs: number,
  ) {
    super(path);
  }
}

/** Of one job: it is described once at a time. */
export class UnderWay {
  private now: { snapshot: Snapshot; stop: AbortController; since: number } | null = null;

  /** `work` gets the signal that ends it, whose reason is a `Stopped`. */
  async during<T>(snapshot: Snapshot, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.now = { snapshot, stop, since: performance.now() };
    try {
      return await work(stop.signal);
    } finally {
      this.now = null;
    }
  }

  /** Whether a change at this path may change what is described. */
  concerns(path: TreePath, names: boolean): boolean {
    return this.now?.snapshot.concerns(path, names) ?? false;
  }

  /** Something may have changed. An event may tell late of what was read already, so it is looked at. */
  async doubt(): Promise<void> {
    if (!this.now) return;
    const { snapshot, stop, since } = this.now;
    // What cannot be looked at now is for the load to find.
    const path = await snapshot.moved().catch(() => null);
    if (path !== null) stop.abort(new Stopped(path, performance.now() - since));
  }
}
