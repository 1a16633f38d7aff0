// How a verb ends: the exit codes, and what each kind of error says and answers.
import { ConfigError } from "../config.ts";
import { ExpectedError, type FieldError, messageOf } from "../errors.ts";

export const EXIT = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  invalid: 3,
  refused: 4,
  unreachable: 5,
  /** Ours: a bug. */
  internal: 70,
  configuration: 78,
  timeout: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a verb with a sentence for the person who typed it. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

/** What is printed on stderr, and the exit code. Only for what nobody expected the stack is shown. */
export function failureOf(error: unknown): { text: string; exitCode: ExitCode } {
  if (error instanceof CliError) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    const head = count === 1 ? "one setting is wrong" : `${count} settings are wrong`;
    return {
      text: `${head}:\n${error.message.replace(/^/gm, "  ")}`,
      exitCode: EXIT.configuration,
    };
  }
  if (error instanceof ExpectedError) return { text: sentenceOf(error), exitCode: exitCodeOf(error) };
  const stack = error instanceof Error ? error.stack : undefined;
  const text = `this should not have happened, please report it: ${stack ?? messageOf(error)}`;
  return { text, exitCode: EXIT.internal };
}

function sentenceOf(error: ExpectedError): string {
  return [error.message, ...fieldLines(error.fields, error.message)]
    .map((line) => (error.status === 422 ? line.replace(/^(\s*)\/(\w[\w/]*: )/, "$1$2") : line))
    .join("\n");
}

/** An indented line for each wrong field that `message` does not tell already. */
export function fieldLines(fields: readonly FieldError[], message: string): string[] {
  return fields
    .map((field) => `${field.pointer || "the body"}: ${field.message}`)
    .filter((line) => !message.includes(line))
    .map((line) => `  ${line}`);
}

function exitCodeOf(error: ExpectedError): ExitCode {
  if (error.code === "database_away") return EXIT.configuration;
  if (error.status === 422 || error.status === 400) return EXIT.invalid;
  if (error.status >= 500) return EXIT.unreachable;
  return EXIT.refused;
}

/** Errors of the operating system that a setting mends: each a sentence, without a stack. */
export function startFailure(error: unknown): unknown {
  if (error instanceof ExpectedError) return new CliError(EXIT.configuration, sentenceOf(error));
  const { code, syscall, port, address, path } = (error ?? {}) as Partial<Record<string, unknown>>;
  if (typeof code !== "string" || typeof syscall !== "string") return error;
  const where =
    port === undefined ? String(address ?? path ?? "") : `${String(address ?? "")}:${String(port)}`;
  const known: Record<string, string> = {
    EADDRINUSE: `${where} is already in use; set PORT to another port (0 takes a free one), or stop what listens there`,
    EADDRNOTAVAIL: `${where} is not an address of this machine; set HOST to one that is, such as 127.0.0.1`,
    ENOTFOUND: `the host name ${String((error as { hostname?: unknown }).hostname ?? where)} is not known; set HOST to an address of this machine`,
    EACCES: `no permission for ${where}; choose a port above 1023, or a folder that this user may write to`,
    EROFS: `${where} lies on a read-only file system; choose a folder that can be written to`,
    ENOSPC: `the disk is full (${where})`,
  };
  const sentence = known[code] ?? `${messageOf(error)} (${code})`;
  return new CliError(EXIT.configuration, `Jobmount cannot start: ${sentence}.`);
}
