// What a test of a job imports from `jobmount/testing`: testJob runs one attempt here, without service and database.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { runAttempt } from "./attempt.ts";
import type { AttemptContext, JobEvent, LogLevel } from "./context.ts";
import { describeModule } from "./describe.ts";
import { isPermanent, PermanentError } from "./errors.ts";
import { globMatches } from "./glob.ts";
import { checkParams } from "./params.ts";
import type { CheckSchema, JobSpec, RecordCounts, RunInfo } from "./spec.ts";
import { textOf } from "./text.ts";

/** A class that extends `defineJob(…)`. */
export type TestableJob = new () => { readonly params: object; execute(): unknown };

export interface TestOptions<Params> {
  /** As a trigger would give them: checked, with the defaults filled in. */
  params?: Partial<Params>;
  /** Once it is aborted, the run counts as cancelled, as in the service. */
  signal?: AbortSignal;
  /** What `this.state` holds at the start. */
  state?: Readonly<Record<string, unknown>>;
  /** Laid over what `this.run` is otherwise: a first attempt that was triggered by hand. */
  run?: Partial<RunInfo>;
  /** The folder of `job.ts`, for `this.file(name)`: usually `import.meta.dirname`. */
  folder?: string;
  /** `this.dataDir`; a temporary folder, removed afterwards, unless given. */
  dataDir?: string;
}

export interface TestedLine {
  level: LogLevel;
  text: string;
  fields?: Record<string, unknown>;
}

/** How the attempt ended, and everything that it told. */
export interface TestedRun {
  outcome: "succeeded" | "failed" | "cancelled";
  /** As on a run of the service: `error`, `invalid_result`, `all_records_failed`, `too_many_failed`, `user`; or null. */
  reason: string | null;
  /** Why it did not succeed, in words. */
  cause: string | null;
  /** What `execute` threw; undefined when it did not. */
  error: unknown;
  /** Whether a service would try again: never after PermanentError, nor for a job that declares no retries. */
  wouldRetry: boolean;
  /** What `execute` returned besides counts. */
  result: unknown;
  records: RecordCounts;
  failedRecords: { key: string | null; reason: string | null }[];
  /** What `this.log` was told; what `console` is told goes to the terminal. */
  logs: TestedLine[];
  /** Every call of `this.progress`, as a service would show it. */
  progress: { percent: number; message: string | null }[];
  /** What `this.state` holds at the end. */
  state: Record<string, unknown>;
}

const RUN: RunInfo = {
  id: "run_test",
  attempt: 1,
  fireAt: null,
  trigger: "manual",
  scheduleId: null,
  missed: null,
  onlyRecords: null,
};

/**
 * Runs one attempt of the job in this process. What the job throws is its outcome; testJob itself rejects only when the
 * job would not load or the params do not fit, and its message says why.
 */
export async function testJob<Job extends TestableJob>(
  JobClass: Job,
  options: TestOptions<InstanceType<Job>["params"]> = {},
): Promise<TestedRun> {
  const { checkSchema } = await import("../json-schema.ts");
  const spec = specOf(JobClass, checkSchema);
  const params = paramsOf(spec, options.params ?? {}, checkSchema);
  const told = new Told(options.state ?? {});
  const folders = new Folders();
  const signal = options.signal ?? new AbortController().signal;
  const context: AttemptContext = {
    params,
    signal,
    run: { ...RUN, ...options.run },
    get tempDir() {
      return folders.temp("temp");
    },
    get dataDir() {
      return options.dataDir ?? folders.temp("data");
    },
    filePath: (name) => filePath(name, spec, options.folder),
    state: new Map(Object.entries(options.state ?? {})),
    emit: (event) => told.take(event),
  };
  try {
    return told.run(await ended(JobClass, context, spec, checkSchema));
  } finally {
    folders.remove();
  }
}

type Ended = Pick<TestedRun, "outcome" | "reason" | "cause" | "error" | "wouldRetry" | "result"> & {
  records: RecordCounts | null;
};

async function ended(
  JobClass: TestableJob,
  context: AttemptContext,
  spec: JobSpec,
  checkSchema: CheckSchema,
): Promise<Ended> {
  const again = spec.retries.attempts > context.run.attempt;
  const nothing = { error: undefined, wouldRetry: false, result: null, records: null };
  const cancelled: Ended = { ...nothing, outcome: "cancelled", reason: "user", cause: "it was cancelled" };
  // As in the service: what was cancelled before it began never begins.
  if (context.signal.aborted) return cancelled;
  try {
    const settled = await runAttempt(JobClass, context, { checkSchema });
    if (context.signal.aborted) return cancelled;
    if (!settled.ok) {
      const cause = `${settled.pointer || "the returned value"}: ${settled.message}`;
      return { ...nothing, outcome: "failed", reason: "invalid_result", cause };
    }
    const { counts: records, details: result } = settled;
    const judged = { ...nothing, records, result };
    const wrong = judgeCounts(records, spec.maxFailedShare);
    if (wrong) return { ...judged, outcome: "failed", ...wrong, wouldRetry: again };
    return { ...judged, outcome: "succeeded", reason: null, cause: null };
  } catch (error) {
    if (context.signal.aborted) return { ...cancelled, error };
    const wouldRetry = again && !isPermanent(error);
    return { ...nothing, outcome: "failed", reason: "error", cause: textOf(error), error, wouldRetry };
  }
}

/** As the service judges (X6); the test of this file holds both against each other. */
function judgeCounts(
  { processed, failed }: RecordCounts,
  maxFailedShare: number,
): { reason: string; cause: string } | null {
  if (failed === 0) return null;
  if (failed === processed) return { reason: "all_records_failed", cause: `all ${processed} records failed` };
  if (failed / processed <= maxFailedShare) return null;
  const cause = `${failed} of ${processed} records failed, more than maxFailedShare ${maxFailedShare} allows`;
  return { reason: "too_many_failed", cause };
}

function specOf(JobClass: TestableJob, checkSchema: CheckSchema): JobSpec {
  const described = describeModule({ Job: JobClass }, { checkSchema });
  if ("spec" in described) return described.spec;
  const problems = described.problems.map(({ code, message, hint }) => `${code} ${message}; ${hint}`);
  throw new TypeError(`the job would not load:\n${problems.join("\n")}`);
}

function paramsOf(spec: JobSpec, given: object, checkSchema: CheckSchema): Record<string, unknown> {
  const checked = checkParams(spec, given, { checkSchema });
  if (checked.ok) return checked.values;
  const wrong = checked.errors.map(({ pointer, message }) => `${pointer.slice(1) || "params"}: ${message}`);
  throw new TypeError(`the params do not fit:\n${wrong.join("\n")}`);
}

function filePath(name: string, spec: JobSpec, folder: string | undefined): string {
  if (folder === undefined) {
    const how = "testJob(Job, { folder: import.meta.dirname })";
    throw new Error(`this.file("${name}") needs the folder of job.ts: ${how}`);
  }
  const path = join(folder, name);
  const inside = relative(folder, path).split(sep).join("/");
  const matched = spec.files.some((pattern) => globMatches(pattern, inside));
  if (inside.startsWith("..") || !matched || !existsSync(path))
    throw new PermanentError(
      `this version has no file "${name}": the patterns in \`files\` of defineJob have to match it`,
    );
  return path;
}

/** Everything that the job tells, in order. */
class Told {
  readonly #logs: TestedLine[] = [];
  readonly #progress: TestedRun["progress"] = [];
  readonly #failedRecords: TestedRun["failedRecords"] = [];
  readonly #state: Map<string, unknown>;
  #records: RecordCounts = { processed: 0, success: 0, failed: 0, skipped: 0 };

  constructor(state: Readonly<Record<string, unknown>>) {
    this.#state = new Map(Object.entries(state));
  }

  take(event: JobEvent): void {
    switch (event.type) {
      case "log": {
        const { level, text, fields } = event;
        this.#logs.push(fields ? { level, text, fields } : { level, text });
        return;
      }
      case "progress":
        this.#progress.push({ percent: event.percent, message: event.message });
        return;
      case "records":
        this.#records = event.counts;
        return;
      case "failed-record":
        this.#failedRecords.push({ key: event.key, reason: event.reason });
        return;
      case "state":
        if (event.value === undefined) this.#state.delete(event.key);
        else this.#state.set(event.key, event.value);
    }
  }

  run({ records, ...end }: Ended): TestedRun {
    return {
      ...end,
      records: records ?? this.#records,
      failedRecords: this.#failedRecords,
      logs: this.#logs,
      progress: this.#progress,
      state: Object.fromEntries(this.#state),
    };
  }
}

/** Made when the job asks for them, gone when it has ended. */
class Folders {
  #base: string | undefined;

  temp(name: string): string {
    this.#base ??= mkdtempSync(join(tmpdir(), "jobmount-test-"));
    const path = join(this.#base, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  remove(): void {
    if (this.#base !== undefined) rmSync(this.#base, { recursive: true, force: true });
  }
}
