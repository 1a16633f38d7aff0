// defineJob: the base class that a job extends, and how it comes by its tools before the job's own fields do.
import type { NoParams, ParamInputs, ParamsOf } from "./author-params.ts";
import type { AttemptContext } from "./context.ts";
import type { Definition } from "./definition.ts";
import { textOf } from "./text.ts";
import type { JobReturn } from "./result-input.ts";
import type { RunInfo } from "./spec.ts";
import { makeTools, TOOL_NAMES, type Tools } from "./tools.ts";
import type { JobFile, JobLog, JobRecords, JobState, ReportProgress } from "./tools.ts";

/** What every job has. One new object per attempt; everything here is there before the job's own fields are set. */
export abstract class JobBase<Params> {
  /** Checked and decoded, defaults filled in. */
  declare readonly params: Readonly<Params>;
  /** Aborted on cancel, on timeout and on shutdown: hand it to what waits, and end soon when it fires. */
  declare readonly signal: AbortSignal;
  declare readonly records: JobRecords;
  declare readonly progress: ReportProgress;
  declare readonly log: JobLog;
  /** The run that this attempt belongs to. */
  declare readonly run: RunInfo;
  declare readonly state: JobState;
  declare readonly file: JobFile;
  /** An empty folder of this attempt, removed afterwards. */
  declare readonly tempDir: string;
  /** A folder of the source that is kept. */
  declare readonly dataDir: string;

  constructor() {
    const { members } = takeTools(new.target);
    for (const name of TOOL_NAMES) {
      // Not writable and not configurable: a field of the same name fails at once instead of taking the tool away.
      const onDemand = name === "tempDir" || name === "dataDir";
      const property: PropertyDescriptor = onDemand
        ? { get: () => members[name], enumerable: true }
        : { value: members[name], enumerable: true };
      Object.defineProperty(this, name, property);
    }
  }

  /** The job's work. What it throws fails the attempt; what it returns is counts and details. */
  abstract execute(): JobReturn | Promise<JobReturn>;
}

/** What `defineJob` returns: to be extended by `class Job`. */
export type JobDefinition<Required, Optional> = abstract new () => JobBase<ParamsOf<Required, Optional>>;

/**
 * Declares a job: `export class Job extends defineJob({ name: "…" }) { async execute() { … } }`.
 * The definition is plain data; it is checked when the job loads, never by running the job.
 */
export function defineJob<
  const Required extends ParamInputs = NoParams,
  const Optional extends ParamInputs = NoParams,
>(definition: Definition<Required, Optional>): JobDefinition<Required, Optional> {
  abstract class Defined extends JobBase<ParamsOf<Required, Optional>> {}
  const mark: DefinedMark = { definition, base: Defined, construct };
  Object.defineProperty(Defined, DEFINED, { value: mark });
  return Defined;
}

/** Found by name, so that a class made by another copy of this module is known too. */
const DEFINED = Symbol.for("jobmount.defined");

/** What defineJob leaves on its class. */
export interface DefinedMark {
  definition: unknown;
  base: { prototype: object };
  construct(JobClass: JobConstructor, context: AttemptContext): Constructed;
}

/** A class that extends a `defineJob(…)`. */
export type JobConstructor = new () => JobInstance;
export interface JobInstance {
  execute(): unknown;
}
export interface Constructed {
  job: JobInstance;
  tools: Tools;
}

/** The mark of a class made by defineJob or of one that extends it; undefined for everything else. Never throws. */
export function definedMark(candidate: unknown): DefinedMark | undefined {
  if (typeof candidate !== "function") return undefined;
  try {
    const mark: unknown = (candidate as unknown as Record<symbol, unknown>)[DEFINED];
    return typeof mark === "object" && mark !== null && "construct" in mark
      ? (mark as DefinedMark)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Set only while a job is being constructed, and taken by the first object of exactly that class. */
let pending: { JobClass: unknown; tools: Tools } | undefined;

function construct(JobClass: JobConstructor, context: AttemptContext): Constructed {
  const tools = makeTools(context);
  pending = { JobClass, tools };
  try {
    return { job: new JobClass(), tools };
  } catch (error) {
    throw explainClash(error);
  } finally {
    pending = undefined;
  }
}

function takeTools(JobClass: unknown): Tools {
  if (pending === undefined || pending.JobClass !== JobClass) {
    throw new Error(
      "a job is constructed by Jobmount alone, once for each attempt; `new Job()` has no params, no signal and no records. Move what you need into a function beside the class",
    );
  }
  const { tools } = pending;
  pending = undefined;
  return tools;
}

/** The engine says "Cannot redefine property: state"; the author needs to know whose property that is. */
function explainClash(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const name = /^Cannot (?:redefine property: |assign to read only property '|set property )(\w+)/.exec(
    textOf(error),
  )?.[1];
  if (name === undefined || !(TOOL_NAMES as readonly string[]).includes(name)) return error;
  return new TypeError(
    `the field "${name}" of the Job class has the name of something every job has (this.${name}): rename it`,
    {
      cause: error,
    },
  );
}
