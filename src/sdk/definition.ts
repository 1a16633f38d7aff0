// What an author hands to defineJob: the definition, typed so that a wrong one does not compile.
import type { CheckOptional, CheckRequired, GivenOf, ParamInputs } from "./author-params.ts";
import type { JsonSchema, OverlapPolicy } from "./spec.ts";

/** "500ms", "10s", "5m", "1h", "1d". */
export type DurationText = `${number}${"ms" | "s" | "m" | "h" | "d"}`;
/** "256MiB", "1GiB" (powers of 1024) or "500MB", "1GB" (powers of 1000). */
export type SizeText = `${number}${"KiB" | "MiB" | "GiB" | "KB" | "MB" | "GB"}`;

/** Of these params at least `min` and at most `max` are to be given. A value equal to its default does not count. */
export interface ParamGroupInput<Name extends string> {
  params: readonly Name[];
  min?: number;
  max?: number;
  /** Said instead of our own sentence when the group is not kept. */
  message?: string;
}

export interface RetriesInput {
  /** All tries counted; 1 means no retry. */
  attempts: number;
  /** The wait before the second try; "10s" unless said. */
  backoff?: DurationText;
  /** Each wait is the one before times this; 1, which keeps it fixed, unless said. */
  factor?: number;
  /** No wait is longer; "1h" unless said. */
  max?: DurationText;
}

interface SuggestedCommon<Given> {
  name?: string;
  /** An IANA name; also for `every`, where it only decides how times are shown. */
  timeZone?: string;
  params?: Given;
}
export type SuggestedScheduleInput<Given> =
  | (SuggestedCommon<Given> & { cron: string; every?: undefined })
  | (SuggestedCommon<Given> & { every: DurationText; cron?: undefined });

/** Everything that a job may declare. Only `name` is demanded. */
export interface Definition<Required extends ParamInputs, Optional extends ParamInputs> {
  name: string;
  description?: string;
  /** The author's own; the hash of the code is recorded anyway. */
  version?: string;
  tags?: readonly string[];
  requiredParams?: Required & CheckRequired<Required>;
  optionalParams?: Optional & CheckOptional<Optional, Required>;
  paramGroups?: readonly ParamGroupInput<NoInfer<NamesOf<Required, Optional>>>[];
  /** A JSON Schema 2020-12 for the details that `execute` returns. */
  resultSchema?: JsonSchema;
  /** Unless said, what the service allows ("1h" if nobody changed it). At most "24d". */
  timeout?: DurationText;
  retries?: RetriesInput;
  /** Attempts of this job at a time, over all schedules and triggers; no limit unless said. */
  concurrency?: number;
  /** What a due fire does while the last one still runs; "skip" unless said. */
  overlap?: OverlapPolicy;
  /** "fresh" gives every attempt a new process; "reuse" unless said. */
  isolation?: "reuse" | "fresh";
  /** Of one attempt, everything counted. */
  memory?: SizeText;
  /** Failed records above this share of the processed ones fail the run; 1 unless said. */
  maxFailedShare?: number;
  /** Names of the environment variables that the job may see. */
  env?: readonly string[];
  /** Globs of the data files beside job.ts that belong to the version. */
  files?: readonly string[];
  /** Whether `this.state` belongs to the job or to each schedule by itself; "job" unless said. */
  stateScope?: "job" | "schedule";
  /** What a run becomes that a shutdown ends; "requeue" unless said. */
  onShutdown?: "requeue" | "cancel";
  /** Shown to an admin, who may accept them. */
  schedules?: readonly SuggestedScheduleInput<NoInfer<GivenOf<Required, Optional>>>[];
}

type NamesOf<Required, Optional> = Extract<keyof Required | keyof Optional, string>;
