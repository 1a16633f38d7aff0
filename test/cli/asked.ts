// The command line asked within this process, many times and quickly; test/cli/jobmount.ts starts it as a shell does.
import { captured } from "./terminals.ts";

export interface Told {
  args: readonly string[];
  code: number;
  stdout: string;
  stderr: string;
}

export interface Where {
  cwd: string;
  env?: Record<string, string>;
  stdin?: string;
}

/** Runs one command line to its end. */
export async function ask(args: readonly string[], { cwd, env = {}, stdin = "" }: Where): Promise<Told> {
  // As its verbs come: loaded another way, the same file would be a second module with error classes of its own.
  const { runCli } = await import("../../src/cli/program.ts");
  const screen = captured();
  screen.stdin.end(stdin);
  const signal = new AbortController().signal;
  const code = await runCli(args, { cwd, env, terminal: screen.terminal, signal });
  return { args, code, stdout: screen.stdout, stderr: screen.stderr };
}
