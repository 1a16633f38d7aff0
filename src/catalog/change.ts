// What the catalog tells those who listen, and what it says about its sources.
import type { Instant } from "../clock.ts";
import type { JobSpec } from "../sdk/spec.ts";
import type { LoadProblem } from "./load-problem.ts";
import type { LoadError } from "./version.ts";

/** `unavailable`: its jobs are known and its folder is gone, empty or unreadable. `missing`: it never was there. */
export type SourceState = "available" | "unavailable" | "missing";

/** How changes are noticed: by file events, by looking every now and then, or only when asked. */
export type WatchMode = "events" | "poll" | "off";

/** One source as the catalog sees it now. */
export interface SourceStatus {
  name: string;
  /** As configured; a path of the host, for the log and for admins only. */
  path: string;
  state: SourceState;
  /** Why it is not available, or why it is polled; null when there is nothing to say. */
  reason: string | null;
  mode: WatchMode;
  /** When the folder was last walked to its end; null before the first time. */
  scannedAt: Instant | null;
  /** When a change of the folder was last noticed. */
  changedAt: Instant | null;
  /** Changes that a rescan found and no event told. */
  missedEvents: number;
}

/** Every change of the catalog, told after it was committed. */
export type CatalogChange =
  /** A good version was published: new, or the same as before after an error was mended. `served` is what runs use (another one while pinned). */
  | {
      kind: "loaded";
      source: string;
      key: string;
      hash: string;
      served: string;
      previous: string | null;
      spec: JobSpec;
      at: Instant;
    }
  /** Another version serves, and no folder here is why: it was pinned, released, published by another process, or before. */
  | {
      kind: "served";
      source: string;
      key: string;
      hash: string;
      previous: string | null;
      /** `stored`: this process has only now read which version serves. */
      why: "pinned" | "released" | "elsewhere" | "stored";
      spec: JobSpec;
      at: Instant;
    }
  /** The newest state of the folder does not load; `serving` is the last good version, if there is one. */
  | { kind: "failed"; source: string; key: string; error: LoadError; serving: string | null; at: Instant }
  /** The task directory is gone. */
  | { kind: "missing"; source: string; key: string; at: Instant }
  /** The task directory returned and its version serves again. */
  | { kind: "back"; source: string; key: string; hash: string; at: Instant }
  /** Something lies there that is no job and looks like one; `key` is its path inside the source. */
  | { kind: "invalid"; source: string; key: string; problem: LoadProblem; at: Instant }
  /** A source changed its state or its mode; `was` is null when it is told for the first time. */
  | { kind: "source"; source: string; status: SourceStatus; was: SourceState | null; at: Instant };

export type ChangeListener = (change: CatalogChange) => void;
