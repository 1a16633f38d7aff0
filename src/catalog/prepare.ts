// The port of a worker to versions on disk: a version by its hash becomes files that a child process can import.

import type { JobSpec } from "../sdk/spec.ts";

/** A version on disk, ready to be described or run. */
export interface PreparedVersion {
  hash: string;
  /** Absolute path of `job.mjs`; `job.mjs.map` lies beside it. */
  bundlePath: string;
  /** How that file looked when its content was known to be right (R2); undefined when nobody could look. */
  bundleSeal?: string;
  /** Folder with the read-only copies of the data files, by their path inside the task directory. */
  filesDir: string;
  /** Folders in which the packages of `needs` are looked up, in this order. */
  resolveFrom: readonly string[];
  spec: JobSpec;
}

/** Implemented by `VersionCache`; what the worker asks for. */
export interface VersionPreparer {
  /** Rejects with an ExpectedError (code `load`) when the version is unknown, or (code `needs`) when a package that it needs is missing here. */
  prepare(hash: string): Promise<PreparedVersion>;
  /** Whether what `prepare` put on disk lies there as it was; else it has to be asked for again. Takes microseconds. */
  isUntouched(hash: string): boolean;
}
