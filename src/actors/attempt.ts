// One attempt from claim to finish, as steps on one value: version, params, sandbox, judgement, the row.
import type { Instant } from "../clock.ts";
import { conflict, ExpectedError, messageOf } from "../errors.ts";
import { MaskedOutput } from "../runs/masked-output.ts";
import { Masker } from "../runs/masker.ts";
import { Output } from "../runs/output.ts";
import { type AttemptEnd, decide } from "../runs/retry.ts";
import { secretsOfEnv } from "../runs/secret-forms.ts";
import type { ClaimedRun, Finish } from "../runs/store.ts";
import type { Outcome } from "../sandbox/outcome.ts";
import type { RunningAttempt } from "../sandbox/pool.ts";
import type { Ended } from "../sandbox/given-attempt.ts";
import { MAX_STATE_KEY } from "../sdk/limits.ts";
import type { JobOverrides, JobSpec, RecordCounts, RetryPolicy } from "../sdk/spec.ts";
import type { AttemptDeps, RunnableVersion } from "./attempt-deps.ts";
import { limitsOf } from "./limits.ts";
import { GIVEN_BACK, type Judged, judgedOf, misfitIn } from "./judgement.ts";

/** What the rest of the finish is made of, when the attempt could not even start. */
const NO_RETRIES: RetryPolicy = { attempts: 1, backoffMs: 0, factor: 1, maxMs: 0 };

type ProcessFacts = Pick<Ended, "exitCode" | "signal" | "steps" | "groupEmptyAt">;

const NO_PROCESS: ProcessFacts = { exitCode: null, signal: null, steps: [], groupEmptyAt: null };

export class Attempt {
  readonly run: ClaimedRun;
  readonly output: Output;
  readonly #deps: AttemptDeps;
  #version: RunnableVersion | undefined;
  #running: RunningAttempt | undefined;
  #asked: { reason: string; graceMs?: number } | undefined;
  #ended = false;
  /** As they were when it was claimed. */
  readonly #overrides: JobOverrides;
  /** Undefined for the most of jobs: they have no secret, and pay nothing. */
  #masker: Masker | undefined;

  constructor(run: ClaimedRun, deps: AttemptDeps) {
    this.run = run;
    this.#deps = deps;
    this.#overrides = deps.overridesOf?.(run.source, run.jobKey) ?? {};
    const { id: runId, attempt, logFrom, logBytes, droppedBytes } = run;
    this.output = new Output({ runId, attempt, logFrom, logBytes, droppedBytes }, deps.limits);
  }

  /** Asks it to end: before, while or after its code runs. */
  abort(reason: string, graceMs?: number): void {
    if (this.#ended) return;
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
      return this.#notStarted("load", messageOf(error), error);
    }
    let params: ReturnType<AttemptDeps["readParams"]>;
    try {
      params = this.#deps.readParams(this.#version.spec, run.params);
    } catch (error) {
      return this.#notStarted("params", `the saved params could not be read: ${messageOf(error)}`, error);
    }
    if (!params.ok) return this.#failed("params", misfitIn(params.errors));
    try {
      return this.#finished(await this.#asChecked(this.#version, params.values, params.secrets));
    } catch (error) {
      return this.#notStarted("crash", `the child process could not be started: ${messageOf(error)}`, error);
    }
  }

  /** A copy that was written over between its check and its import is made anew, once: nothing of it has run (X1, R2). */
  async #asChecked(
    version: RunnableVersion,
    params: Record<string, unknown>,
    secrets: readonly unknown[],
  ): Promise<Ended> {
    const ended = await this.#sandboxed(version, params, secrets);
    if (ended.outcome.kind !== "load" || !ended.outcome.changed) return ended;
    const again = await this.#deps.versionOf(version.hash);
    // Else only the job says so, and it may have begun.
    const isNew = again.bundleSeal !== version.bundleSeal;
    return isNew ? this.#sandboxed(again, params, secrets) : ended;
  }

  async #sandboxed(
    version: RunnableVersion,
    params: Record<string, unknown>,
    secrets: readonly unknown[],
  ): Promise<Ended> {
    const { run } = this;
    const { spec } = version;
    const env = this.#deps.envFor(spec.env);
    this.#masker = Masker.of([...secrets, ...secretsOfEnv(env)]);
    const state = run.hasState
      ? await this.#deps.jobState(run.source, run.jobKey, this.#scope(spec))
      : new Map();
    const only = run.overrides.onlyRecords;
    const onlyRecords = only ? await this.#deps.failedKeys(only.of) : null;
    // An empty list would be taken for nothing to do by one job, and for no limit by another.
    if (only && onlyRecords?.length === 0)
      throw conflict("params", `the failed records of the run ${only.of} are not kept any longer`);
    if (this.#asked) return neverStarted(this.#asked.reason, this.#deps.now());
    const masked = this.#masker && new MaskedOutput(this.output, this.#masker);
    this.#running = this.#deps.pool.run(
      version.hash,
      {
        bundlePath: version.bundlePath,
        bundleSeal: version.bundleSeal,
        filesDir: version.filesDir,
        resolveFrom: version.resolveFrom,
        params,
        run: {
          id: run.id,
          attempt: run.attempt,
          fireAt: toText(run.fireAt ?? run.overrides.fireAt ?? null),
          trigger: run.trigger,
          scheduleId: run.scheduleId,
          missed: missedOf(run),
          onlyRecords,
        },
        dataDir: this.#deps.dataDirOf(run.source),
        state: [...state],
        secretForms: this.#masker?.formsWithin(MAX_STATE_KEY) ?? [],
        env,
        resultSchema: spec.resultSchema,
      },
      {
        ...limitsOf(run.overrides, this.#overrides, spec, this.#deps.limits),
        outputBytes: this.output.room,
      },
      masked ?? this.output,
      spec.isolation,
    );
    const ended = await this.#running.ended;
    masked?.close();
    return ended;
  }

  #scope(spec: JobSpec): string {
    return spec.stateScope === "schedule" ? (this.run.scheduleId ?? "") : "";
  }

  #finished(ended: Ended): Finish {
    const { outcome } = ended;
    const counts = "counts" in outcome ? outcome.counts : this.output.counts;
    const set = { ...this.#overrides, ...this.run.overrides };
    const judged = judgedOf(outcome, {
      maxFailedShare: set.maxFailedShare ?? this.#version?.spec.maxFailedShare ?? 1,
      onShutdown: this.#version?.spec.onShutdown ?? "requeue",
    });
    return this.#finish(judged, counts, ended);
  }

  /** Not the job's doing: a database that was away, or a service that stopped meanwhile, costs it no try. */
  #notStarted(reason: "load" | "params" | "crash", cause: string, error: unknown): Finish {
    if (this.#asked) return this.#finished(neverStarted(this.#asked.reason, this.#deps.now()));
    const expected = error instanceof ExpectedError ? error : undefined;
    if (expected?.code === "params") return this.#failed("params", expected.message);
    if (expected?.code === "needs" && this.#deps.leaveToOthers?.(this.run)) {
      const left = { ...GIVEN_BACK, cause: `given back: ${expected.message}` };
      // It keeps its place in the queue, by which others know how long it has waited.
      const { availableAt } = this.run;
      return { ...this.#finish(left, this.output.counts, NO_PROCESS), availableAt };
    }
    if (expected?.status !== 503) return this.#failed(reason, cause);
    const back = { ...GIVEN_BACK, cause: "given back: the database did not answer when it was to start" };
    return this.#finish(back, this.output.counts, NO_PROCESS);
  }

  #failed(reason: "load" | "params" | "crash", cause: string): Finish {
    const end: AttemptEnd = { kind: "failed", reason, permanent: false, retryAfterMs: null };
    return this.#finish({ end, cause, result: null, error: null }, this.output.counts, NO_PROCESS);
  }

  #finish(judged: Judged, counts: RecordCounts, facts: ProcessFacts): Finish {
    this.#ended = true;
    const { run, output } = this;
    const { end, cause, result, error } = this.#masker ? maskedBy(this.#masker, judged) : judged;
    const now = this.#deps.now();
    const spec = this.#version?.spec;
    const decision = decide(
      end,
      run.triesUsed,
      run.overrides.retries ?? this.#overrides.retries ?? spec?.retries ?? NO_RETRIES,
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
      records: counts,
      progress: last.progress,
      result,
      error,
      exitCode: facts.exitCode,
      signal: facts.signal,
      steps: facts.steps,
      groupEmptyAt: facts.groupEmptyAt,
      logFrom: run.logFrom,
      log: last.log,
      lines: last.lines,
      failedRecords: last.failedRecords,
      retold: last.retold,
      state:
        output.values.size > 0 && spec
          ? { source: run.source, jobKey: run.jobKey, scope: this.#scope(spec), values: this.#values() }
          : null,
    };
  }

  /** A value that holds a secret is sealed, not masked: the job must get it back. */
  #values(): ReadonlyMap<string, unknown> {
    const { values } = this.output;
    const masker = this.#masker;
    if (!masker) return values;
    const holds = (value: unknown) => value !== undefined && masker.value(value) !== value;
    return new Map(
      [...values].map(([key, value]) => [key, holds(value) ? this.#deps.sealState(key, value) : value]),
    );
  }
}

function maskedBy(masker: Masker, { end, cause, result, error }: Judged): Judged {
  return {
    end,
    cause: cause === null ? null : masker.text(cause),
    result: masker.value(result),
    error: masker.value(error) as Judged["error"],
  };
}

function neverStarted(reason: string, now: Instant): Ended {
  const cause = `asked to end (${reason}) before it started`;
  const outcome: Outcome = { kind: "aborted", reason, cause, result: null };
  return { outcome, exitCode: null, signal: null, steps: [], groupEmptyAt: now, tookMs: null };
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
