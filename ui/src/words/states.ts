// The words of states, each with its icon and its tone: nothing is told by colour alone.
import type { LoadState, Run, RunState } from "../api/contract.ts";

export type Tone = "good" | "bad" | "busy" | "wait" | "warn" | "calm";
export type IconName =
  "check" | "cross" | "play" | "clock" | "retry" | "stop" | "skip" | "warn" | "pause" | "pin" | "off";

export interface Look {
  word: string;
  icon: IconName;
  tone: Tone;
}

const RUN_LOOKS: Readonly<Record<RunState, Look>> = {
  queued: { word: "queued", icon: "clock", tone: "wait" },
  running: { word: "running", icon: "play", tone: "busy" },
  retrying: { word: "retrying", icon: "retry", tone: "warn" },
  succeeded: { word: "succeeded", icon: "check", tone: "good" },
  failed: { word: "failed", icon: "cross", tone: "bad" },
  cancelled: { word: "cancelled", icon: "stop", tone: "calm" },
  skipped: { word: "skipped", icon: "skip", tone: "calm" },
};

const LOAD_LOOKS: Readonly<Record<LoadState, Look>> = {
  ready: { word: "ready", icon: "check", tone: "good" },
  stale: { word: "stale", icon: "warn", tone: "warn" },
  error: { word: "error", icon: "cross", tone: "bad" },
  missing: { word: "missing", icon: "off", tone: "calm" },
  invalid: { word: "invalid", icon: "cross", tone: "bad" },
};

/** What a load state means, as one sentence. */
export const LOAD_SAYS: Readonly<Record<LoadState, string>> = {
  ready: "The newest version is loaded and serves.",
  stale: "The newest version does not load; the last good one serves on.",
  error: "It does not load, and no good version is there to serve.",
  missing: "Its folder is gone; no schedule of it fires.",
  invalid: "This folder cannot be a job.",
};

export const runLook = (state: RunState): Look => RUN_LOOKS[state];
export const loadLook = (state: LoadState): Look => LOAD_LOOKS[state];

/** `all_records_failed` -> `all records failed`. */
export const plainWords = (word: string): string => word.replaceAll("_", " ");

const OPEN: ReadonlySet<RunState> = new Set<RunState>(["queued", "running", "retrying"]);
/** Whether it may still change. */
export const isOpen = (state: RunState): boolean => OPEN.has(state);

/** `failed: timed out after 10m 0s`; what a strip says of one run. */
export function runInWords(run: { state: RunState; reason?: Run["reason"] }): string {
  return (run.reason ?? null) === null ? run.state : `${run.state}: ${plainWords(run.reason!)}`;
}
