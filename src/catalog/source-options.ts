// How a source is set up: where it lies, how it is watched, and at what pace.
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { SourceState, SourceStatus, WatchMode } from "./change.ts";
import type { SeenFinding } from "./findings.ts";
import type { LoadQueue } from "./load-queue.ts";
import type { Settler } from "./settle.ts";

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
  /** A folder that is not still for so long is said to be so. */
  unsettledMs: number;
  /** Full scan where events work: the authority, whatever they told. */
  rescanMs: number;
  /** Every file is read again, whatever its times say. */
  rehashMs: number;
  /** The root is looked at, since its removal is the one thing that no event tells. */
  rootMs: number;
}

export const PACE: Pace = {
  quietMs: 8,
  failureQuietMs: 300,
  unsettledMs: 30_000,
  rescanMs: 10_000,
  rehashMs: 3_600_000,
  rootMs: 500,
};

export interface SourceOptions {
  location: CatalogSource;
  watch: Watching;
  pace: Pace;
  settler: Settler;
  queue: LoadQueue;
  clock: Clock;
  log: Logger;
  /** `was`: its state before; null at first. */
  onStatus(status: SourceStatus, was: SourceState | null): void;
  onFound(seen: SeenFinding): void;
  /** Keeps signatures of files over a restart; null: each start reads them all. */
  signaturesFile: string | null;
  /** Whether this process publishes what it finds; another one may, and then there is nothing to load here. */
  mayPublish(): boolean;
}
