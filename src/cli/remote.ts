// What the service answers, as far as the verbs read it (the shapes are those of the REST contract).
import type { LoadError, LoadState } from "../catalog/version.ts";
import type { LogLevel } from "../sdk/context.ts";
import type { ParamDefinition, ParamGroup, RecordCounts } from "../sdk/spec.ts";
import { CliError } from "./exit.ts";
import { Refused, type Server } from "./server.ts";

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
  log?: { lines: number; removedAt?: string | null };
  onlyRecords?: { of: string; records: number; left: number } | null;
  cancel?: RemoteCancel | null;
  /** When a waiting run may start. */
  availableAt?: string;
  /** Those that have ended; told of one run only. */
  attempts?: RemoteAttempt[];
}

export interface RemoteCancel {
  requestedAt: string;
  by: string | null;
  reason: string | null;
  /** What was sent, told of one run only. */
  waited?: boolean;
  steps?: { signal: string; at: string }[];
  groupEmptyAt?: string | null;
}

export interface RemoteAttempt {
  attempt: number;
  state: string;
  reason: string | null;
  cause: string | null;
  startedAt: string;
  finishedAt: string | null;
  durationMs: number | null;
}

export interface RemoteJob {
  key: string;
  source: string;
  loadState: LoadState;
  enabled: boolean;
  /** It stays on its version, whatever its folder holds. */
  pinned: boolean;
  loadError: (Omit<LoadError, "since"> & { since: string }) | null;
  version: { hash: string } | null;
  name: string;
  notes: string | null;
  /** Of what is set for it, as its ETag says it. */
  revision: number;
  /** What is set above the code of the job. */
  overrides: Record<string, unknown>;
  /** What holds; null while nothing of the job is known. */
  timeoutMs: number | null;
  retries: { attempts: number; backoffMs: number; factor: number; maxMs: number } | null;
  overlap: string | null;
  concurrency: number | null;
  maxFailedShare: number | null;
  schedules: RemoteSchedule[];
  nextRunAt: string | null;
  requiredParams: Record<string, ParamDefinition>;
  optionalParams: Record<string, ParamDefinition>;
  paramGroups: ParamGroup[];
}

export interface RemoteFailedLoad extends Omit<LoadError, "since"> {
  job: string;
  source: string;
  since: string;
  /** The version that runs go on using. */
  serving: string | null;
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
  /** What suspends it now. */
  suspended?: { reason: string; cause: string; until: string | null } | null;
  /** Fires to come that are left out. */
  skipNext?: { at: string }[];
}

/** The answer to `dryRun: true`. */
export interface RemoteEffect {
  runs: number;
  skipped: number | null;
  skippedFrom: string | null;
  skippedThrough: string | null;
  nextFireAt: string | null;
  schedules?: number;
}

export interface Page<T> {
  data: T[];
  page: { next: string | null; hasMore: boolean; partial?: boolean };
}

const FINAL = new Set(["succeeded", "failed", "cancelled", "skipped"]);

export function isFinal(run: RemoteRun): boolean {
  return FINAL.has(run.state);
}

/** A job's address as a part of a path: `/` is written `.` there. */
export function jobPath(job: string): string {
  return `/jobs/${encodeURIComponent(job.replaceAll("/", "."))}`;
}

/** The job, or a refusal that names the verb which lists them. */
export async function fetchJob(server: Server, job: string, signal: AbortSignal): Promise<RemoteJob> {
  try {
    return (await server.ask("GET", jobPath(job), { signal })).body as RemoteJob;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
    // The service's own next step is a request; who sits here has a verb for it.
    const said = error.message.replace(/ GET \/api\/v1\/jobs lists all\.$/, "");
    throw new CliError(error.exitCode, `${said}\nnpx jobmount jobs lists all jobs.`);
  }
}

/** Every item of a long list, page by page. */
export function fetchAll<T>(
  server: Server,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<T[]> {
  return fetchPages<T>(server, path, { limit: "200", ...query }, signal);
}

/** Every item of a list that is short and that some services answer whole: those refuse to be asked for a page. */
export function fetchShort<T>(server: Server, path: string, signal: AbortSignal): Promise<T[]> {
  return fetchPages<T>(server, path, {}, signal);
}

async function fetchPages<T>(
  server: Server,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<T[]> {
  const found: T[] = [];
  for (let next: string | null = ""; next !== null;) {
    const asked = new URLSearchParams({ ...query, ...(next ? { cursor: next } : {}) });
    const from = asked.size === 0 ? path : `${path}?${asked}`;
    const page = (await server.ask("GET", from, { signal })).body as Page<T>;
    found.push(...page.data);
    next = page.page.hasMore ? page.page.next : null;
  }
  return found;
}

export async function fetchRun(
  server: Server,
  id: string,
  signal: AbortSignal,
  patienceMs = 0,
): Promise<RemoteRun> {
  const path = `/runs/${encodeURIComponent(id)}`;
  return (await server.ask("GET", path, { signal, patienceMs })).body as RemoteRun;
}

/** Hands over every stored line after `seq`, and answers the last `seq`. */
export async function readLog(
  server: Server,
  id: string,
  after: number,
  each: (line: RemoteLine) => void,
  signal: AbortSignal,
  patienceMs = 0,
): Promise<number> {
  for (;;) {
    const path = `/runs/${encodeURIComponent(id)}/logs?after=${after}&limit=200`;
    const page = (await server.ask("GET", path, { signal, patienceMs })).body as Page<RemoteLine>;
    for (const line of page.data) {
      each(line);
      after = Math.max(after, line.seq);
    }
    if (!page.page.hasMore || page.data.length === 0) return after;
  }
}

const POLL_MS = 300;
/** A run goes on while nobody can ask for it: a restart of the service or a proxy is waited out. */
const AWAY_MS = 30_000;

/** Follows a run to its end: every log line once, and its state after each look. */
export async function follow(
  server: Server,
  id: string,
  signal: AbortSignal,
  told: { line(line: RemoteLine): void; state(run: RemoteRun): void },
): Promise<RemoteRun> {
  let seq = 0;
  for (;;) {
    const run = await fetchRun(server, id, signal, AWAY_MS);
    // Read after the state was seen: the lines of a run that has ended are all stored.
    seq = await readLog(server, id, seq, (line) => told.line(line), signal, AWAY_MS);
    told.state(run);
    if (isFinal(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
