// Installs one set of packages into the cache: whole or not at all, from the lockfile alone, without running its scripts.
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isFolder } from "../catalog/bundle-files.ts";
import { baseName, type DependencySet } from "../catalog/dependencies.ts";
import type { Env } from "../config.ts";
import { runCommand } from "../sandbox/command.ts";

export type Installed =
  | { outcome: "installed"; packages: number }
  /** It was there already. */
  | { outcome: "known" }
  | { outcome: "failed"; why: string };

const NPM = [
  "--ignore-scripts",
  "--omit=dev",
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--workspaces=false",
];

/** By the lockfile that names the set. Scripts of packages never run: what they would do, nobody has looked at. */
const COMMANDS: Readonly<Record<string, [command: string, ...args: string[]]>> = {
  "package-lock.json": ["npm", "ci", ...NPM],
  "pnpm-lock.yaml": [
    "pnpm",
    "install",
    "--frozen-lockfile",
    "--prod",
    "--ignore-scripts",
    "--ignore-workspace",
  ],
  "yarn.lock": [
    "yarn",
    "install",
    "--frozen-lockfile",
    "--production",
    "--ignore-scripts",
    "--non-interactive",
  ],
  "package.json": ["npm", "install", "--no-package-lock", ...NPM],
};
const SHOWN_LINES = 12;
/** How npm, pnpm and yarn begin the line of an error, and what ends npm's own words about it. */
const ERROR_LINE = /^\s*(npm (error|ERR!)|ERR_PNPM|error\b)/i;
const USAGE_LINE = /^npm (error|ERR!) (Usage:|Clean install a project)/;

export async function install(
  set: DependencySet,
  depsDir: string,
  env: Env,
  signal: AbortSignal,
): Promise<Installed> {
  const target = join(depsDir, set.name);
  if (await isFolder(target)) return { outcome: "known" };
  await mkdir(depsDir, { recursive: true });
  // A dot at its front: nobody takes half of it for the whole.
  const folder = await mkdtemp(join(depsDir, ".installing-"));
  try {
    for (const file of set.files) await writeFile(join(folder, baseName(file.path)), file.bytes);
    const why = await installIn(folder, set, env, signal);
    if (why !== null) return { outcome: "failed", why };
    await mkdir(join(folder, "node_modules"), { recursive: true });
    await rename(folder, target).catch(async (error: unknown) => {
      // Somebody else was quicker: the same lockfile gives the same packages.
      if (!(await isFolder(target))) throw error;
    });
    return { outcome: "installed", packages: await packagesIn(target) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function installIn(
  folder: string,
  set: DependencySet,
  env: Env,
  signal: AbortSignal,
): Promise<string | null> {
  const [command, ...args] = COMMANDS[set.lockfile]!;
  const ended = await runCommand(command, args, { cwd: folder, env, signal });
  if (ended === null) return `${command} is not installed on this machine, and ${set.lockfile} needs it`;
  if (ended.code === 0) return null;
  if (signal.aborted) return "interrupted";
  const lines = [...brokenLockfile(set), ...causeIn(ended.output)];
  return [`${command} ${args[0]} ended with ${ended.code ?? "a signal"}:`, ...lines].join("\n");
}

/** The lines that say what went wrong, without the text of usage behind them; the last ones where none says so. */
function causeIn(output: string): string[] {
  const lines = output.trim().split("\n");
  const first = lines.findIndex((line) => ERROR_LINE.test(line));
  const told = first < 0 ? lines.slice(-SHOWN_LINES) : lines.slice(first, first + SHOWN_LINES);
  const usage = told.findIndex((line) => USAGE_LINE.test(line));
  return usage > 0 ? told.slice(0, usage) : told;
}

/** npm says of one that it cannot read that there is none. */
function brokenLockfile({ lockfile, files }: DependencySet): string[] {
  const file = files.find(({ path }) => baseName(path) === lockfile);
  if (!file || !lockfile.endsWith(".json")) return [];
  try {
    JSON.parse(file.bytes.toString("utf8"));
    return [];
  } catch (error) {
    return [`${lockfile} is not valid JSON: ${(error as Error).message.split("\n")[0]}`];
  }
}

/** Of npm's own list; 0 where another tool installed. */
async function packagesIn(folder: string): Promise<number> {
  try {
    const text = await readFile(join(folder, "node_modules", ".package-lock.json"), "utf8");
    return Object.keys((JSON.parse(text) as { packages: object }).packages).length;
  } catch {
    return 0;
  }
}
