// What the service and a child process say to each other. Frames of JSON, each way on a pipe of its own; the child is
// told and tells, nobody is ever asked.
import type { LogLevel, SpecProblem } from "../sdk/context.ts";
import type { JobSpec, JsonSchema, RecordCounts, RunInfo } from "../sdk/spec.ts";

/** Both ends must be of one build; the child's first frame carries it. */
export const PROTOCOL_VERSION = 1;

/** A frame of the child is at most this long (its text); the service's own may be longer, nobody forges those. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** Descriptors in the child: what it is told comes in on one, what it tells goes out on the other. */
export const IN_FD = 3;
export const OUT_FD = 4;

/** The child's exit code when it can tell nothing any more. */
export const NO_PIPE = 97;

/** The service to the child. */
export type ToChild =
  /**
   * `n` counts up from 1 in each child. `queued`: sent while another was at work; it begins when that one has ended,
   * unless a recall file lies there by then.
   */
  | { t: "start"; n: number; queued: boolean; attempt: AttemptOrder }
  | { t: "abort"; n: number; reason: string }
  | { t: "describe"; bundlePath: string; resolveFrom: readonly string[] }
  /** Nothing is to be done yet: what an order needs is run through once, since its first time costs milliseconds. */
  | { t: "warm" };

/** One attempt, with all that it needs: nothing can be asked for later. */
export interface AttemptOrder {
  bundlePath: string;
  /** How its file looked when its content was known to be right: see sealed.ts. Without it nothing is compared. */
  bundleSeal?: string;
  /** The child runs nothing after it: what the attempt leaves in it does not matter. */
  alone: boolean;
  filesDir: string;
  resolveFrom: readonly string[];
  params: Record<string, unknown>;
  run: RunInfo;
  tempDir: string;
  dataDir: string;
  state: readonly (readonly [string, unknown])[];
  /** What no key of its state may hold. */
  secretForms: readonly string[];
  /** Values of the variables that the job declared in `env`. */
  env: Record<string, string>;
  resultSchema: JsonSchema | null;
  /** What is kept of its log. */
  outputBytes: number;
}

/** Beside a child's folder: holds the number up to which queued attempts must not begin any more. */
export const recallFile = (childFolder: string): string => `${childFolder}.recall`;

export interface FailedRecordTold {
  key: string | null;
  reason: string | null;
}

/** The child to the service. */
export type FromChild =
  | { t: "ready"; version: number }
  | { t: "log"; lines: readonly ToldLine[] }
  /** Lines that are not kept any more: how many, how long, and the last of them. */
  | { t: "dropped"; lines: number; bytes: number; last: string }
  /** Its process ends before the attempt has. `phase`: where it was; `dry`: nothing was left that could still happen. */
  | { t: "exiting"; phase: "import" | "execute"; dry: boolean }
  | { t: "records"; counts: RecordCounts; failed: readonly FailedRecordTold[] }
  | { t: "progress"; percent: number; message: string | null }
  | { t: "state"; key: string; value?: unknown }
  | { t: "end"; end: ToldEnd }
  /**
   * After `end`: nothing of attempt `n` is left in the child, or what was; then nothing that was queued begins.
   * `follows`: another may be queued behind one of this version.
   */
  | {
      t: "idle";
      n: number;
      leftovers: readonly string[];
      /** It made processes: one may live on that cannot be seen from inside. Then nothing that was queued begins. */
      made: boolean;
      /** Resident memory of the child. */
      bytes: number;
      tookMs: number;
      follows: boolean;
    }
  /** A recall file lay there: attempt `from` and all that the file names did not begin and never will. */
  | { t: "recalled"; from: number }
  /** `clean`: the import left nothing in the child that another job's description could meet. */
  | { t: "described"; spec: JobSpec; clean: boolean }
  | { t: "problems"; problems: readonly SpecProblem[]; clean: boolean }
  /** `lost`: not by the import itself, but by what it began and nobody waits for. */
  | { t: "thrown"; error: ToldError; lost?: "rejection" | "exception" };

export interface ToldLine {
  /** Epoch ms. */
  time: number;
  level: LogLevel;
  stream: "log" | "stdout" | "stderr";
  text: string;
  fields?: Record<string, unknown>;
}

/** How `execute` settled, as the child tells it. */
export type ToldEnd =
  | { kind: "result"; counts: RecordCounts; details: unknown }
  /** `raw`: what was returned, as far as it can be shown. */
  | { kind: "invalid_result"; pointer: string; message: string; raw: unknown }
  | { kind: "error"; error: ToldError; permanent: boolean; retryAfterMs: number | null }
  /** The bundle could not be imported here. `changed`: it is not the one that was checked, and nothing of it ran. */
  | { kind: "load"; error: ToldError; changed: boolean };

/** A thrown value in plain words: file and line are the job's own source, by the source map. */
export interface ToldError {
  name: string | null;
  message: string;
  stack: string | null;
  file: string | null;
  line: number | null;
  column: number | null;
}
