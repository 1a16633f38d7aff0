// One attempt from claim to finish, as steps on one value: version, params, sandbox, judgement, the row.
import type { Instant } from "../clock.ts";
import { type FieldError, messageOf } from "../errors.ts";
import { judge } from "../runs/attempt-end.ts";
import { Output, type OutputLimits } from "../runs/output.ts";
import { type AttemptEnd, decide } from "../runs/retry.ts";
import type { ClaimedRun, Finish } from "../runs/store.ts";
import type { CancelledReason, RunError } from "../runs/task-run.ts";
import type { Outcome } from "../sandbox/outcome.ts";
import type { Pool, RunningAttempt } from "../sandbox/pool.ts";
import type { Ended } from "../sandbox/sandbox.ts";
import type { JobSpec, RetryPolicy } from "../sdk/spec.ts";

/** A version that can be run here: its code on disk and its spec. */
export interface RunnableVersion {
  hash: string;
  bundlePath: string;
  filesDir: string;
  resolveFrom: readonly string[];
  spec: JobSpec;
}

export interface AttemptDeps {
  pool: Pool;
  /** Rejects when the version is unknown, or a package that it needs is missing here; at once when it is known. */
  versionOf(hash: string): RunnableVersion | Promise<RunnableVersion>;
  /** Opens sealed secrets and checks against the spec of the version that runs. */
  readParams(
    spec: JobSpec,
    saved: Record<string, unknown>,
  ): { ok: true; values: Record<string, unknown> } | { ok: false; errors: readonly FieldError[] };
  jobState(source: string, jobKey: string, scope: string): Promise<Map<string, unknown>>;
  /** Values of the variables that the job declared; names that are not set are left out. */
  envFor(names: readonly string[]): Record<string, string>;
  dataDirOf(source: string): string;
  now(): Instant;
  random(): number;
  owner: string;
  limits: OutputLimits & { timeoutMs: number; graceMs: number };
}

/** What the rest of the finish is made of, when the attempt could not even start. */
const NO_RETRIES: RetryPolicy = { attempts: 1, backoffMs: 0, factor: 1, maxMs: 0 };

export class Attempt {
  readonly run: ClaimedRun;
  readonly output: Output;
  readonly #deps: AttemptDeps;
  #version: RunnableVersion | undefined;
  #running: RunningAttempt | undefined;
  #asked: { reason: string; graceMs?: number } | undefined;

  constructor(run: ClaimedRun, deps: AttemptDeps) {
    this.run = run;
    this.#deps = deps;
    this.output = new Output({ runId: run.id, attempt: run.attempt, logFrom: run.logFrom }, deps.limits);
  }

  /** Asks it to end: before, while or after its code runs. */
  abort(reason: string, graceMs?: number): void {
    this.#asked ??= { reason, graceMs };
    this.#running?.abort(reason, graceMs);
  }

  /** Runs it to its end; never rejects. */
  async execute(): Promise<Finish> {
    const { run } = this;
    if (run.version === null)
      return this.#failed("load", "no version of the job has ever loaded; see its load error");
    try {
      const version = this.#deps.versionOf(run.version);
      this.#version = version instanceof Promise ? await version : version;
    } catch (error) {
      return this.#failed("load", messageOf(error));
    }
    const params = this.#deps.readParams(this.#version.spec, run.params);
    if (!params.ok) {
      const fields = params.errors.map((error) => `${error.pointer}: ${error.message}`).join("; ");
      return this.#failed("params", `the saved params do not fit this version of the job: ${fields}`);
    }
    try {
      return this.#finished(await this.#sandboxed(this.#version, params.values));
    } catch (error) {
      return this.#failed("crash", `the child process could not be started: ${messageOf(error)}`);
    }
  }

  async #sandboxed(version: RunnableVersion, params: Record<string, unknown>): Promise<Ended> {
    const { run, output } = this;
    const { spec } = version;
    const state = run.hasState
      ? await this.#deps.jobState(run.source, run.jobKey, this.#scope(spec))
      : new Map();
    if (this.#asked)
      return { outcome: aborted(this.#asked.reason), exitCode: null, signal: null, steps: [], tookMs: null };
    this.#running = this.#deps.pool.run(
      version.hash,
      {
        bundlePath: version.bundlePath,
        filesDir: version.filesDir,
        resolveFrom: version.resolveFrom,
        params,
        run: {
          id: run.id,
          attempt: run.attempt,
          fireAt: toText(run.fireAt),
          trigger: run.trigger,
          scheduleId: run.scheduleId,
          missed: missedOf(run),
          onlyRecords: null,
        },
        dataDir: this.#deps.dataDirOf(run.source),
        state: [...state],
        env: this.#deps.envFor(spec.env),
        resultSchema: spec.resultSchema,
      },
      {
        timeoutMs:
          run.overrides.timeoutMs ?? (spec.timeoutDeclared ? spec.timeoutMs : this.#deps.limits.timeoutMs),
        graceMs: this.#deps.limits.graceMs,
      },
      output,
      spec.isolation,
    );
    return this.#running.ended;
  }

  #scope(spec: JobSpec): string {
    return spec.stateScope === "schedule" ? (this.run.scheduleId ?? "") : "";
  }

  #finished(ended: Ended): Finish {
    const { outcome } = ended;
    const counts = "counts" in outcome ? outcome.counts : this.output.counts;
    const { end, cause, result, error } = this.#judged(outcome);
    return this.#finish(end, cause, {
      counts,
      result,
      error,
      exitCode: ended.exitCode,
      signal: ended.signal,
    });
  }

  #judged(outcome: Outcome): {
    end: AttemptEnd;
    cause: string | null;
    result: unknown;
    error: RunError | null;
  } {
    switch (outcome.kind) {
      case "result":
        return this.#judgedResult(outcome.counts, outcome.details);
      case "aborted":
        if (outcome.reason !== "shutdown") {
          return ended({ kind: "cancelled", reason: cancelledReason(outcome.reason) }, outcome.cause);
        }
        // A valid result counts although the service was stopping; everything else is given back (A4).
        if (outcome.result) return this.#judgedResult(outcome.result.counts, outcome.result.details);
        return {
          end: { kind: "given_back" },
          cause: "given back: the service stopped",
          result: null,
          error: null,
        };
      case "error": {
        const { cause, error, permanent, retryAfterMs } = outcome;
        const { message, stack, file, line, column } = error;
        const end: AttemptEnd = { kind: "failed", reason: "error", permanent, retryAfterMs };
        return { end, cause, result: null, error: { message, stack, file, line, column } };
      }
      default: {
        const end: AttemptEnd = {
          kind: "failed",
          reason: outcome.kind,
          permanent: false,
          retryAfterMs: null,
        };
        return { end, cause: outcome.cause, result: null, error: null };
      }
    }
  }

  #judgedResult(counts: Parameters<typeof judge>[0], details: unknown) {
    const share = this.run.overrides.maxFailedShare ?? this.#version?.spec.maxFailedShare ?? 1;
    const { failed, cause } = judge(counts, share);
    const end: AttemptEnd = failed
      ? { kind: "failed", reason: failed, permanent: false, retryAfterMs: null }
      : { kind: "succeeded" };
    return { end, cause, result: details ?? null, error: null };
  }

  #failed(reason: "load" | "params" | "crash", cause: string): Finish {
    const end: AttemptEnd = { kind: "failed", reason, permanent: false, retryAfterMs: null };
    return this.#finish(end, cause, {
      counts: this.output.counts,
      result: null,
      error: null,
      exitCode: null,
      signal: null,
    });
  }

  #finish(
    end: AttemptEnd,
    cause: string | null,
    facts: Pick<Finish, "result" | "error" | "exitCode" | "signal"> & { counts: Finish["records"] },
  ): Finish {
    const { run, output } = this;
    const now = this.#deps.now();
    const spec = this.#version?.spec;
    const decision = decide(
      end,
      run.triesUsed,
      run.overrides.retries ?? spec?.retries ?? NO_RETRIES,
      now,
      this.#deps.random(),
    );
    const last = output.takeLast(now);
    return {
      runId: run.id,
      attempt: run.attempt,
      owner: this.#deps.owner,
      to: decision.to,
      reason: end.kind === "failed" || end.kind === "cancelled" ? end.reason : null,
      cause,
      startedAt: run.startedAt,
      finishedAt: now,
      availableAt: "availableAt" in decision ? decision.availableAt : run.availableAt,
      priority: run.priority,
      triesUsed: decision.triesUsed,
      version: run.version,
      versionDeclared: spec?.version ?? null,
      jobName: spec?.name ?? null,
      records: facts.counts,
      progress: last.progress,
      result: facts.result,
      error: facts.error,
      exitCode: facts.exitCode,
      signal: facts.signal,
      log: last.log,
      lines: last.lines,
      failedRecords: last.failedRecords,
      state:
        output.values.size > 0 && spec
          ? { source: run.source, jobKey: run.jobKey, scope: this.#scope(spec), values: output.values }
          : null,
    };
  }
}

interface Judged {
  end: AttemptEnd;
  cause: string | null;
  result: unknown;
  error: RunError | null;
}

function ended(end: AttemptEnd, cause: string): Judged {
  return { end, cause, result: null, error: null };
}

function aborted(reason: string): Outcome {
  return { kind: "aborted", reason, cause: `asked to end (${reason}) before it started`, result: null };
}

function cancelledReason(reason: string): CancelledReason {
  return reason === "replaced" || reason === "schedule_deleted" || reason === "shutdown" ? reason : "user";
}

function toText(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function missedOf({ overrides }: ClaimedRun) {
  const { missed } = overrides;
  if (!missed) return null;
  return {
    from: new Date(missed.from).toISOString(),
    to: new Date(missed.to).toISOString(),
    count: missed.count,
  };
}
