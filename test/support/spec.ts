// A job spec as the smallest job has it, for tests and the bench that need one without a child to describe it.
import type { JobSpec } from "../../src/sdk/spec.ts";

export function jobSpec(more: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "smallest",
    description: null,
    version: null,
    tags: [],
    requiredParams: {},
    optionalParams: {},
    paramGroups: [],
    resultSchema: null,
    timeoutMs: 3_600_000,
    timeoutDeclared: false,
    retries: { attempts: 1, backoffMs: 0, factor: 1, maxMs: 0 },
    concurrency: null,
    overlap: "skip",
    isolation: "reuse",
    memoryBytes: null,
    maxFailedShare: 1,
    env: [],
    files: [],
    stateScope: "job",
    onShutdown: "requeue",
    schedules: [],
    ...more,
  };
}
