// Runs one attempt of a job class as the sandbox does, with real files, and collects what it told.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { runAttempt } from "../../src/sdk/attempt.ts";
import type { JobEvent, SettledResult } from "../../src/sdk/context.ts";
import { PermanentError } from "../../src/sdk/errors.ts";
import { definedMark } from "../../src/sdk/job.ts";
import { checkParams } from "../../src/sdk/params.ts";
import type { CheckSchema, JobSpec, RecordCounts, RunInfo } from "../../src/sdk/spec.ts";
import { existsSync } from "node:fs";

export interface Ended {
  /** What it settled as; undefined when it threw. */
  result: SettledResult | undefined;
  thrown: unknown;
  counts: RecordCounts;
  details: Record<string, unknown>;
  failed: { key: string | null; reason: string | null }[];
  progress: { percent: number; message: string | null }[];
  logs: { level: string; text: string; fields?: Record<string, unknown> }[];
  /** What the next attempt of the job starts with. */
  state: Map<string, unknown>;
}

export interface Given {
  /** The task directory that `this.file` reads from. */
  folder?: string;
  params?: Record<string, unknown>;
  state?: ReadonlyMap<string, unknown>;
  run?: Partial<RunInfo>;
  dataDir?: string;
  signal?: AbortSignal;
  /** Called with each event as it happens. */
  on?: (event: JobEvent) => void;
}

/** Throws when the params do not pass the job's own declaration; what `execute` throws is in `thrown`. */
export async function runJob(JobClass: unknown, given: Given = {}): Promise<Ended> {
  const tempDir = await mkdtemp(join(tmpdir(), "jobmount-attempt-"));
  const state = new Map(given.state);
  const counts = { processed: 0, success: 0, failed: 0, skipped: 0 };
  const ended: Ended = {
    result: undefined,
    thrown: undefined,
    counts,
    details: {},
    failed: [],
    progress: [],
    logs: [],
    state,
  };
  const emit = (event: JobEvent): void => {
    if (event.type === "records") ended.counts = event.counts;
    else if (event.type === "failed-record") ended.failed.push({ key: event.key, reason: event.reason });
    else if (event.type === "progress")
      ended.progress.push({ percent: event.percent, message: event.message });
    else if (event.type === "log")
      ended.logs.push({ level: event.level, text: event.text, fields: event.fields });
    else if (event.value === undefined) state.delete(event.key);
    else state.set(event.key, event.value);
    given.on?.(event);
  };
  try {
    ended.result = await runAttempt(
      JobClass,
      {
        params: decode(JobClass, given.params ?? {}),
        signal: given.signal ?? new AbortController().signal,
        run: { ...RUN, ...given.run },
        tempDir,
        dataDir: given.dataDir ?? tempDir,
        filePath(name) {
          const path = join(given.folder ?? tempDir, name);
          if (!existsSync(path)) throw new PermanentError(`the job has no file ${name}`);
          return path;
        },
        state: new Map(given.state),
        emit,
      },
      { checkSchema },
    );
    if (ended.result.ok) {
      ended.counts = ended.result.counts;
      ended.details = (ended.result.details ?? {}) as Record<string, unknown>;
    }
  } catch (error) {
    if (error instanceof WrongParams) throw error;
    ended.thrown = error;
  } finally {
    await rm(tempDir, { recursive: true, force: true });
  }
  return ended;
}

/** The params do not fit what the job declares. */
export class WrongParams extends Error {}

const RUN: RunInfo = {
  id: "run_test",
  attempt: 1,
  fireAt: null,
  trigger: "manual",
  scheduleId: null,
  missed: null,
  onlyRecords: null,
};

function decode(JobClass: unknown, values: Record<string, unknown>): Record<string, unknown> {
  const definition = definedMark(JobClass)?.definition as Partial<JobSpec> | undefined;
  const { requiredParams = {}, optionalParams = {}, paramGroups = [] } = definition ?? {};
  const checked = checkParams({ requiredParams, optionalParams, paramGroups }, values, { checkSchema });
  if (checked.ok) return checked.values;
  throw new WrongParams(checked.errors.map((error) => `${error.pointer}: ${error.message}`).join("; "));
}

const checkSchema: CheckSchema = (schema, value) => {
  const { valid, errors } = new Validator(schema, "2020-12").validate(value);
  // The last error is the innermost one.
  const last = errors.at(-1);
  return valid || !last ? null : { pointer: last.instanceLocation.replace(/^#/, ""), message: last.error };
};
