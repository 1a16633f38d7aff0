// What main hands to a verb: the world outside, and where its exit code goes.
import type { Env, LoadedConfig, LoadOptions } from "../config.ts";
import { loadConfig } from "../config.ts";
import type { ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

export interface CliContext {
  env: Env;
  cwd: string;
  terminal: Terminal;
  /** Aborted by SIGINT and SIGTERM; its reason is the signal's name. */
  signal: AbortSignal;
  /** What the process ends with; 0 unless a verb says otherwise. */
  exit(code: ExitCode): void;
}

/** The settings, with a warning on stderr for each name that is not known; throws ConfigError. */
export function settings(context: CliContext, options: Omit<LoadOptions, "cwd"> = {}): LoadedConfig {
  const loaded = loadConfig(context.env, { cwd: context.cwd, ...options });
  for (const warning of loaded.warnings) {
    context.terminal.say(context.terminal.paint("yellow", `warning: ${warning}`));
  }
  return loaded;
}

/** Resolves once a signal came. */
export function interruption(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
