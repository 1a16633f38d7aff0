// One job as the catalog holds it in memory: its published entry, and what is known of its folder.
import type { KnownInputs } from "./inputs.ts";
import { below, type TreePath } from "./tree.ts";
import type { CatalogEntry } from "./version.ts";
import type { KnownSpec, Loaded } from "./load.ts";
import { UnderWay } from "./under-way.ts";

/** Times are monotonic milliseconds. */
export class Task {
  /** What is published; null for a folder that has not been loaded once. */
  entry: CatalogEntry | null = null;
  /** The newest version that loaded; differs from the entry's while that is pinned. */
  newest: string | null = null;
  /** What the published state was loaded from. */
  inputs: KnownInputs | null = null;
  /** A failed load that is not published before the folder was quiet for a moment. */
  pending: Extract<Loaded, { kind: "bad" }> | null = null;
  known: KnownSpec | null = null;
  readonly underWay = new UnderWay();
  /** When this process last wrote its row. */
  wroteAt = -Infinity;
  /** Whether the last scan found its folder; null before the first scan. */
  present: boolean | null = null;
  /** When a change was last noticed, or the folder was last found missing. */
  changedAt = -Infinity;
  /** Some event told of a change since the task was last looked at. */
  hinted = false;
  /** When an event last told of a change. */
  hintedAt = -Infinity;
  /** Load it even when its inputs seem to be the same. */
  force = false;
  /** Read its files again, whatever their signatures say. */
  distrust = false;
  /** How often in a row its folder would not hold still, or the store could not be written. */
  troubles = 0;

  /** Since when its folder was not still, and whether that was said. */
  movingSince: { at: number; told: boolean } | null = null;

  constructor(
    readonly source: string,
    readonly key: string,
  ) {}

  /** Whether a change at this path may change what loading the task gives. */
  concerns(path: TreePath, names: boolean): boolean {
    if (path === this.key || path.startsWith(`${this.key}/`)) return true;
    if (names && below(`/${path}`, `/${this.key}`) !== null) return true;
    const { inputs, pending, underWay } = this;
    return [inputs, pending?.inputs, underWay].some((known) => known?.concerns(path, names));
  }
}
