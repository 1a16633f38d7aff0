// Follows a page: every block of it is a test, run in the page's order in one workspace.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/service.ts";
import { type Block, blocksOf, type Command, commandsOf, fits } from "./blocks.ts";
import { Workspace, type WorkspaceOptions } from "./workspace.ts";

/** The address in all pages; the tests listen elsewhere. */
const ADDRESS = "127.0.0.1:3000";
/** The only command that a page may show and no test runs: node_modules is linked into the workspace instead. */
const NOT_RUN = /^npm ci( && |$)/;
const RUNS_UNTIL_CTRL_C = /(^|\s)(npm start|jobmount (start|dev))\s*$/;
/** These only look, so they may be asked until what they show has happened. */
const LOOKS = /^(curl -s (?!.*(-d|-X))|npx jobmount (runs|schedules|versions) list)/s;
/** `npm test` inside a test would never end: the copy holds just this one, and runs it as the page says. */
export const ONE_TEST = ["test/log.test.ts"];

export interface FollowOptions extends WorkspaceOptions {
  /** Blocks that another test runs. */
  elsewhere?(block: Block): boolean;
  /** Told instead of what the page says: addresses, for the most part. */
  replace?(workspace: Workspace): Promise<Readonly<Record<string, string>>>;
  /** Blocks that need what this machine does not have; whoever says so has told it loudly. */
  leftOut?(block: Block): boolean;
  /** Runs a block of SQL for the database that its first line names, and answers its rows. */
  sql?(workspace: Workspace, block: Block): Promise<readonly object[]>;
}

/** Describes the page's blocks as tests. */
export function follow(file: string, options: FollowOptions): void {
  const blocks = blocksOf(readFileSync(join(ROOT, file), "utf8"));
  let workspace: Workspace;
  let replaced: [string, string][];
  let failed = false;

  before(async function () {
    this.timeout(60_000);
    workspace = await Workspace.make(options);
    const more = await options.replace?.(workspace);
    replaced = Object.entries({ [ADDRESS]: `127.0.0.1:${workspace.port}`, ...more });
  });
  after(async function () {
    this.timeout(30_000);
    await workspace.remove();
  });

  const real = (text: string) => replaced.reduce((all, [from, to]) => all.replaceAll(from, to), text);

  for (const block of blocks) {
    if (options.elsewhere?.(block)) continue;
    const test = options.leftOut?.(block) ? it.skip : it;
    test(titleOf(file, block), async function () {
      this.timeout(300_000);
      // What follows needs what went before; its failures would say nothing of their own.
      if (failed) this.skip();
      failed = true;
      await perform({ ...block, text: real(block.text) });
      failed = false;
    });
  }

  async function perform(block: Block): Promise<void> {
    switch (block.info) {
      case "sh":
        return runScript(block);
      case "console":
        for (const command of commandsOf(block)) await runCommand(command);
        return;
      case "ts":
        return workspace.save(pathOf(block), `${block.text}\n`);
      case "sql":
        if (!options.sql) throw new Error("nobody said on which database the SQL of this page is to be run");
        expect(await options.sql(workspace, block), "rows of the query").not.to.have.length(0);
        return;
      default:
        throw new Error(
          `nobody runs a block of "${block.info}": take sh, console, ts or sql, and nothing after it`,
        );
    }
  }

  async function runScript(block: Block): Promise<void> {
    const { code, output } = await workspace.run(`set -e\n${withTold(block.text, workspace.told)}`);
    expect(code, output).to.equal(0);
  }

  async function runCommand({ text, output: expected }: Command): Promise<void> {
    const command = text.replace(NOT_RUN, "");
    if (command === "") return;
    if (RUNS_UNTIL_CTRL_C.test(command)) {
      await workspace.serve(command, (output) => fits(output, expected, { open: true }));
      return;
    }
    let last = "";
    const once = async () => {
      const { code, output } = await workspace.run(command);
      last = `exit code ${code}\n${output}`;
      return code === 0 && fits(output, expected);
    };
    const found = LOOKS.test(command) ? await eventually(once, 15_000, 250).catch(() => false) : await once();
    if (!found) expect.fail(`${command}\n--- printed, with ${last}\n--- and the page shows\n${expected}`);
  }
}

/** A line that ends in `…` is one that the service has printed: its user copies it. */
export function withTold(script: string, told: string): string {
  return script
    .split("\n")
    .map((line) => {
      if (!line.endsWith("…")) return line;
      const start = line.slice(0, -1);
      const printed = told.split("\n").find((one) => one.trim().startsWith(start));
      if (printed === undefined) throw new Error(`the service has printed no line that begins with ${start}`);
      return printed.trim();
    })
    .join("\n");
}

/** Where a block of TypeScript is to be saved: its first line says it. */
export function pathOf(block: Block): string {
  const path = /^\/\/ (\S+\.ts)\n/.exec(block.text)?.[1];
  if (path === undefined)
    throw new Error(`line ${block.line}: the first line of a ts block is // and its path`);
  return path;
}

function titleOf(file: string, block: Block): string {
  const first = block.text.split("\n").find((line) => line.trim() !== "") ?? "";
  return `${file}:${block.line} ${block.info}: ${first.slice(0, 90)}`;
}
