// The port to the child process that reads a job's spec out of its bundle; user code never runs in this process.
import type { JobSpec } from "../sdk/spec.ts";
import type { SpecProblem } from "../sdk/context.ts";

/** A bundle that lies on disk, ready for a child process to import. */
export interface DescribableBundle {
  /** Whose code it is: jobs of one source may be described in one child in turn, of two sources never. */
  source: string;
  /** Absolute path of the `job.mjs`; places in what it throws are those of the bundle, or of the sources where a map lies beside it. */
  bundlePath: string;
  /**
   * Folders whose `node_modules` hold the packages that the bundle does not contain, in the order of the search.
   * The child installs `globalThis[Symbol.for("jobmount.require")]`, a function `(request) => module.exports`,
   * that tries `createRequire(folder + "/")(request)` in this order.
   */
  resolveFrom: readonly string[];
}

/** What describing may cost; a child that takes more is killed. */
export interface DescribeLimits {
  timeMs: number;
  /** Memory of the whole child, everything counted. */
  memoryBytes: number;
}

/** What the module threw while it was imported. `stack` as the child saw it, mapped or not. */
export interface ModuleThrow {
  name: string | null;
  message: string;
  stack: string | null;
  /** Set when the import itself did not throw it, but what it began and nobody waits for. */
  lost?: "rejection" | "exception";
}

/** How describing a bundle ended. It never rejects for what user code did, only when no child could be had. */
export type Description =
  | { outcome: "described"; spec: JobSpec }
  /** The module was imported, and breaks the contract: at least one problem. */
  | { outcome: "problems"; problems: readonly SpecProblem[] }
  | { outcome: "thrown"; error: ModuleThrow }
  | { outcome: "timeout"; afterMs: number }
  | { outcome: "out_of_memory"; limitBytes: number }
  /** The child ended before it answered: exit code or signal, the end of what it wrote to stderr, and why if that is known. */
  | {
      outcome: "crashed";
      exitCode: number | null;
      signal: string | null;
      stderr: string;
      why?: string | null;
    };

/**
 * Imports a bundle in a child process that never runs attempts and gets no environment, and answers its spec.
 * Implemented by the sandbox. Called twice at the same time, and a few times more while some take long. Rejects with the
 * reason of `stop` as soon as nobody wants to know any more, and ends the child.
 */
export interface Describer {
  describe(bundle: DescribableBundle, limits: DescribeLimits, stop?: AbortSignal): Promise<Description>;
}
