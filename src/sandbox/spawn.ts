// Starts one child process: own process group, explicit flags, a minimal environment, pipes of our own.
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Launcher, launched } from "./launcher.ts";
import { MARK } from "./marks.ts";

export interface ChildOptions {
  /** Variables that every job sees; everything else must be declared in `env`. */
  env: Record<string, string>;
  /** Working folder and TMPDIR of the child. */
  tempDir: string;
  /** Inherited by all that it starts: see marks.ts. */
  mark: string;
  launcher: Launcher;
  /** What its attempts may use: its heap is bound a little below it, and each of its processes far above. */
  memoryBytes?: number;
}

export interface ChildPipes {
  process: ChildProcess;
  stdout: Readable;
  stderr: Readable;
  /** A socket: the child could write to it, though it has nothing to say there. */
  in: Duplex;
  out: Readable;
}

const MIB = 1024 * 1024;

/** The built child; sources run from the same build, since a child that compiles TypeScript starts too slowly. */
const CHILD = fileURLToPath(
  import.meta.url.endsWith(".ts")
    ? new URL("../../dist/src/sandbox/child.js", import.meta.url)
    : new URL("../sandbox/child.js", import.meta.url),
);

export function spawnChild(options: ChildOptions): ChildPipes {
  const { launcher, memoryBytes } = options;
  const flags = memoryBytes === undefined ? [] : [`--max-old-space-size=${heapMiB(memoryBytes)}`];
  const most = memoryBytes === undefined ? undefined : 2 * memoryBytes + 256 * MIB;
  const [command, ...args] = launched(launcher, [launcher.node, ...flags, CHILD], most);
  const child = spawn(command!, args, {
    cwd: options.tempDir,
    env: { ...options.env, TMPDIR: options.tempDir, [MARK]: options.mark },
    // No IPC channel: one malformed frame on it kills the parent (measured).
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  // Before anything else: an error that nobody hears ends the service.
  child.on("error", () => undefined);
  // Where no descriptor was left there is not even a list of pipes.
  const [, stdout, stderr, input, out] = (child.stdio as typeof child.stdio | undefined) ?? [];
  if (!out)
    throw new Error(
      "no child process can be started: no descriptors are left; raise the limit of open files (ulimit -n)",
    );
  return {
    process: child,
    stdout: stdout as Readable,
    stderr: stderr as Readable,
    in: input as Duplex,
    out: out as Readable,
  };
}

/** Below the limit, so that garbage is collected before the limit is reached; what lies outside the heap is watched. */
export function heapMiB(memoryBytes: number): number {
  const limit = memoryBytes / MIB;
  return Math.floor(Math.max(16, limit - Math.max(32, limit / 8)));
}
