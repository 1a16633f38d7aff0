import { expect } from "chai";
import type { Command } from "commander";
import { readFileSync, writeFileSync } from "node:fs";
import { EXIT } from "../../src/cli/exit.ts";
import { programWith } from "../../src/cli/program.ts";
import { captured } from "./terminals.ts";

const page = new URL("../../docs/cli.md", import.meta.url);
const BEGIN =
  "<!-- from here on made from the command line itself; UPDATE_DOCS=1 npx mocha test/cli/docs.test.ts -->\n";

describe("docs/cli.md", () => {
  it("shows every verb with every option as the command line has it", async () => {
    const program = await programWith(
      {
        env: {},
        cwd: ".",
        terminal: captured().terminal,
        signal: new AbortController().signal,
        exit: () => undefined,
      },
      () => true,
    );
    const text = readFileSync(page, "utf8");
    const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length);
    const made = `${head}\n${program.commands.map((verb) => sectionOf(verb)).join("\n")}`;
    if (process.env["UPDATE_DOCS"]) writeFileSync(page, made);
    expect(readFileSync(page, "utf8")).to.equal(made);
  });

  it("lists every exit code", () => {
    const text = readFileSync(page, "utf8");
    for (const code of Object.values(EXIT)) expect(text).to.match(new RegExp(`^\\| ${code} +\\|`, "m"));
  });
});

function sectionOf(verb: Command): string {
  const commands = verb.commands.length > 0 ? verb.commands : [verb];
  const helps = commands.map((command) => `\`\`\`text\n${helpOf(command)}\n\`\`\`\n`);
  return `## ${verb.name()}\n\n${helps.join("\n")}`;
}

function helpOf(command: Command): string {
  return command
    .configureOutput({ getOutHelpWidth: () => 110, getErrHelpWidth: () => 110 })
    .helpInformation()
    .split("\n")
    .filter((line) => !/^\s+-h, --help/.test(line))
    .join("\n")
    .replace(/\n+Options:\s*$/, "")
    .trim();
}
