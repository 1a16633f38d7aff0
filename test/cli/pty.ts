// Runs the command line on a real terminal: a pseudo terminal that `script` makes, with keys typed into it.
import { spawn } from "node:child_process";
import { environment, nodeArguments, type RunOptions } from "./jobmount.ts";

export interface OnTerminal {
  /** Everything that was on the screen so far, colours left out. */
  readonly output: string;
  type(keys: string): void;
  /** Its exit code. */
  ended: Promise<number | null>;
  pid: number;
}

export function startOnTerminal(args: readonly string[], options: RunOptions): OnTerminal {
  const quoted = [process.execPath, ...nodeArguments, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  );
  // -f: what is written is seen at once; -e: the exit code is that of the command.
  const child = spawn("script", ["-qfec", quoted.join(" "), "/dev/null"], {
    cwd: options.cwd,
    env: { ...environment(options.env), TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  const hear = (chunk: string): void => {
    output += chunk.replace(/\u001b\[[\d;]*[A-Za-z]/g, "").replaceAll("\r\n", "\n");
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  child.stdin.on("error", () => undefined);
  return {
    get output() {
      return output;
    },
    type: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }),
    pid: child.pid!,
  };
}
