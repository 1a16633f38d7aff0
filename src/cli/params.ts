// Params from the command line: `-p name=value`, `-p name` that asks, and a file of JSON.
import type { Command } from "commander";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text as textOfStream } from "node:stream/consumers";
import { type FieldError, messageOf } from "../errors.ts";
import { decodeText } from "../sdk/decode.ts";
import { isSecret } from "../sdk/param-types.ts";
import { checkParams, findParam, type ParamSpec } from "../sdk/params.ts";
import { pointerTo } from "../sdk/pointer.ts";
import type { CheckSchema } from "../sdk/spec.ts";
import type { CliContext } from "./context.ts";
import { CliError, EXIT, usageError } from "./exit.ts";

export interface ParamArguments {
  param?: string[];
  params?: string;
}

/** Adds the options that `readParams` reads. */
export function paramOptions(command: Command): Command {
  return command
    .option(
      "-p, --param <name[=value]>",
      "one param; may be given again; without a value it is asked for (hidden for secrets)",
      (text: string, before: string[] = []) => [...before, text],
    )
    .option("--params <file>", "a JSON file with an object of params, or - for stdin; -p goes over it");
}

/**
 * The values in JSON types, not yet checked for what is allowed. When a text cannot be read, everything else that is wrong
 * is told together with it.
 */
export async function readParams(
  spec: ParamSpec,
  args: ParamArguments,
  context: CliContext,
): Promise<Record<string, unknown>> {
  const values = new Map<string, unknown>(args.params ? await readFileOfParams(args.params, context) : []);
  const given = new Set<string>();
  const errors: FieldError[] = [];
  const unread = new Set<string>();
  for (const argument of args.param ?? []) {
    const at = argument.indexOf("=");
    const name = at < 0 ? argument : argument.slice(0, at);
    if (name === "") throw usageError(`-p ${JSON.stringify(argument)} names no param; write -p name=value`);
    const definition = findParam(spec, name);
    // An unknown name is told before anybody is asked for its value.
    const text = at >= 0 || !definition ? argument.slice(at + 1) : await askFor(spec, name, context);
    const decoded = decodeText(spec, name, text);
    if (!decoded.ok) {
      errors.push(decoded.error);
      if (definition) unread.add(name);
      continue;
    }
    if (at >= 0 && definition && isSecret(definition)) {
      context.terminal.say(
        `note: the value of ${name} is secret, and every user of this machine can read a command line; -p ${name} asks for it`,
      );
    }
    const before = given.has(name) ? values.get(name) : undefined;
    if (before !== undefined && !(Array.isArray(before) && Array.isArray(decoded.value))) {
      throw usageError(`-p ${name} is given twice, and ${name} takes one value`);
    }
    values.set(
      name,
      before === undefined ? decoded.value : [...(before as unknown[]), ...(decoded.value as unknown[])],
    );
    given.add(name);
  }
  if (errors.length > 0) {
    const { checkSchema } = await import("../json-schema.ts");
    throw wrongParams([...errors, ...otherErrors(spec, values, unread, checkSchema)]);
  }
  return Object.fromEntries(values);
}

/** What is wrong besides the texts that could not be read. */
function otherErrors(
  spec: ParamSpec,
  values: ReadonlyMap<string, unknown>,
  unread: ReadonlySet<string>,
  checkSchema: CheckSchema,
): FieldError[] {
  // A symbol is no JSON: those params count as given, so they are not called missing, and their error is dropped.
  const given = Object.fromEntries([...values, ...[...unread].map((name) => [name, Symbol(name)] as const)]);
  const checked = checkParams(spec, given, { checkSchema });
  if (checked.ok) return [];
  const told = new Set([...unread].map((name) => pointerTo("", name)));
  return checked.errors.filter((error) => !told.has(error.pointer));
}

/** All wrong params in one error, exit code 3. The pointers begin at the params. */
export function wrongParams(errors: readonly FieldError[]): CliError {
  const fields = errors.map((error) => ({ ...error, pointer: `/params${error.pointer}` }));
  return new CliError(EXIT.invalid, "The params are not right:", fields);
}

async function askFor(spec: ParamSpec, name: string, context: CliContext): Promise<string> {
  const { terminal, signal } = context;
  const definition = findParam(spec, name)!;
  if (!terminal.interactive) {
    throw usageError(
      `-p ${name} without a value asks for it, and there is no terminal to ask on; write -p ${name}=<value>, or give --params <file> (- for stdin)`,
    );
  }
  const label = definition.label && definition.label !== name ? `${name} (${definition.label})` : name;
  return terminal.ask(label, { hidden: isSecret(definition), signal });
}

async function readFileOfParams(file: string, context: CliContext): Promise<[string, unknown][]> {
  const what = file === "-" ? "stdin" : file;
  let text: string;
  try {
    text =
      file === "-"
        ? await textOfStream(context.terminal.stdin)
        : await readFile(resolve(context.cwd, file), "utf8");
  } catch (error) {
    throw usageError(`the params in ${what} cannot be read: ${messageOf(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's sentence quotes the text, which may hold a secret.
    throw usageError(`${what} is not JSON; it must hold an object such as {"name": "value"}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw usageError(`${what} must hold a JSON object of params, such as {"name": "value"}`);
  }
  return Object.entries(value);
}
