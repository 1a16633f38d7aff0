// A load under way: what it looked at, so that a change of that is not overheard; describing ends as soon as it is in vain.
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

/** Of one job: it is loaded once at a time. */
export class UnderWay {
  private snapshot: Snapshot | null = null;
  private described: { stop: AbortController; since: number } | null = null;

  /** From its first look on, and until `over`: what came of it has to be written first, and only then its inputs are known. */
  begins(snapshot: Snapshot): void {
    this.snapshot = snapshot;
  }

  over(): void {
    this.snapshot = null;
  }

  /** `work` gets the signal that ends it, whose reason is a `Stopped`. */
  async during<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.described = { stop, since: performance.now() };
    try {
      return await work(stop.signal);
    } finally {
      this.described = null;
    }
  }

  /** Whether a change at this path may change what is loaded. */
  concerns(path: TreePath, names: boolean): boolean {
    return this.snapshot?.concerns(path, names) ?? false;
  }

  /** Something may have changed. An event may tell late of what was read already, so it is looked at. */
  async doubt(): Promise<void> {
    const { snapshot, described } = this;
    if (!snapshot || !described) return;
    // What cannot be looked at now is for the load to find.
    const path = await snapshot.moved().catch(() => null);
    if (path !== null) described.stop.abort(new Stopped(path, performance.now() - described.since));
  }
}
