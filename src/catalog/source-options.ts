// How a source is set up: where it lies, how it is watched, and at what pace.
import type { WatchMode } from "./change.ts";

/** The source of the jobs that every installation has: it may be empty, and is never "unavailable". */
export const BUILT_IN = "builtin";

/** How changes are noticed; `intervalMs` is how often a polled source is scanned. */
export interface Watching {
  mode: "auto" | WatchMode;
  intervalMs: number;
}

/** Where a source lies. */
export interface CatalogSource {
  name: string;
  path: string;
}

/** The pace of a source, in milliseconds. */
export interface Pace {
  /** Without events for so long, a changed task is loaded. */
  quietMs: number;
  /** So long an error waits for the folder to be quiet. */
  failureQuietMs: number;
  /** Full scan where events work: the authority, whatever they told. */
  rescanMs: number;
  /** Every file is read again, whatever its times say. */
  rehashMs: number;
  /** The root is looked at, since its removal is the one thing that no event tells. */
  rootMs: number;
}
