// One command of the machine run to its end (npm, node's own test runner, a browser): for verbs, never for jobs.
import { spawn } from "node:child_process";

export interface CommandOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** True: it speaks to the terminal itself, and `output` stays empty. */
  inherit?: boolean;
  /** Ends it. */
  signal?: AbortSignal;
}

export interface CommandEnd {
  /** Null when a signal ended it. */
  code: number | null;
  /** The end of what it wrote to both streams, as it came. */
  output: string;
}

/** Enough for the lines that say what went wrong. */
const OUTPUT_CHARACTERS = 64 * 1024;

/** Null when there is no such command on this machine. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandEnd | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: options.inherit === true ? "inherit" : ["ignore", "pipe", "pipe"],
      signal: options.signal,
    });
    let output = "";
    const hear = (chunk: string): void => {
      output = (output + chunk).slice(-OUTPUT_CHARACTERS);
    };
    child.stdout?.setEncoding("utf8").on("data", hear);
    child.stderr?.setEncoding("utf8").on("data", hear);
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(null);
      else if (error.name === "AbortError") resolve({ code: null, output });
      else reject(error);
    });
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** Starts a command and lets it be: a browser lives on when we end. False when there is no such command. */
export function startCommand(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
