// What one attempt is handed: the versions of this machine, secrets, durable values, limits.
import type { Instant } from "../clock.ts";
import type { FieldError } from "../errors.ts";
import type { OutputLimits } from "../runs/output.ts";
import type { ClaimedRun } from "../runs/store.ts";
import type { Pool } from "../sandbox/pool.ts";
import type { JobOverrides, JobSpec } from "../sdk/spec.ts";
import type { LimitDefaults } from "./limits.ts";

/** A version that can be run here: its code on disk and its spec. */
export interface RunnableVersion {
  hash: string;
  bundlePath: string;
  /** How the bundle's file looked when its content was known to be right; undefined when nobody could look. */
  bundleSeal?: string;
  filesDir: string;
  resolveFrom: readonly string[];
  spec: JobSpec;
}

export interface AttemptDeps {
  pool: Pool;
  /** Rejects when the version is unknown, or a package that it needs is missing here; at once when it is known. */
  versionOf(hash: string): RunnableVersion | Promise<RunnableVersion>;
  /** A package that the run needs is missing here: whether it goes back for a process that has it. */
  leaveToOthers?(run: ClaimedRun): boolean;
  /** Opens sealed secrets and checks against the spec of the version that runs; `secrets`: the values to be masked. */
  readParams(
    spec: JobSpec,
    saved: Record<string, unknown>,
  ):
    | { ok: true; values: Record<string, unknown>; secrets: readonly unknown[] }
    | { ok: false; errors: readonly FieldError[] };
  /** A durable value that holds a secret, as it may be stored. */
  sealState(key: string, value: unknown): unknown;
  /** Durable values as the job set them. */
  jobState(source: string, jobKey: string, scope: string): Promise<Map<string, unknown>>;
  /** Keys of the refused records of another run; none when they are not kept any longer. */
  failedKeys(runId: string): Promise<string[]>;
  /** What an admin set for the job, above what its version declares. */
  overridesOf?(source: string, jobKey: string): JobOverrides;
  /** Values of the variables that the job declared; names that are not set are left out. */
  envFor(names: readonly string[]): Record<string, string>;
  dataDirOf(source: string): string;
  now(): Instant;
  random(): number;
  owner: string;
  limits: OutputLimits & LimitDefaults;
}
