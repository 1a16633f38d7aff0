// The outcome of an attempt: one value made of what the child told and how it ended.
import { formatDuration } from "../duration.ts";
import type { RecordCounts } from "../sdk/spec.ts";
import type { ToldEnd, ToldError } from "./protocol.ts";

/** Why the service itself ended an attempt. */
export type EndedBy = { kind: "timeout"; afterMs: number } | { kind: "abort"; reason: string };

/** One step that was taken to end it. */
export interface Step {
  signal: "abort" | "SIGTERM" | "SIGKILL";
  /** Milliseconds after the first step. */
  afterMs: number;
}

/** What is known when the attempt is over. */
export interface AttemptFacts {
  told: ToldEnd | null;
  exit: { code: number | null; signal: string | null } | null;
  endedBy: EndedBy | null;
  steps: readonly Step[];
  /** The child wrote something that is no frame. */
  protocolFault: string | null;
  lastLine: string | null;
}

export type Outcome =
  | { kind: "result"; counts: RecordCounts; details: unknown }
  | { kind: "invalid_result"; cause: string }
  | { kind: "error"; cause: string; error: ToldError; permanent: boolean; retryAfterMs: number | null }
  | { kind: "load"; cause: string; error: ToldError }
  | { kind: "timeout" | "no_result" | "protocol"; cause: string }
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
      cause: `asked to end (${endedBy.reason})${stepsInWords(facts)}`,
      result,
    };
  }
  if (endedBy?.kind === "timeout") {
    return {
      kind: "timeout",
      cause: `timed out after ${formatDuration(endedBy.afterMs)}${stepsInWords(facts)}`,
    };
  }
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
    };
  }
  if (told?.kind === "load") {
    return {
      kind: "load",
      cause: `the code could not be loaded: ${told.error.message}${placeOf(told.error)}`,
      error: told.error,
    };
  }
  if (told?.kind === "error") {
    const { error, permanent, retryAfterMs } = told;
    return { kind: "error", cause: `${error.message}${placeOf(error)}`, error, permanent, retryAfterMs };
  }
  const last = facts.lastLine ? `; last line: ${facts.lastLine}` : "";
  if (exit?.signal)
    return { kind: "crash", cause: `ended by signal ${exit.signal} before returning a result${last}` };
  if (exit?.code)
    return { kind: "crash", cause: `ended with exit code ${exit.code} before returning a result${last}` };
  return {
    kind: "no_result",
    cause: `the process ended by itself before execute returned: it waited for nothing that could still happen, or called process.exit(0)${last}`,
  };
}

function placeOf(error: ToldError): string {
  return error.file ? ` (${error.file}${error.line === null ? "" : `:${error.line}`})` : "";
}

function stepsInWords({ steps }: AttemptFacts): string {
  if (steps.some((step) => step.signal === "SIGKILL")) return "; ignored SIGTERM, killed";
  if (steps.some((step) => step.signal === "SIGTERM")) return "; ignored the abort signal, ended by SIGTERM";
  return "";
}
