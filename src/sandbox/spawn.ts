// Starts one child process: own process group, explicit flags, a minimal environment, pipes of our own.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface ChildOptions {
  /** Variables that every job sees; everything else must be declared in `env`. */
  env: Record<string, string>;
  /** Working folder and TMPDIR of the child. */
  tempDir: string;
  /** Heap of the child in MiB; what lies outside the heap is watched from here. */
  heapMiB?: number;
}

export interface ChildPipes {
  process: ChildProcess;
  stdout: Readable;
  stderr: Readable;
  in: Writable;
  out: Readable;
}

/** Kills the child when we die, an endless loop included (measured: 4 ms); absent off Linux. */
const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

/** The built child; sources run from the same build, since a child that compiles TypeScript starts too slowly. */
const CHILD = fileURLToPath(
  import.meta.url.endsWith(".ts")
    ? new URL("../../dist/src/sandbox/child.js", import.meta.url)
    : new URL("./child.js", import.meta.url),
);

export function spawnChild(options: ChildOptions): ChildPipes {
  const flags = options.heapMiB ? [`--max-old-space-size=${options.heapMiB}`] : [];
  const node = [process.execPath, ...flags, CHILD];
  const [command, ...args] = SETPRIV ? [SETPRIV, "--pdeathsig", "KILL", ...node] : node;
  const child = spawn(command!, args, {
    cwd: options.tempDir,
    env: { ...options.env, TMPDIR: options.tempDir },
    // No IPC channel: one malformed frame on it kills the parent (measured).
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const [, stdout, stderr, input, out] = child.stdio;
  return {
    process: child,
    stdout: stdout as Readable,
    stderr: stderr as Readable,
    in: input as Writable,
    out: out as Readable,
  };
}

/** A signal to the child's whole process group; a group that is gone already is fine. */
export function signalGroup(pid: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nothing is left of it.
  }
}
