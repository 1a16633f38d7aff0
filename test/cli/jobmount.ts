// Runs the command line as a real child process, the way a shell does.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcessWithoutNullStreams;
  ended: Promise<Ended>;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  cwd: string;
  /** Nothing of this process's environment but PATH goes along. */
  env?: Record<string, string>;
  stdin?: string;
}

/** The built command line, as its users start it: `npm run build` comes before these tests. */
export const nodeArguments = [join(root, "bin/jobmount.mjs")];

export function environment(env: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    TZ: "UTC",
    ...env,
  };
}

export function startJobmount(args: readonly string[], options: RunOptions): Started {
  const child = spawn(process.execPath, [...nodeArguments, ...args], {
    cwd: options.cwd,
    env: environment(options.env),
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return {
    child,
    ended,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
  };
}

export function jobmount(args: readonly string[], options: RunOptions): Promise<Ended> {
  return startJobmount(args, options).ended;
}

/** An empty folder that goes when the suite is over. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-cli-"));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
