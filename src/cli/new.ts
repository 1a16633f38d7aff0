// `jobmount new <key>`: a job with its test, ready to be run and to be changed.
import type { Command } from "commander";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { ENTRY_NAME, keyProblem, suggestedKey } from "../catalog/key.ts";
import { type CliContext, settings } from "./context.ts";
import { CliError, EXIT } from "./exit.ts";
import { oneFolder } from "./folder.ts";
import { jobTemplate, testTemplate } from "./new-files.ts";

export function define(command: Command, context: CliContext): void {
  const { terminal, cwd } = context;
  command
    .argument("<key>", "the job: its folder below the folder of jobs, such as billing/sync-orders")
    .option("--dir <dir>", "the folder of jobs; EXTERNAL_TASKS_PATH unless given")
    .action(async (given: string, options: { dir?: string }) => {
      const { config } = settings(context);
      const source = oneFolder(options.dir, config, cwd);
      // A dot for a slash, as everywhere else.
      const slashed = /^[\w-]+(\.[\w-]+)+$/.test(given) ? given.replaceAll(".", "/") : given;
      const key = slashed.replace(/^\.?\/+|\/+$/g, "");
      const wrong = key === "" ? "it is empty" : keyProblem(key);
      if (wrong !== null) {
        const better = suggestedKey(key);
        const hint = keyProblem(better) === null && better !== key ? `; ${better} would do` : "";
        throw new CliError(EXIT.invalid, `"${given}" cannot be a job's key: ${wrong}${hint}`);
      }
      await refuseTaken(source.path, key);
      const folder = join(source.path, key);
      await mkdir(folder, { recursive: true });
      for (const [name, text] of [
        [ENTRY_NAME, jobTemplate(key)],
        ["job.test.ts", testTemplate()],
      ] as const) {
        // Never over a file that somebody wrote.
        await writeFile(join(folder, name), text, { flag: "wx" });
        terminal.data(shown(join(folder, name)));
      }
      const dir = options.dir === undefined ? "" : ` --dir ${options.dir}`;
      terminal.say(`Run it:   npx jobmount run ${key}${dir} -p who=you`);
      terminal.say(`Test it:  npx jobmount test ${key}${dir}`);
      if (!(await exists(join(source.path, "tsconfig.json"))))
        terminal.say(`Types for your editor:  npx jobmount types ${options.dir ?? ""}`.trimEnd());
    });

  /** A folder in which a job lies, or below one: its code would be the other job's too. */
  async function refuseTaken(root: string, key: string): Promise<void> {
    const names = key.split("/");
    for (let depth = 1; depth <= names.length; depth++) {
      const folder = join(root, ...names.slice(0, depth));
      if (!(await exists(join(folder, ENTRY_NAME)))) continue;
      const what = depth === names.length ? "there is a job already" : "it would lie inside of another job";
      throw new CliError(EXIT.refused, `${shown(folder)}: ${what}; choose another key`);
    }
    const test = join(root, key, "job.test.ts");
    if (await exists(test))
      throw new CliError(EXIT.refused, `${shown(test)} is there already; move it away first`);
  }

  function shown(path: string): string {
    const short = relative(cwd, path);
    return short.startsWith("..") ? path : short;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
