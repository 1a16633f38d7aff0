// docs/writing-jobs.md: its jobs are saved, loaded, run and compiled; no type of param is without an example.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { PARAM_TYPES } from "../../src/sdk/param-types.ts";
import { ROOT } from "../support/service.ts";
import { blocksOf } from "./blocks.ts";
import { follow, pathOf } from "./follow.ts";

const FILE = "docs/writing-jobs.md";
const page = readFileSync(join(ROOT, FILE), "utf8");

describe(FILE, () => {
  follow(FILE, { builds: false });

  it("shows every type of param", () => {
    const code = blocksOf(page).map(({ info, text }) => (info === "ts" ? text : ""));
    const shown = PARAM_TYPES.filter((type) => code.join("\n").includes(`{ type: "${type}"`));
    expect(shown).to.deep.equal(PARAM_TYPES);
  });
});

describe("TypeScript in README.md and docs", () => {
  it("compiles as strictly as our own", function () {
    this.timeout(30_000);
    const files = new Map<string, string>();
    for (const name of ["README.md", FILE, "docs/coming-from.md"]) {
      for (const block of blocksOf(readFileSync(join(ROOT, name), "utf8"))) {
        // In the repository, so that `jobmount` and Node's types are found; nothing is written there.
        if (block.info === "ts") files.set(join(ROOT, pathOf(block)), block.text);
      }
    }
    expect(files.size).to.be.at.least(6);
    expect(problemsOf(files)).to.deep.equal([]);
  });
});

function problemsOf(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.directoryExists = (path) =>
    [...files.keys()].some((file) => file.startsWith(`${path}/`)) || ts.sys.directoryExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((found) => {
    const place = found.file
      ? `${found.file.fileName}:${found.file.text.slice(0, found.start).split("\n").length} `
      : "";
    return place + ts.flattenDiagnosticMessageText(found.messageText, "\n");
  });
}
