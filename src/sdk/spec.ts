// What a job declares, as plain data: the job spec that travels from the describing child to the database and the API.

export type ParamType =
  | "string"
  | "text"
  | "url"
  | "email"
  | "password"
  | "integer"
  | "number"
  | "boolean"
  | "select"
  | "list"
  | "date"
  | "datetime"
  | "json";

export type ListItemType = "string" | "integer" | "number" | "url" | "email" | "date";

/** One declared param. Which of the optional fields are allowed depends on `type`; see docs/writing-jobs.md. */
export interface ParamDefinition {
  type: ParamType;
  label?: string;
  description?: string;
  default?: unknown;
  placeholder?: string;
  example?: unknown;
  /** A secret is encrypted at rest and never shown again; always true for `password`. */
  secret?: boolean;
  min?: number;
  max?: number;
  step?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  options?: readonly string[];
  multiple?: boolean;
  of?: ListItemType;
  minItems?: number;
  maxItems?: number;
  unique?: boolean;
  schema?: JsonSchema;
  maxBytes?: number;
}

/** A JSON Schema 2020-12 document. */
export type JsonSchema = { [key: string]: unknown };

export interface ParamGroup {
  params: readonly string[];
  /** Least number of these params that must be given; default 0. */
  min?: number;
  /** Most of these params that may be given. */
  max?: number;
  message?: string;
}

export type OverlapPolicy = "skip" | "buffer_one" | "buffer_all" | "cancel_other" | "allow_all";

export interface RetryPolicy {
  /** All tries counted; 1 means no retry. */
  attempts: number;
  backoffMs: number;
  /** Each wait is the one before times this; 1 keeps it fixed. */
  factor: number;
  maxMs: number;
}

export interface SuggestedSchedule {
  name?: string;
  cron?: string;
  every?: string;
  timeZone?: string;
  params?: Record<string, unknown>;
}

/** Everything that a job declares, with every default filled in. Durations in ms, sizes in bytes. */
export interface JobSpec {
  name: string;
  description: string | null;
  version: string | null;
  tags: string[];
  requiredParams: Record<string, ParamDefinition>;
  optionalParams: Record<string, ParamDefinition>;
  paramGroups: ParamGroup[];
  resultSchema: JsonSchema | null;
  timeoutMs: number;
  /** True when the job itself declared `timeout`; else the service's JOBMOUNT_JOB_TIMEOUT holds. */
  timeoutDeclared: boolean;
  retries: RetryPolicy;
  concurrency: number | null;
  overlap: OverlapPolicy;
  isolation: "reuse" | "fresh";
  memoryBytes: number | null;
  maxFailedShare: number;
  env: string[];
  files: string[];
  stateScope: "job" | "schedule";
  onShutdown: "requeue" | "cancel";
  schedules: SuggestedSchedule[];
}

/** What an admin may set for all runs of a job, above what it declares. */
export type JobOverrides = Partial<Pick<JobSpec, "timeoutMs" | "retries" | "overlap" | "maxFailedShare">> & {
  concurrency?: number;
};

/** What `execute` may know of the run that it is part of (`this.run`). Instants are RFC 3339 texts in Z. */
export interface RunInfo {
  id: string;
  attempt: number;
  fireAt: string | null;
  trigger: "schedule" | "manual" | "api" | "retry" | "backfill" | "cli";
  scheduleId: string | null;
  /** Set on a run that stands for several missed fires (catch-up policy `merge`); `count` null: more than 1,000. */
  missed: { from: string; to: string; count: number | null } | null;
  /**
   * Keys of the records to do again, when the run was asked to repeat only the failed ones. A key is kept up to 512
   * characters: give short ones, and throw when none of these is yours.
   */
  onlyRecords: readonly string[] | null;
}

export interface RecordCounts {
  processed: number;
  success: number;
  failed: number;
  skipped: number;
}

/**
 * Holds a value against a JSON Schema: null when it fits. Handed to the sdk, which depends on nothing. The pointer leads
 * into the value.
 */
export type CheckSchema = (schema: JsonSchema, value: unknown) => { pointer: string; message: string } | null;
