// `jobmount types [dir]`: what an editor needs to know a folder of jobs, without node_modules.
import type { Command } from "commander";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type CliContext, settings } from "./context.ts";
import { rootOf } from "./workshop.ts";
import { typeFiles } from "./type-files.ts";
import { mergedConfig, newConfig } from "./type-config.ts";
import { oneFolder } from "./folder.ts";

/** Inside the folder of jobs; a name with a dot at its front is never a job. */
const FOLDER = ".jobmount/types";
const CONFIG = "tsconfig.json";

export function define(command: Command, context: CliContext): void {
  const { terminal, cwd } = context;
  command
    .argument("[dir]", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .action(async (dir: string | undefined) => {
      const { config } = settings(context);
      const source = oneFolder(dir, config, cwd);
      const root = await rootOf(source);
      const { files, paths, missing } = await typeFiles();
      await rm(join(root, FOLDER), { recursive: true, force: true });
      for (const [path, text] of files) {
        const file = join(root, FOLDER, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      terminal.say(`wrote ${shown(join(root, FOLDER), cwd)} (${files.size} files)`);
      for (const name of missing) {
        terminal.say(
          terminal.paint("yellow", `${name} is not installed beside Jobmount: its types are left out`),
        );
      }
      await writeConfig(
        join(root, CONFIG),
        new Map([...paths].map(([name, path]) => [name, `./${FOLDER}/${path}`])),
      );
    });

  async function writeConfig(path: string, paths: ReadonlyMap<string, string>): Promise<void> {
    const wanted = newConfig(paths, `./${FOLDER}/packages/@types`);
    const before = await readFile(path, "utf8").catch(() => null);
    if (before === null) {
      await writeFile(path, wanted);
      return terminal.say(`wrote ${shown(path, cwd)}; restart the editor's TypeScript server if it was open`);
    }
    const merged = mergedConfig(before, wanted);
    if (merged === null) {
      terminal.say(
        terminal.paint("yellow", `${shown(path, cwd)} has comments, so it is left as it is; it needs:`),
      );
      return terminal.data(wanted.trimEnd());
    }
    if (merged === before) return terminal.say(`${shown(path, cwd)} knows them already`);
    await writeFile(path, merged);
    terminal.say(`added the paths to ${shown(path, cwd)}; the rest of it stayed as it was`);
  }
}

function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith("..") ? path : short;
}
