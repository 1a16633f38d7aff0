// A definition, already plain data, to a job spec: every field checked by name, every default filled in.
import { isEnvName, isFileGlob } from "./declared-names.ts";
import { describeParams } from "./describe-params.ts";
import { describeGroups } from "./describe-groups.ts";
import { describeSchedules } from "./describe-schedules.ts";
import { MAX_BACKOFF_MS, MAX_TIMEOUT_MS } from "./limits.ts";
import { pointerTo } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import {
  fieldOf,
  isFields,
  readChoice,
  readDuration,
  readNumber,
  readText,
  readTexts,
  refuseUnknown,
  wrong,
  type Fields,
  type Reader,
} from "./read-fields.ts";
import { schemaProblem } from "./schema-check.ts";
import type { CheckSchema, JobSpec, JsonSchema, RetryPolicy } from "./spec.ts";

const DEFINITION_FIELDS = [
  "name",
  "description",
  "version",
  "tags",
  "requiredParams",
  "optionalParams",
  "paramGroups",
  "resultSchema",
  "timeout",
  "retries",
  "concurrency",
  "overlap",
  "isolation",
  "memory",
  "maxFailedShare",
  "env",
  "files",
  "stateScope",
  "onShutdown",
  "schedules",
] as const satisfies readonly (keyof JobSpec | "timeout" | "memory")[];

/** What people coming from other systems write. */
const MEANT: Readonly<Record<string, string>> = {
  params: "requiredParams or optionalParams",
  parameters: "requiredParams or optionalParams",
  inputs: "requiredParams or optionalParams",
  inputSchema: "requiredParams and optionalParams",
  outputSchema: '"resultSchema"',
  cron: "schedules: [{ cron }]",
  schedule: "schedules: [{ cron }]",
  title: '"name"',
  label: '"name"',
  retry: '"retries"',
  maxRetries: "retries: { attempts }",
  maxConcurrency: '"concurrency"',
};

/** The spec of a sound definition; of any other something that is not to be used: its problems stand in `problems`. */
export function describeDefinition(
  fields: Fields,
  problems: Problems,
  checkSchema: CheckSchema | undefined,
): JobSpec {
  const reader: Reader = { fields, pointer: "", problems, code: "E009" };
  refuseUnknown(reader, DEFINITION_FIELDS, "a job's definition", "E008", MEANT);
  if (fieldOf(reader, "name") === undefined)
    wrong(reader, "name", "a text", 'write name: "…", as people call the job');
  const { requiredParams, optionalParams } = describeParams(reader, checkSchema);
  const params = {
    requiredParams,
    optionalParams,
    paramGroups: describeGroups(reader, requiredParams, optionalParams),
  };
  const timeoutMs = readDuration(reader, "timeout", { minMs: 1, maxMs: MAX_TIMEOUT_MS, text: "up to 24d" });
  return {
    name: readText(reader, "name", 200) ?? "",
    description: readText(reader, "description", 10_000) ?? null,
    version: readText(reader, "version", 100) ?? null,
    tags: readTags(reader),
    ...params,
    resultSchema: readResultSchema(reader),
    timeoutMs: timeoutMs ?? 3_600_000,
    timeoutDeclared: timeoutMs !== undefined,
    retries: readRetries(reader),
    concurrency: readNumber(reader, "concurrency", { min: 1, max: 10_000, whole: true }, "E012") ?? null,
    overlap:
      readChoice(reader, "overlap", ["skip", "buffer_one", "buffer_all", "cancel_other", "allow_all"]) ??
      "skip",
    isolation: readChoice(reader, "isolation", ["reuse", "fresh"]) ?? "reuse",
    memoryBytes: readMemory(reader),
    maxFailedShare: readNumber(reader, "maxFailedShare", { min: 0, max: 1, whole: false }, "E012") ?? 1,
    env: readEnv(reader),
    files: readFiles(reader),
    stateScope: readChoice(reader, "stateScope", ["job", "schedule"]) ?? "job",
    onShutdown: readChoice(reader, "onShutdown", ["requeue", "cancel"]) ?? "requeue",
    schedules: describeSchedules(reader, params, checkSchema),
  };
}

function readTags(reader: Reader): string[] {
  const item = {
    fits: (text: string) => text.trim() !== "" && text.length <= 50,
    must: "a text of 1 to 50 characters",
    hint: 'write tags: ["billing", "nightly"]',
  };
  return readTexts(reader, "tags", 50, item) ?? [];
}

function readResultSchema(reader: Reader): JsonSchema | null {
  const schema = fieldOf(reader, "resultSchema");
  if (schema === undefined) return null;
  const problem = schemaProblem(schema);
  if (problem === null) return schema as JsonSchema;
  const pointer = pointerTo(reader.pointer, "resultSchema") + problem.pointer;
  reader.problems.add("E032", pointer, `resultSchema: ${problem.message}`, "write a JSON Schema 2020-12");
  return null;
}

const ONE_TRY: RetryPolicy = { attempts: 1, backoffMs: 10_000, factor: 1, maxMs: 3_600_000 };

function readRetries(reader: Reader): RetryPolicy {
  const value = fieldOf(reader, "retries");
  if (value === undefined) return { ...ONE_TRY };
  const hint = 'write retries: { attempts: 3, backoff: "30s" }';
  if (!isFields(value)) {
    wrong(reader, "retries", "an object with attempts", hint, "E011");
    return { ...ONE_TRY };
  }
  const inside: Reader = {
    ...reader,
    fields: value,
    pointer: pointerTo(reader.pointer, "retries"),
    code: "E011",
  };
  refuseUnknown(inside, ["attempts", "backoff", "factor", "max"], "retries", "E011");
  if (fieldOf(inside, "attempts") === undefined)
    wrong(inside, "attempts", "a whole number from 1 to 100", hint);
  const wait = { minMs: 0, maxMs: MAX_BACKOFF_MS, text: "up to 30d" };
  const backoffMs = readDuration(inside, "backoff", wait) ?? ONE_TRY.backoffMs;
  const maxMs = readDuration(inside, "max", wait);
  if (maxMs !== undefined && maxMs < backoffMs) wrong(inside, "max", "at least as long as backoff", hint);
  return {
    attempts: readNumber(inside, "attempts", { min: 1, max: 100, whole: true }) ?? 1,
    backoffMs,
    factor: readNumber(inside, "factor", { min: 1, max: 100, whole: false }) ?? ONE_TRY.factor,
    maxMs: maxMs ?? Math.max(backoffMs, ONE_TRY.maxMs),
  };
}

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

function readMemory(reader: Reader): number | null {
  const value = fieldOf(reader, "memory");
  if (value === undefined) return null;
  const parts = typeof value === "string" ? /^(\d{1,9})(KiB|MiB|GiB|KB|MB|GB)$/.exec(value) : null;
  const bytes = parts ? Number(parts[1]) * UNITS[parts[2]!]! : 0;
  if (bytes >= 32 * 1024 ** 2 && bytes <= 1024 ** 4) return bytes;
  wrong(reader, "memory", 'a size from "32MiB" to "1024GiB"', 'write for example memory: "256MiB"', "E012");
  return null;
}

function readEnv(reader: Reader): string[] {
  const item = {
    fits: isEnvName,
    must: "the name of an environment variable, and none of the service's own (JOBMOUNT_…, TASK_DATABASE_URL)",
    hint: 'write names only: env: ["DATA_DATABASE_URL"]',
    code: "E013" as const,
  };
  return readTexts(reader, "env", 100, item) ?? [];
}

function readFiles(reader: Reader): string[] {
  const item = {
    fits: isFileGlob,
    must: "a glob inside the task directory, of at most 200 characters, without a leading / and without ..",
    hint: 'write for example files: ["data/*.csv"]; what lies outside does not belong to the version',
    code: "E013" as const,
  };
  return readTexts(reader, "files", 100, item) ?? [];
}
