// The attempts of a run of a service, in lines: those that failed while it is followed, and all of them afterwards.
import { formatDuration } from "../duration.ts";
import type { RemoteAttempt, RemoteRun } from "./remote.ts";
import { printable } from "./terminal.ts";

/** Tells each failed attempt of a followed run once. */
export class AttemptLines {
  #told = 0;

  /** A line for every attempt that was not told yet and after which the run goes on. */
  of(run: RemoteRun): string[] {
    const fresh = (run.attempts ?? []).filter((one) => one.attempt > this.#told && one.state === "retrying");
    this.#told = Math.max(this.#told, ...fresh.map((one) => one.attempt));
    return fresh.map((one) => {
      const waits = run.state === "retrying" && one.attempt === run.attempt && run.availableAt;
      const again = waits ? `; again at ${clockText(run.availableAt!)}` : "";
      return printable(`attempt ${one.attempt} failed${because(one)}${again}`);
    });
  }
}

/** `1  retrying (error)  2027-01-01T00:00:00Z  3s  the cause`, for each attempt. */
export function attemptRows(attempts: readonly RemoteAttempt[]): string[][] {
  return attempts.map((one) => [
    String(one.attempt),
    one.reason === null ? one.state : `${one.state} (${one.reason})`,
    one.startedAt.replace(/\.\d+Z$/, "Z"),
    one.durationMs === null ? "-" : formatDuration(one.durationMs),
    printable(one.cause?.replace(/\s+/g, " ") ?? ""),
  ]);
}

function because({ cause, reason }: RemoteAttempt): string {
  const why = cause ?? reason;
  return why === null ? "" : `: ${why}`;
}

/** The time of day as the log lines have it, with the day when it is not this one. */
function clockText(instant: string): string {
  const at = new Date(instant);
  const today = at.toDateString() === new Date().toDateString();
  return today ? at.toTimeString().slice(0, 8) : instant;
}
