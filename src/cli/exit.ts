// How a verb ends: the exit codes, and what each kind of error says and answers.
import { ConfigError } from "../config.ts";
import { ExpectedError, type FieldError, messageOf } from "../errors.ts";
import { type Asked, inWords } from "./words.ts";

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

/** Ends a verb with a sentence for the person who typed it. `fields`: what was wrong, by the pointers of the contract. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(message);
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

/**
 * What is printed on stderr, and the exit code. Only for what nobody expected the stack is shown. `asked`: the command
 * whose options the text is to name.
 */
export function failureOf(error: unknown, asked?: Asked): { text: string; exitCode: ExitCode } {
  if (error instanceof CliError)
    return { text: inWords(error.message, error.fields, asked), exitCode: error.exitCode };
  if (error instanceof ConfigError) {
    const count = error.problems.length;
    const head = count === 1 ? "one setting is wrong" : `${count} settings are wrong`;
    return {
      text: `${head}:\n${error.message.replace(/^/gm, "  ")}`,
      exitCode: EXIT.configuration,
    };
  }
  if (error instanceof ExpectedError)
    return { text: inWords(error.message, error.fields, asked), exitCode: exitCodeOf(error) };
  const stack = error instanceof Error ? error.stack : undefined;
  const text = `this should not have happened, please report it: ${stack ?? messageOf(error)}`;
  return { text, exitCode: EXIT.internal };
}

function exitCodeOf({ code, status, fields }: ExpectedError): ExitCode {
  return code === "database_away" ? EXIT.configuration : exitCodeOfRefusal(status, fields);
}

/** A word or a number that an option does not take is wrong usage, as it is where the command line finds it by itself. */
const USAGE = new Set(["option", "range"]);
/** Filters by what is not there. */
const NOT_THERE = new Set(["not_found", "unknown_job", "unknown_schedule", "ambiguous_job"]);

/** The exit code for an error with this HTTP status, wherever it was found. */
export function exitCodeOfRefusal(status: number, fields: readonly FieldError[]): ExitCode {
  if (status >= 500) return EXIT.unreachable;
  if (status !== 400 && status !== 422) return EXIT.refused;
  if (fields.length === 0) return EXIT.invalid;
  if (fields.every(({ code }) => NOT_THERE.has(code))) return EXIT.refused;
  const isUsage = fields.every(({ pointer, code }) => USAGE.has(code) && !/^\/params(\/|$)/.test(pointer));
  return isUsage ? EXIT.usage : EXIT.invalid;
}

/** Errors of the operating system that a setting mends: each a sentence, without a stack. */
export function startFailure(error: unknown): unknown {
  if (error instanceof ExpectedError) return new CliError(EXIT.configuration, error.message, error.fields);
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
