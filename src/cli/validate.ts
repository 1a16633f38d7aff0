// `jobmount validate [dir]`: loads every job of a folder as the service would, and tells every problem.
import { type Command, Option } from "commander";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { dependencySets } from "../catalog/dependencies.ts";
import { ENTRY_NAME } from "../catalog/key.ts";
import type { Config } from "../config.ts";
import { type Against, compareWith } from "./against.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT, usageError } from "./exit.ts";
import { folders } from "./folder.ts";
import type { Terminal } from "./terminal.ts";
import { type Checked, checkSource } from "./check-source.ts";
import { Server } from "./server.ts";
import { typeProblems } from "./type-check.ts";
import { PRINTERS, type Result } from "./validate-output.ts";
import { type LocalSource, rootOf, Workshop } from "./workshop.ts";

interface ValidateOptions {
  format: keyof typeof PRINTERS;
  json?: boolean;
  types?: boolean;
  against?: string;
  source?: string;
}

export function define(command: Command, context: CliContext): void {
  command
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .addOption(
      new Option("--format <format>", "github: annotations of a workflow")
        .choices(["text", "json", "github"])
        .default("text"),
    )
    .option("--json", "the same as --format json")
    .option("--types", "tell type errors too; they do not keep a job from loading")
    .option("--against <url>", "tell what this service would make of the folder; takes JOBMOUNT_TOKEN")
    .option("--source <name>", "the source that the folder is on that service")
    .action(async (dir: string | undefined, options: ValidateOptions) => {
      const { config } = settings(context);
      const sources = named(folders(dir, config, context.cwd), options.source);
      const server = options.against === undefined ? null : serverAt(options.against, config);
      const workshop = await Workshop.open(config, context.env);
      try {
        const results: Result[] = [];
        for (const source of sources) {
          const checked = await checkSource(workshop, source, config.timeZone, context);
          if (options.types) await addTypeProblems(checked, source, config);
          results.push({ source, checked });
        }
        const against = server && (await compareAll(server, results, context.signal));
        PRINTERS[options.json ? "json" : options.format](results, against, context);
        const all = results.flatMap((result) => result.checked);
        // A folder without jobs is a wrong path more often than it is meant.
        if (all.length === 0 || all.some((one) => one.problems.length > 0)) context.exit(EXIT.invalid);
        sayTotal(all, sources, context.terminal);
      } finally {
        await workshop.close();
      }
    });
}

function named(sources: readonly LocalSource[], name: string | undefined): readonly LocalSource[] {
  if (name === undefined) return sources;
  const [only, ...more] = sources;
  if (only && more.length === 0) return [{ ...only, name }];
  const one = sources.find((source) => source.name === name);
  if (one) return [one];
  throw usageError(`there is no source "${name}" in EXTERNAL_TASKS_PATH; name the folder`);
}

function serverAt(url: string, config: Config): Server {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw usageError(`--against takes an address such as http://127.0.0.1:3000, not "${url}"`);
  if (config.token === null) {
    throw new CliError(
      EXIT.configuration,
      "--against needs JOBMOUNT_TOKEN: a token of that service; the role viewer is enough",
    );
  }
  return new Server({ name: url, base: new URL(url), token: config.token });
}

async function compareAll(server: Server, results: readonly Result[], signal: AbortSignal): Promise<Against> {
  const all: Against = {
    url: server.target.name,
    changes: [],
    holds: [],
    releases: [],
    unknown: [],
    pinned: [],
    gone: [],
  };
  for (const { source, checked } of results) {
    const one = await compareWith(server, source.name, checked, signal);
    for (const list of ["changes", "holds", "releases", "unknown", "pinned", "gone"] as const)
      (all[list] as unknown[]).push(...one[list]);
  }
  return all;
}

async function addTypeProblems(checked: Checked[], source: LocalSource, config: Config): Promise<void> {
  const root = await rootOf(source);
  const keys = checked.map(({ key }) => key).filter((key) => existsSync(join(root, key, ENTRY_NAME)));
  const modules = (await dependencySets(root, keys)).map((set) => join(config.depsDir, set.name));
  for (const { job, problem } of await typeProblems(root, keys, modules)) {
    const key = job ?? problem.file ?? "tsconfig.json";
    const known = checked.find((one) => one.key === key);
    if (known) known.problems.push(problem);
    else checked.push({ key, name: null, hash: null, spec: null, problems: [problem] });
  }
}

function sayTotal(all: readonly Checked[], sources: readonly LocalSource[], terminal: Terminal): void {
  if (all.length === 0) {
    return terminal.say(`There are no jobs in ${sources.map((source) => source.path).join(", ")}.`);
  }
  const loaded = all.filter((one) => one.spec !== null).length;
  const wrong = all.filter((one) => one.spec === null).length;
  const typed = all.filter((one) => one.spec !== null && one.problems.length > 0).length;
  const jobs = (n: number) => `${n} ${n === 1 ? "job" : "jobs"}`;
  const told = [
    `${jobs(loaded)} loaded`,
    ...(wrong > 0 ? [`${wrong} did not`] : []),
    ...(typed > 0 ? [`${typed} of them with problems`] : []),
  ];
  terminal.say(terminal.paint(wrong + typed === 0 ? "green" : "red", `${told.join(", ")}.`));
}
