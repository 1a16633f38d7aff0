// `jobmount validate [dir]`: loads every job of a folder as the service would, and tells every problem.
import { type Command, Option } from "commander";
import { relative, resolve } from "node:path";
import { problemsOf } from "../catalog/load-problem.ts";
import { type CliContext, settings } from "./context.ts";
import { loadErrorText } from "./dev-events.ts";
import { EXIT } from "./exit.ts";
import { table, type Terminal } from "./terminal.ts";
import { type Checked, checkSource } from "./check-source.ts";
import { type LocalSource, Workshop } from "./workshop.ts";

export function define(command: Command, context: CliContext): void {
  command
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .addOption(
      new Option("--format <format>", "github: annotations of a workflow")
        .choices(["text", "json", "github"])
        .default("text"),
    )
    .option("--json", "the same as --format json")
    .action(async (dir: string | undefined, options: { format: keyof typeof PRINTERS; json?: boolean }) => {
      const { config } = settings(context);
      const sources =
        dir === undefined ? config.sources : [{ name: "default", path: resolve(context.cwd, dir) }];
      const workshop = await Workshop.open(config, context.env);
      try {
        const results: Result[] = [];
        for (const source of sources) {
          results.push({
            source,
            checked: await checkSource(workshop, source, config.timeZone, context),
          });
        }
        PRINTERS[options.json ? "json" : options.format](results, context);
        const all = results.flatMap((result) => result.checked);
        // A folder without jobs is a wrong path more often than it is meant.
        if (all.length === 0 || all.some((one) => one.problems.length > 0)) context.exit(EXIT.invalid);
        sayTotal(all, sources, context.terminal);
      } finally {
        await workshop.close();
      }
    });
}

interface Result {
  source: LocalSource;
  checked: Checked[];
}

const PRINTERS = { text: printText, json: printJson, github: printGithub };

function printText(results: Result[], { terminal }: CliContext): void {
  for (const { source, checked } of results) {
    const prefix = results.length > 1 ? `${source.name}:` : "";
    const good = checked.filter((one) => one.problems.length === 0);
    if (good.length > 0) {
      const ok = terminal.paint("green", "ok");
      terminal.data(
        table(good.map((one) => [ok, prefix + one.key, one.hash?.slice(0, 7) ?? "", one.name ?? ""])),
      );
    }
    for (const { key, problems } of checked) {
      for (const problem of problems) {
        terminal.data(`${terminal.paint("red", "error")} ${prefix}${key}`);
        terminal.data(loadErrorText(problem, terminal));
      }
    }
  }
}

function printJson(results: Result[], { terminal }: CliContext): void {
  const jobs = results.flatMap(({ source, checked }) =>
    checked.map(({ key, name, hash, problems }) => ({ source: source.name, key, name, hash, problems })),
  );
  terminal.json({ ok: jobs.length > 0 && jobs.every((job) => job.problems.length === 0), jobs });
}

/** Workflow commands: each problem becomes an annotation at its line, relative to where the workflow runs. */
function printGithub(results: Result[], { terminal, cwd }: CliContext): void {
  for (const { source, checked } of results) {
    for (const { key, problems } of checked) {
      for (const problem of problems.flatMap((one) =>
        problemsOf(one).map((single) => ({ ...single, file: one.file })),
      )) {
        const place = {
          file: relative(cwd, resolve(source.path, problem.file ?? `${key}/job.ts`)),
          line: problem.line,
          col: problem.column,
          title: `${key}: ${problem.code}`,
        };
        const properties = Object.entries(place)
          .filter(([, value]) => value !== null)
          .map(
            ([name, value]) =>
              `${name}=${escaped(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
          );
        const text = problem.hint === null ? problem.message : `${problem.message}\n${problem.hint}`;
        terminal.data(`::error ${properties.join(",")}::${escaped(text)}`);
      }
    }
  }
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function sayTotal(all: readonly Checked[], sources: readonly LocalSource[], terminal: Terminal): void {
  if (all.length === 0) {
    return terminal.say(`There are no jobs in ${sources.map((source) => source.path).join(", ")}.`);
  }
  const wrong = all.filter((one) => one.problems.length > 0).length;
  const jobs = (n: number) => `${n} ${n === 1 ? "job" : "jobs"}`;
  if (wrong === 0) terminal.say(terminal.paint("green", `${jobs(all.length)} loaded.`));
  else terminal.say(terminal.paint("red", `${jobs(all.length - wrong)} loaded, ${wrong} did not.`));
}
