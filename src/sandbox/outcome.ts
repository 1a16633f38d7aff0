// The outcome of an attempt: one value made of what the child told and how it ended.
import type { Instant } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import { cut } from "../sdk/text.ts";
import { NO_PIPE, type ToldEnd, type ToldError } from "./protocol.ts";

const MAX_LAST_LINE = 500;

/** Why the service itself ended an attempt. */
export type EndedBy =
  | { kind: "timeout"; afterMs: number; from?: string }
  | { kind: "abort"; reason: string }
  /** `used` and `limit` in bytes or in processes; `from`: where the limit was set. */
  | { kind: "out_of_memory" | "too_many_processes"; used: number; limit: number; from: string }
  /** The engine gave up by itself; `limit` of the attempt in bytes. */
  | { kind: "heap_full"; limit: number; from: string };

/** One step that was taken to end it. */
export interface Step {
  signal: "abort" | "SIGTERM" | "SIGKILL";
  at: Instant;
}

/** How a child process ended. */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** Why there never was a process. */
  fault?: string;
}

/** What is known when the attempt is over. */
export interface AttemptFacts {
  told: ToldEnd | null;
  exit: Exit | null;
  endedBy: EndedBy | null;
  steps: readonly Step[];
  /** The child wrote something that is no frame. */
  protocolFault: string | null;
  /** Where its process was when it ended by itself, and whether nothing was left that could still happen. */
  exiting: { phase: "import" | "execute"; dry: boolean } | null;
  lastLine: string | null;
}

export type Outcome =
  | { kind: "result"; counts: RecordCounts; details: unknown }
  /** `raw`: what it returned instead, as far as it can be shown. */
  | { kind: "invalid_result"; cause: string; raw: unknown }
  | { kind: "error"; cause: string; error: ToldError; permanent: boolean; retryAfterMs: number | null }
  /** `changed`: the bundle was written over after it had been checked, and nothing of it ran. */
  | { kind: "load"; cause: string; error: ToldError; changed: boolean }
  | { kind: "timeout" | "out_of_memory" | "too_many_processes" | "no_result" | "protocol"; cause: string }
  | { kind: "crash"; cause: string }
  /** It was asked to end; `valid` when execute had returned a valid result all the same. */
  | {
      kind: "aborted";
      reason: string;
      cause: string;
      result: { counts: RecordCounts; details: unknown } | null;
    };

/** Pure. An accepted abort comes first (X9), then the deadline, then what the child told, then how it ended. */
export function outcomeOf(facts: AttemptFacts): Outcome {
  const { told, exit, endedBy } = facts;
  if (endedBy?.kind === "abort") {
    const result = told?.kind === "result" ? { counts: told.counts, details: told.details } : null;
    return {
      kind: "aborted",
      reason: endedBy.reason,
      cause: `${askedToEnd(endedBy.reason)}${stepsInWords(facts)}`,
      result,
    };
  }
  if (endedBy?.kind === "timeout") {
    return {
      kind: "timeout",
      cause: `timed out after ${formatDuration(endedBy.afterMs)}${stepsInWords(facts)}${setIn(endedBy.from)}`,
    };
  }
  if (endedBy?.kind === "heap_full") {
    const cause = `ended: its JavaScript heap was full, limit ${inMiB(endedBy.limit)}${setIn(endedBy.from)}`;
    return { kind: "out_of_memory", cause };
  }
  if (endedBy) return { kind: endedBy.kind, cause: excessInWords(endedBy) };
  if (facts.protocolFault) {
    return {
      kind: "protocol",
      cause: `wrote something else than messages to its pipe: ${facts.protocolFault}`,
    };
  }
  if (told?.kind === "result") return { kind: "result", counts: told.counts, details: told.details };
  if (told?.kind === "invalid_result") {
    return {
      kind: "invalid_result",
      cause: `the result ${told.pointer ? `at ${told.pointer} ` : ""}is not valid: ${told.message}`,
      raw: told.raw,
    };
  }
  if (told?.kind === "load") {
    return {
      kind: "load",
      cause: `the code could not be loaded: ${told.error.message}${placeOf(told.error)}`,
      error: told.error,
      changed: told.changed,
    };
  }
  if (told?.kind === "error") {
    const { error, permanent, retryAfterMs } = told;
    return { kind: "error", cause: `${error.message}${placeOf(error)}`, error, permanent, retryAfterMs };
  }
  if (exit?.fault) return { kind: "crash", cause: `the child process could not be started: ${exit.fault}` };
  const last = facts.lastLine ? `; last line: ${cut(facts.lastLine.trim(), MAX_LAST_LINE)}` : "";
  const when =
    facts.exiting?.phase === "import" ? "while its code was imported" : "before returning a result";
  if (exit?.code === NO_PIPE) return { kind: "protocol", cause: "closed its pipe to the service" };
  if (exit?.signal) return { kind: "crash", cause: `ended by signal ${exit.signal} ${when}${last}` };
  if (exit?.code) return { kind: "crash", cause: `ended with exit code ${exit.code} ${when}${last}` };
  return { kind: "no_result", cause: `the process ended by itself ${whyByItself(facts.exiting)}${last}` };
}

/** In words for whoever reads a list of runs; `replaced` is told as it is of a run that waited. */
export function askedToEnd(reason: string): string {
  return reason === "replaced"
    ? "cancelled: a later fire of its schedule took its place"
    : `asked to end (${reason})`;
}

function whyByItself(exiting: AttemptFacts["exiting"]): string {
  if (!exiting) return "before execute returned";
  const { phase, dry } = exiting;
  if (phase === "import")
    return dry
      ? "while its code was imported: a top-level await waited for nothing that could still happen"
      : "while its code was imported: process.exit was called";
  return dry
    ? "before execute returned: it waited for nothing that could still happen"
    : "before execute returned: process.exit was called";
}

type Excess = Extract<EndedBy, { used: number }>;

function excessInWords({ kind, used, limit, from }: Excess): string {
  return kind === "out_of_memory"
    ? `killed: used ${inMiB(used)}, limit ${inMiB(limit)}${setIn(from)}`
    : `killed: had ${used} processes at a time, limit ${limit}${setIn(from)}`;
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function setIn(from: string | undefined): string {
  return from === undefined ? "" : ` (${from})`;
}

function placeOf(error: ToldError): string {
  return error.file ? ` (${error.file}${error.line === null ? "" : `:${error.line}`})` : "";
}

function stepsInWords({ steps }: AttemptFacts): string {
  if (steps.some((step) => step.signal === "SIGKILL")) return "; ignored SIGTERM, killed";
  if (steps.some((step) => step.signal === "SIGTERM")) return "; ignored the abort signal, ended by SIGTERM";
  return "";
}
