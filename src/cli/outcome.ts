// How a run ended, in one line for people and as an exit code.
import { formatDuration } from "../duration.ts";
import type { RecordCounts, RetryPolicy } from "../sdk/spec.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { printable, type Terminal } from "./terminal.ts";

/** The part of a run, here or on a server, that its outcome is told from. */
export interface EndedRun {
  state: string;
  reason: string | null;
  cause: string | null;
  durationMs: number | null;
  records: RecordCounts;
}

/** "succeeded, 12 records failed in 1m 2s (1200 processed, 1188 success, 12 failed)". */
export function outcomeLine(run: EndedRun, terminal: Terminal): string {
  const { records } = run;
  const colour = run.state !== "succeeded" ? "red" : records.failed > 0 ? "yellow" : "green";
  let head = run.state;
  if (run.reason !== null) head += ` (${run.reason})`;
  if (run.state === "succeeded" && records.failed > 0) {
    head += `, ${records.failed} ${records.failed === 1 ? "record" : "records"} failed`;
  }
  let line = terminal.paint(colour, head);
  if (run.durationMs !== null) line += ` in ${formatDuration(run.durationMs)}`;
  if (records.processed > 0) line += `: ${countsText(records)}`;
  if (run.cause !== null && run.state !== "succeeded") line += `\n  ${printable(run.cause)}`;
  return line;
}

/** What the service would do after a failure that was seen here; null when there was none. */
export function retryLine(
  run: Pick<EndedRun, "state"> & { retryInMs: number | null },
  retries: Pick<RetryPolicy, "attempts">,
): string | null {
  if (run.state !== "failed") return null;
  const { attempts } = retries;
  if (run.retryInMs !== null) {
    const wait = formatDuration(run.retryInMs).replace(/ 0s$/, "");
    return `The service would try again in ${wait} (attempt 2 of ${attempts}).`;
  }
  return `The service would not try again${attempts === 1 ? ": the job declares no retries" : ""}.`;
}

/** "34032 processed, 34029 success, 3 failed". */
export function countsText(records: RecordCounts): string {
  const parts = [`${records.processed} processed`, `${records.success} success`];
  if (records.failed > 0) parts.push(`${records.failed} failed`);
  if (records.skipped > 0) parts.push(`${records.skipped} skipped`);
  return parts.join(", ");
}

export function exitCodeOfRun(run: Pick<EndedRun, "state" | "reason">): ExitCode {
  if (run.state === "succeeded") return EXIT.ok;
  if (run.state === "cancelled") return EXIT.interrupted;
  if (run.reason === "timeout") return EXIT.timeout;
  if (run.reason === "load" || run.reason === "params") return EXIT.invalid;
  return EXIT.jobFailed;
}

const LEVELS = { debug: "dim", info: "cyan", warn: "yellow", error: "red" } as const;

/** `12:00:01 warn  text key="value"`: one line of a job's log. */
export function logText(
  line: { time: number; level: keyof typeof LEVELS; text: string; fields?: Record<string, unknown> | null },
  terminal: Terminal,
): string {
  const clock = new Date(line.time).toTimeString().slice(0, 8);
  const fields = Object.entries(line.fields ?? {}).map(
    ([key, value]) => ` ${key}=${JSON.stringify(value) ?? ""}`,
  );
  const level = terminal.paint(LEVELS[line.level] ?? "cyan", line.level.padEnd(5));
  return `${terminal.paint("dim", clock)} ${level} ${printable(line.text + fields.join(""))}`;
}
