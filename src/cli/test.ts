// `jobmount test [key]`: the tests beside jobs, in Node's own test runner, with the imports that jobs have.
import type { Command } from "commander";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { dependencySets } from "../catalog/dependencies.ts";
import { readMountPaths } from "../catalog/mount-paths.ts";
import { offeredFolder } from "../catalog/offered.ts";
import { scanSource } from "../catalog/scan.ts";
import { Snapshot } from "../catalog/snapshot.ts";
import type { TestHookData } from "../catalog/test-hooks.ts";
import { runCommand } from "../sandbox/command.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { oneFolder } from "./folder.ts";
import { rootOf } from "./workshop.ts";

const TEST_FILE = /\.test\.[mc]?tsx?$/;
/** The built hooks, also for whoever runs the sources: what compiles TypeScript cannot itself be compiled. */
const HOOKS = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/src/catalog/test-hooks.js" : "../catalog/test-hooks.js",
  import.meta.url,
);

export function define(command: Command, context: CliContext): void {
  const { cwd, env, signal } = context;
  command
    .argument("[key]", "only the tests of this job, or below this folder")
    .option("--dir <dir>", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .action(async (key: string | undefined, options: { dir?: string }) => {
      const { config } = settings(context);
      const root = await rootOf(oneFolder(options.dir, config, cwd));
      const below = key === undefined ? root : join(root, key.replaceAll(".", "/"));
      const files = await testFiles(below);
      if (files.length === 0) {
        const where = relative(cwd, below) || ".";
        throw new CliError(EXIT.invalid, `There are no tests in ${where}: their names end in .test.ts.`);
      }
      const tree = { root, deps: null };
      const { aliases } = await readMountPaths(new Snapshot(tree));
      const sets = await dependencySets(root, (await scanSource(root)).tasks);
      const installed = sets.map((set) => join(config.depsDir, set.name));
      const data: TestHookData = { root, aliases, packageFolders: [...installed, offeredFolder()] };
      const ended = await runCommand(
        process.execPath,
        ["--enable-source-maps", "--import", registering(data), "--test", "--test-reporter=spec", ...files],
        { cwd, env, inherit: true, signal },
      );
      if (signal.aborted) throw new CliError(EXIT.interrupted, "interrupted");
      if (ended?.code !== 0) context.exit(EXIT.jobFailed);
    });
}

/** Every test file, sorted; neither in packages nor in folders with a dot at their front. */
async function testFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const name of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, name.name);
    if (name.isDirectory() && !name.name.startsWith(".") && name.name !== "node_modules")
      found.push(...(await testFiles(path)));
    else if (name.isFile() && TEST_FILE.test(name.name)) found.push(path);
  }
  return found;
}

/** As an address, so that nothing has to be written anywhere. */
function registering(data: TestHookData): string {
  const code = `import { register } from "node:module"; register(${JSON.stringify(HOOKS.href)}, { data: ${JSON.stringify(data)} });`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
