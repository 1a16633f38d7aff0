// The seam between a job object and the child process that runs it: what goes in, and what comes out one way.
import type { RecordCounts, RunInfo } from "./spec.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a job does while it runs, told to whoever runs it. One way: nothing here is ever answered. */
export type JobEvent =
  | { type: "log"; level: LogLevel; text: string; fields?: Record<string, unknown> }
  /** The counts so far, after every change. */
  | { type: "records"; counts: RecordCounts }
  /** One refused record with its key and reason; the counts follow in a `records` event. */
  | { type: "failed-record"; key: string | null; reason: string | null }
  | { type: "progress"; percent: number; message: string | null }
  /** `value` undefined removes the key. */
  | { type: "state"; key: string; value: unknown };

/** Everything that one attempt gives to its job object. */
export interface AttemptContext {
  /** Checked and decoded. */
  params: Readonly<Record<string, unknown>>;
  signal: AbortSignal;
  run: RunInfo;
  tempDir: string;
  dataDir: string;
  /** Path of a read-only copy of a data file of this version; throws PermanentError naming the file when it has none. */
  filePath(name: string): string;
  /** The durable values at the start of the attempt. */
  state: ReadonlyMap<string, unknown>;
  /** The forms of its secrets: keys of the state are stored in plain text, so none may hold one. */
  secretForms?: readonly string[];
  emit(event: JobEvent): void;
}

/** What an attempt that did not throw ended with. */
export type SettledResult =
  | { ok: true; counts: RecordCounts; details: unknown }
  /** The returned value breaks the contract: `invalid_result`, with a JSON pointer into it. */
  | { ok: false; pointer: string; message: string; raw: unknown };

/** A mistake in what a task directory exports or declares. `code` E001 …: one page each in docs/load-errors.md. */
export interface SpecProblem {
  code: string;
  /** JSON pointer into the definition, or "" for the module. */
  pointer: string;
  message: string;
  hint: string;
  /** The class, or the member of it, that the problem is of. */
  member?: string;
}
