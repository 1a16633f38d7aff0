// What the outcome of a sandbox means for the run: how its attempt ended, told in words, with its result or error.
import { judge } from "../runs/attempt-end.ts";
import type { FieldError } from "../errors.ts";
import type { AttemptEnd } from "../runs/retry.ts";
import type { CancelledReason, RunError } from "../runs/task-run.ts";
import type { Outcome } from "../sandbox/outcome.ts";
import type { JobSpec, RecordCounts } from "../sdk/spec.ts";

export interface Judged {
  end: AttemptEnd;
  cause: string | null;
  result: unknown;
  error: RunError | null;
}

/** What is in force for this run. */
export interface Rules {
  maxFailedShare: number;
  onShutdown: JobSpec["onShutdown"];
}

/** Pure. */
export function judgedOf(outcome: Outcome, rules: Rules): Judged {
  switch (outcome.kind) {
    case "result":
      return resulted(outcome.counts, outcome.details, rules);
    case "aborted":
      if (outcome.reason === "lost") return LOST;
      if (outcome.reason !== "shutdown")
        return ended({ kind: "cancelled", reason: cancelledReason(outcome.reason) }, outcome.cause);
      // A valid result counts although the service was stopping; everything else is given back (A4).
      if (outcome.result) return resulted(outcome.result.counts, outcome.result.details, rules);
      if (rules.onShutdown === "cancel")
        return ended({ kind: "cancelled", reason: "shutdown" }, "cancelled: the service stopped");
      return GIVEN_BACK;
    case "error": {
      const { cause, error, permanent, retryAfterMs } = outcome;
      const { message, stack, file, line, column } = error;
      const end: AttemptEnd = { kind: "failed", reason: "error", permanent, retryAfterMs };
      return { end, cause, result: null, error: { message, stack, file, line, column } };
    }
    case "invalid_result": {
      const end: AttemptEnd = { kind: "failed", reason: outcome.kind, permanent: false, retryAfterMs: null };
      return { end, cause: outcome.cause, result: outcome.raw ?? null, error: null };
    }
    default:
      return ended(
        { kind: "failed", reason: outcome.kind, permanent: false, retryAfterMs: null },
        outcome.cause,
      );
  }
}

/** The service stopped before the attempt could end: no try is used. */
export const GIVEN_BACK: Judged = {
  end: { kind: "given_back" },
  cause: "given back: the service stopped",
  result: null,
  error: null,
};

/** Others have given it up, so whatever it ended as comes too late. */
const LOST: Judged = {
  end: { kind: "failed", reason: "lost", permanent: false, retryAfterMs: null },
  cause: "lost: its lease could not be renewed in time, and was given up by another process",
  result: null,
  error: null,
};

function resulted(counts: RecordCounts, details: unknown, { maxFailedShare }: Rules): Judged {
  const { failed, cause } = judge(counts, maxFailedShare);
  const end: AttemptEnd = failed
    ? { kind: "failed", reason: failed, permanent: false, retryAfterMs: null }
    : { kind: "succeeded" };
  return { end, cause, result: details ?? null, error: null };
}

function ended(end: AttemptEnd, cause: string): Judged {
  return { end, cause, result: null, error: null };
}

function cancelledReason(reason: string): CancelledReason {
  return reason === "replaced" || reason === "schedule_deleted" || reason === "shutdown" ? reason : "user";
}

/** Why saved params are not given to the job; a secret that no key opens comes first. */
export function misfitIn(errors: readonly FieldError[]): string {
  const sealed = errors.find(({ code }) => code === "sealed");
  if (sealed) return `a saved secret cannot be decrypted with the keys that are there: ${sealed.message}`;
  const fields = errors.map((error) => `${error.pointer}: ${error.message}`).join("; ");
  return `the saved params do not fit this version of the job: ${fields}`;
}
