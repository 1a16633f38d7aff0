// this.progress: how far the attempt is, from 0 to 100.
import type { JobEvent } from "./context.ts";
import { MAX_PROGRESS_MESSAGE } from "./limits.ts";
import type { JobLog } from "./log.ts";
import { show, textOf } from "./text.ts";

/** Clamped to 0..100. What is no number (NaN too) changes nothing and is told once by a warning in the log. */
export type ReportProgress = (percent: number, message?: string) => void;

export function makeProgress(emit: (event: JobEvent) => void, log: JobLog): ReportProgress {
  let warned = false;
  return (percent: unknown, message?: unknown) => {
    if (typeof percent !== "number" || Number.isNaN(percent)) {
      // A wrong figure on the screen must not fail work that goes well: 0 of 0 pages is NaN in many jobs.
      if (!warned) log.warn(`this.progress(${show(percent)}) was ignored: it takes a number from 0 to 100`);
      warned = true;
      return;
    }
    emit({
      type: "progress",
      percent: Math.min(100, Math.max(0, percent)),
      message: message === undefined || message === null ? null : textOf(message, MAX_PROGRESS_MESSAGE),
    });
  };
}
