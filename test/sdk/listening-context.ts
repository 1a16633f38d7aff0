// An attempt's context that keeps what the job tells, and a spec from a definition, for the tests of this folder.
import type { AttemptContext, JobEvent } from "../../src/sdk/context.ts";
import { isJobSpec } from "../../src/sandbox/told-spec.ts";
import { describeModule } from "../../src/sdk/describe.ts";
import { defineJob } from "../../src/sdk/index.ts";
import type { JobSpec } from "../../src/sdk/spec.ts";
import { checkSchema } from "../../src/json-schema.ts";

export interface Listening extends AttemptContext {
  events: JobEvent[];
}

export function listeningContext(given: Partial<AttemptContext> = {}): Listening {
  const events: JobEvent[] = [];
  return {
    params: {},
    signal: new AbortController().signal,
    run: {
      id: "run_1",
      attempt: 1,
      fireAt: null,
      trigger: "manual",
      scheduleId: null,
      missed: null,
      onlyRecords: null,
    },
    tempDir: "/tmp/attempt",
    dataDir: "/data/source",
    filePath: (name) => `/files/${name}`,
    state: new Map(),
    emit: (event) => events.push(event),
    ...given,
    events,
  };
}

/** What an author's file may hand to defineJob when no compiler looked at it. */
export function untypedJob(definition: unknown): abstract new () => object {
  return (defineJob as (definition: unknown) => abstract new () => object)(definition);
}

/** The spec of a sound definition; a definition with problems fails the test by showing them. */
export function specOf(definition: object): JobSpec {
  class Job extends untypedJob({ name: "x", ...definition }) {
    execute(): void {}
  }
  const described = describeModule({ Job }, { checkSchema });
  if ("problems" in described) throw new Error(JSON.stringify(described.problems, null, 2));
  // What an honest child tells is always believed.
  if (!isJobSpec(JSON.parse(JSON.stringify(described.spec))))
    throw new Error(`the service would refuse ${JSON.stringify(described.spec)}`);
  return described.spec;
}
