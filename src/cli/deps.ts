// `jobmount deps install|check [dir]`: the packages of each task, in a cache outside the mount.
import type { Command } from "commander";
import { join } from "node:path";
import { isFolder } from "../catalog/bundle-files.ts";
import { dependencySets, type DependencySet } from "../catalog/dependencies.ts";
import { scanSource } from "../catalog/scan.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { folders } from "./folder.ts";
import { install } from "./install.ts";
import { table } from "./terminal.ts";
import { type LocalSource, rootOf } from "./workshop.ts";

interface Named {
  source: LocalSource;
  set: DependencySet;
  /** Inside the source, with its name where there are several. */
  path: string;
}

export function define(command: Command, context: CliContext): void {
  const { terminal, cwd, env, signal } = context;

  command
    .command("install")
    .description("install the packages of each task from its lockfile, once each, without running scripts")
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .action(async (dir: string | undefined) => {
      const { config } = settings(context);
      const found = await named(folders(dir, config, cwd));
      if (found.length === 0) return terminal.say("No job declares packages: there is nothing to install.");
      let failed = 0;
      for (const { set, path } of found) {
        terminal.status(`installing ${path}`);
        const installed = await install(set, config.depsDir, env, signal);
        terminal.status("");
        if (signal.aborted) throw new CliError(EXIT.interrupted, "interrupted");
        const place = set.name.slice(0, 12);
        if (installed.outcome === "failed") {
          failed++;
          terminal.say(`${terminal.paint("red", "failed")} ${path} (${set.jobs.join(", ")})`);
          terminal.say(installed.why.replace(/^/gm, "  "));
        } else if (installed.outcome === "known") terminal.data(`known      ${path}  ${place}`);
        else terminal.data(`installed  ${path}  ${place}  ${installed.packages} packages`);
      }
      terminal.say(
        `in ${config.depsDir}; a running service that has this cache loads what waited for it by itself`,
      );
      if (failed > 0)
        throw new CliError(EXIT.invalid, `${failed} of ${found.length} could not be installed.`);
    });

  command
    .command("check")
    .description("say which packages of the tasks are not installed; exit code 3 when there are any")
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .option("--json", "as JSON")
    .action(async (dir: string | undefined, options: { json?: boolean }) => {
      const { config } = settings(context);
      const found = await named(folders(dir, config, cwd));
      const checked = await Promise.all(
        found.map(async ({ source, set, path }) => {
          const inCache = await isFolder(join(config.depsDir, set.name));
          const state = set.hasOwnModules ? "beside it" : inCache ? "in the cache" : "missing";
          return { source: source.name, lockfile: path, hash: set.name, jobs: set.jobs, state };
        }),
      );
      const missing = checked.filter(({ state }) => state === "missing");
      if (options.json) terminal.json({ ok: missing.length === 0, depsDir: config.depsDir, sets: checked });
      else if (checked.length === 0) terminal.say("No job declares packages.");
      else terminal.data(table(checked.map((one) => [one.state, one.lockfile, one.jobs.join(", ")])));
      if (missing.length > 0)
        throw new CliError(
          EXIT.invalid,
          `${missing.length} missing; install them with: npx jobmount deps install`,
        );
    });
}

async function named(sources: readonly LocalSource[]): Promise<Named[]> {
  const found: Named[] = [];
  for (const source of sources) {
    const root = await rootOf(source);
    for (const set of await dependencySets(root, (await scanSource(root)).tasks)) {
      const prefix = sources.length > 1 ? `${source.name}:` : "";
      const path = `${prefix}${set.folder === "" ? "" : `${set.folder}/`}${set.lockfile}`;
      found.push({ source, set, path });
    }
  }
  return found;
}
