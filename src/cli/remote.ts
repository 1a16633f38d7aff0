// What the service answers, as far as the verbs read it (the shapes are those of the REST contract).
import type { LogLevel } from "../sdk/context.ts";
import type { ParamDefinition, ParamGroup, RecordCounts } from "../sdk/spec.ts";
import type { Server } from "./server.ts";

export interface RemoteRun {
  id: string;
  job: string;
  source: string;
  state: string;
  reason: string | null;
  cause: string | null;
  trigger: string;
  schedule: string | null;
  fireAt: string | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  attempt: number;
  maxAttempts: number;
  version: string | null;
  progress: { percent: number | null; message: string | null } | null;
  records: RecordCounts;
  result: unknown;
  error: { message: string; stack: string | null } | null;
}

export interface RemoteJob {
  key: string;
  source: string;
  requiredParams: Record<string, ParamDefinition>;
  optionalParams: Record<string, ParamDefinition>;
  paramGroups: ParamGroup[];
}

export interface RemoteLine {
  seq: number;
  time: string;
  level: LogLevel;
  text: string;
  fields?: Record<string, unknown>;
}

export interface RemoteSchedule {
  id: string;
  job: string;
  source: string;
  name: string | null;
  sentence: string;
  enabled: boolean;
  nextFires: { at: string; local: string }[];
}

export interface Page<T> {
  data: T[];
  page: { next: string | null; hasMore: boolean };
}

const FINAL = new Set(["succeeded", "failed", "cancelled", "skipped"]);

export function isFinal(run: RemoteRun): boolean {
  return FINAL.has(run.state);
}

/** A job's address as a part of a path: `/` is written `.` there. */
export function jobPath(job: string): string {
  return `/jobs/${encodeURIComponent(job.replaceAll("/", "."))}`;
}

export async function fetchRun(server: Server, id: string, signal: AbortSignal): Promise<RemoteRun> {
  return (await server.ask("GET", `/runs/${encodeURIComponent(id)}`, { signal })).body as RemoteRun;
}

/** Hands over every stored line after `seq`, and answers the last `seq`. */
export async function readLog(
  server: Server,
  id: string,
  after: number,
  each: (line: RemoteLine) => void,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const path = `/runs/${encodeURIComponent(id)}/logs?after=${after}&limit=200`;
    const page = (await server.ask("GET", path, { signal })).body as Page<RemoteLine>;
    for (const line of page.data) {
      each(line);
      after = Math.max(after, line.seq);
    }
    if (!page.page.hasMore || page.data.length === 0) return after;
  }
}

const POLL_MS = 300;

/** Follows a run to its end: every log line once, and its state after each look. */
export async function follow(
  server: Server,
  id: string,
  signal: AbortSignal,
  told: { line(line: RemoteLine): void; state(run: RemoteRun): void },
): Promise<RemoteRun> {
  let seq = 0;
  for (;;) {
    const run = await fetchRun(server, id, signal);
    // Read after the state was seen: the lines of a run that has ended are all stored.
    seq = await readLog(server, id, seq, (line) => told.line(line), signal);
    told.state(run);
    if (isFinal(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
