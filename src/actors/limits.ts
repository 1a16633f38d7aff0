// The bounds of one attempt, and for each where it was set: a cause that names a limit says so (X10).
import type { RunOverrides } from "../runs/task-run.ts";
import type { AttemptLimits } from "../sandbox/given-attempt.ts";
import type { JobSpec } from "../sdk/spec.ts";

/** What holds where neither the run nor the job says something else. */
export interface LimitDefaults {
  timeoutMs: number;
  graceMs: number;
  /** Per attempt, over all its processes. */
  memoryBytes: number;
  /** Per attempt, at a time. */
  processes: number;
  logBytes: number;
  /** Settings that nobody has set. */
  defaulted: ReadonlySet<string>;
}

const TIMEOUT = "JOBMOUNT_JOB_TIMEOUT";
const MEMORY = "JOBMOUNT_JOB_MEMORY";
const PROCESSES = "JOBMOUNT_JOB_PROCESSES";

/** Of the run, of its job as an admin set it, and of the spec that its version declares. Pure. */
export function limitsOf(
  { timeoutMs: ofRun }: Pick<RunOverrides, "timeoutMs">,
  { timeoutMs: ofAdmin }: Pick<RunOverrides, "timeoutMs">,
  spec: Pick<JobSpec, "timeoutMs" | "timeoutDeclared" | "memoryBytes">,
  defaults: LimitDefaults,
): AttemptLimits {
  const setting = (name: string) => (defaults.defaulted.has(name) ? `${name} default` : name);
  const ofJob = (field: string) => `${field}: in defineJob`;
  return {
    timeoutMs: ofRun ?? ofAdmin ?? (spec.timeoutDeclared ? spec.timeoutMs : defaults.timeoutMs),
    graceMs: defaults.graceMs,
    memoryBytes: spec.memoryBytes ?? defaults.memoryBytes,
    processes: defaults.processes,
    outputBytes: defaults.logBytes,
    from: {
      timeout:
        ofRun !== undefined
          ? "set for this run"
          : ofAdmin !== undefined
            ? "set for the job over REST"
            : spec.timeoutDeclared
              ? ofJob("timeout")
              : `${setting(TIMEOUT)}; raise with ${ofJob("timeout")}`,
      memory:
        spec.memoryBytes !== null ? ofJob("memory") : `${setting(MEMORY)}; raise with ${ofJob("memory")}`,
      processes: setting(PROCESSES),
    },
  };
}
