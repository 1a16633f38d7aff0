// `jobmount run <key>`: one job of a folder, here and now, without a service.
import type { Command } from "commander";
import { resolve } from "node:path";
import { scanSource } from "../catalog/scan.ts";
import type { Config } from "../config.ts";
import { nearest } from "../sdk/nearest.ts";
import { checkParams } from "../sdk/params.ts";
import { type CliContext, settings } from "./context.ts";
import { loadErrorText } from "./dev-events.ts";
import { CliError, EXIT, usageError } from "./exit.ts";
import { runHere } from "./local-run.ts";
import { exitCodeOfRun, outcomeLine, retryLine } from "./outcome.ts";
import { type ParamArguments, paramOptions, readParams, wrongParams } from "./params.ts";
import { type LocalSource, parentOfTask, rootOf, Workshop } from "./workshop.ts";

interface RunOptions extends ParamArguments {
  dir?: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext): void {
  paramOptions(command.argument("<key>", "the job: billing/sync-orders, or source:key"))
    .option("--dir <dir>", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .option("--json", "print the outcome as JSON")
    .action(async (key: string, options: RunOptions) => {
      const { config } = settings(context);
      const found = locate(key, options.dir, config, context.cwd);
      const workshop = await Workshop.open(config, context.env);
      try {
        await runOne(context, config, workshop, found, options);
      } finally {
        await workshop.close();
      }
    });
}

async function runOne(
  context: CliContext,
  config: Config,
  workshop: Workshop,
  { source, key }: { source: LocalSource; key: string },
  options: RunOptions,
): Promise<void> {
  const { terminal } = context;
  const { checkSchema } = await import("../json-schema.ts");
  const version = await load(context, workshop, source, key);
  const given = await readParams(version.spec, options, context);
  const checked = checkParams(version.spec, given, { checkSchema });
  if (!checked.ok) throw wrongParams(checked.errors);
  const ended = await runHere(context, config, workshop, source, version, checked.values);
  terminal.status("");
  terminal.say(outcomeLine(ended, terminal));
  const next = retryLine(ended, version.spec.retries);
  if (next !== null) terminal.say(terminal.paint("dim", next));
  if (options.json) terminal.json(ended);
  else if (ended.result !== null && ended.result !== undefined) terminal.json(ended.result);
  context.exit(exitCodeOfRun(ended));
}

async function load(context: CliContext, workshop: Workshop, source: LocalSource, key: string) {
  const scan = await scanSource(await rootOf(source));
  const { tasks } = scan;
  if (!tasks.has(key))
    throw noSuchJob(key, source, [...tasks].sort(), parentOfTask(scan, source, context.cwd));
  const loaded = await workshop.load(source, key);
  if (loaded.kind === "good") return loaded.version;
  if (loaded.kind === "moving") {
    throw new CliError(
      EXIT.invalid,
      `${loaded.path} keeps changing while it is read; try again when it is still.`,
    );
  }
  const { terminal } = context;
  terminal.say(loadErrorText(loaded.problem, terminal));
  throw new CliError(EXIT.invalid, `${key} does not load.`);
}

function noSuchJob(
  key: string,
  source: LocalSource,
  keys: readonly string[],
  taskParent: string | null,
): CliError {
  const near = nearest(key, keys);
  let rest = "it holds no jobs";
  if (taskParent !== null) rest = `it is a job's own folder, give --dir its parent: ${taskParent}`;
  else if (near !== undefined) rest = `did you mean ${near}?`;
  else if (keys.length > 0) rest = `it has ${keys.slice(0, 20).join(", ")}${keys.length > 20 ? ", …" : ""}`;
  return new CliError(EXIT.invalid, `There is no job "${key}" in ${source.path}; ${rest}`);
}

/** `key`, `a.b` for `a/b`, or `source:key` where several folders are mounted. */
function locate(address: string, dir: string | undefined, config: Config, cwd: string) {
  const colon = address.indexOf(":");
  const key = address.slice(colon + 1).replaceAll(".", "/");
  const name = colon < 0 ? undefined : address.slice(0, colon);
  if (dir !== undefined) return { source: { name: name ?? "default", path: resolve(cwd, dir) }, key };
  const names = config.sources.map((source) => source.name);
  const source = name === undefined ? config.sources[0]! : config.sources.find((one) => one.name === name);
  if (!source) throw usageError(`there is no source "${name}"; EXTERNAL_TASKS_PATH has: ${names.join(", ")}`);
  if (name === undefined && names.length > 1) {
    throw usageError(
      `say which source is meant, one of ${names.map((one) => `${one}:${key}`).join(", ")}, or give --dir`,
    );
  }
  return { source, key };
}
