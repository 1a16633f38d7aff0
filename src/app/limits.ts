// The limits that the settings give to every attempt.
import type { LimitDefaults } from "../actors/limits.ts";
import type { Config } from "../config.ts";

/** What holds where neither the run nor the job says something else. */
export function limitDefaults(config: Config): LimitDefaults {
  return {
    timeoutMs: config.jobTimeoutMs,
    graceMs: config.graceMs,
    memoryBytes: config.jobMemoryBytes,
    processes: config.jobProcesses,
    logBytes: config.logMaxBytes,
    defaulted: config.defaulted,
  };
}
