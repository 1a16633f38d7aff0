import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobmount, tempFolder } from "./jobmount.ts";

interface Report {
  ok: boolean;
  jobs: {
    source: string;
    key: string;
    name: string | null;
    hash: string | null;
    problems: { code: string }[];
  }[];
}

describe("jobmount validate", () => {
  const cwd = tempFolder();

  function job(path: string, code: string): void {
    mkdirSync(join(cwd, path), { recursive: true });
    writeFileSync(join(cwd, path, "job.ts"), `import { defineJob } from "jobmount";\n${code}`);
  }
  const good = (name: string, more = "") =>
    `export class Job extends defineJob({ name: "${name}"${more} }) { async execute() {} }`;

  job("good/one", good("One"));
  job("good/billing/two", good("Two"));
  job("mixed/one", good("One"));
  job(
    "mixed/syntax",
    "export class Job extends defineJob({ name: 'x' }) {\n  async execute() { this is wrong }\n}",
  );
  job("mixed/field", good("Field", ", tiemout: '1h'"));
  job("several/two", good("Two", ", tiemout: '1h', overlap: 'never'"));
  job("mixed/never", good("Never", ", schedules: [{ cron: '0 0 30 2 *' }]"));
  job("mixed/Big Name", good("Big"));
  writeFileSync(join(cwd, "mixed/loose.ts"), "export {};\n");
  mkdirSync(join(cwd, "empty"));

  it("lists every job that loads, and ends with 0", async () => {
    const { code, stdout, stderr } = await jobmount(["validate", "good"], { cwd });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^ok {2}billing\/two {2}[0-9a-f]{7} {2}Two\nok {2}one +[0-9a-f]{7} {2}One\n$/);
    expect(stderr).to.equal("2 jobs loaded.\n");
  });

  it("R1 R5: tells every problem of every job and near miss, and ends with 3", async () => {
    const { code, stdout, stderr } = await jobmount(["validate", "mixed"], { cwd });
    expect(code).to.equal(3);
    expect(stdout).to.match(/^ok {2}one {2}/);
    expect(stdout).to.match(/^error syntax\n {2}syntax syntax\/job\.ts:3:\d+ /m);
    expect(stdout)
      .to.match(/^error field\n.*tiemout/m)
      .and.to.include("timeout");
    expect(stdout).to.match(
      /^error never\n {2}schedule never\/job\.ts the suggested schedule 1 would be refused: cron /m,
    );
    expect(stdout).to.match(/^error Big Name\n {2}E101 /m);
    expect(stdout).to.match(/^error loose\.ts\n {2}E102 .*\n {2}→ move it to loose\/job\.ts/m);
    expect(stderr).to.equal("2 jobs loaded, 4 did not, 1 of them with problems.\n");
  });

  it("R5: tells each of several mistakes with its own line and next step", async () => {
    const { code, stdout } = await jobmount(["validate", "several"], { cwd });
    expect(code).to.equal(3);
    expect(stdout).to.match(
      /^error two\n {2}E008 two\/job\.ts:2:\d+ [^\n]*tiemout[^]*\n {2}→ [^\n]*\n {2}E009 two\/job\.ts:2:\d+ [^\n]*overlap[^\n]*\n {2}→ [^\n]+\n$/,
    );
    const github = await jobmount(["validate", "several", "--format", "github"], { cwd });
    expect(github.stdout.match(/^::error /gm)).to.have.length(2);
  });

  it("says of a job's own folder that its parent is meant", async () => {
    const { code, stdout } = await jobmount(["validate", "good/billing/two"], { cwd });
    expect(code).to.equal(3);
    expect(stdout)
      .to.include("is a job's own folder")
      .and.to.include("→ validate its parent: npx jobmount validate good/billing\n");
  });

  it("gives the same as JSON", async () => {
    const { code, stdout } = await jobmount(["validate", "mixed", "--format", "json"], { cwd });
    expect(code).to.equal(3);
    const report = JSON.parse(stdout) as Report;
    expect(report.ok).to.equal(false);
    const codes = Object.fromEntries(
      report.jobs.map(({ key, problems }) => [key, problems.map((p) => p.code)]),
    );
    expect(codes).to.deep.include({ one: [], syntax: ["syntax"], never: ["schedule"], "loose.ts": ["E102"] });
    expect(report.jobs.find((one) => one.key === "one")).to.deep.include({ source: "default", name: "One" });
  });

  it("annotates the lines of a workflow with --format github", async () => {
    const { code, stdout } = await jobmount(["validate", "mixed", "--format", "github"], { cwd });
    expect(code).to.equal(3);
    expect(stdout).to.match(/^::error file=mixed\/syntax\/job\.ts,line=3,col=\d+,title=syntax%3A syntax::/m);
    for (const line of stdout.trim().split("\n")) expect(line).to.match(/^::error file=mixed\//);
  });

  it("R1: what fails at the top level and nobody waits for is refused in every order, with its words and line", async () => {
    const lost =
      'const load = async () => { throw new Error("the config is missing"); };\nexport const _x = 1;\n';
    job("alone/lost", `${lost}void load();\n${good("Lost")}`);
    job("batch/a_lost", `${lost}void load();\n${good("Lost")}`);
    job("batch/m_lost", `${lost}void load();\n${good("Lost")}`);
    job("batch/n_timer", `setTimeout(() => { throw new Error("too late"); }, 0);\n${good("Timer")}`);
    for (const key of ["b", "c", "d", "o", "p", "q"]) job(`batch/${key}`, good(key));
    const [alone, batch] = await Promise.all([
      jobmount(["validate", "alone"], { cwd }),
      jobmount(["validate", "batch"], { cwd }),
    ]);
    const words =
      /E132 (\w+)\/job\.ts:2:\d+ .*a promise was rejected at its top level and nobody caught it: Error: the config is missing$/gm;
    expect(keysIn(alone.stdout, words), alone.stdout).to.deep.equal(["lost"]);
    expect(keysIn(batch.stdout, words), batch.stdout).to.deep.equal(["a_lost", "m_lost"]);
    expect(batch.stdout).to.match(
      /E132 n_timer\/job\.ts:2:\d+ .*an error was thrown at its top level and nobody caught it: Error: too late$/m,
    );
    expect(keysIn(batch.stdout, /^ok +(\w+)/gm)).to.deep.equal(["b", "c", "d", "o", "p", "q"]);
  });

  it("an add-on for another platform is E124, however the loader of the system says it", async () => {
    const elf = Buffer.alloc(4096);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    // A shared object of a processor that nobody has.
    elf.set([3, 0, 0xff, 0x7e, 1], 16);
    const files: Record<string, Buffer> = {
      mac: Buffer.from("cffaedfe0c000001", "hex"),
      windows: Buffer.concat([Buffer.from("MZ"), Buffer.alloc(510)]),
      processor: elf,
    };
    for (const [name, bytes] of Object.entries(files)) {
      const code = `import { x } from "native";\n${good("Native").replace("execute() {", "execute() { void x; ")}`;
      job(`native/${name}`, code);
      const folder = join(cwd, "native", name, "node_modules/native");
      mkdirSync(join(folder, "build/Release"), { recursive: true });
      writeFileSync(join(folder, "package.json"), '{ "name": "native", "version": "1.0.0" }');
      writeFileSync(join(folder, "index.js"), 'exports.x = require("./build/Release/x.node");');
      writeFileSync(join(folder, "build/Release/x.node"), bytes);
    }
    const { stdout } = await jobmount(["validate", "native"], { cwd });
    const words =
      /E124 (\w+)\/job\.ts.* the native add-on native\/build\/Release\/x\.node was built for another/gm;
    expect(keysIn(stdout, words), stdout).to.deep.equal(["mac", "processor", "windows"]);
    expect(stdout).not.to.include(cwd);
  });

  it("checks every source of EXTERNAL_TASKS_PATH", async () => {
    const env = { EXTERNAL_TASKS_PATH: "a=good,b=mixed" };
    const { code, stdout } = await jobmount(["validate", "--json"], { cwd, env });
    expect(code).to.equal(3);
    const { jobs } = JSON.parse(stdout) as Report;
    expect(new Set(jobs.map((one) => one.source))).to.deep.equal(new Set(["a", "b"]));
  });

  it("does not take a folder without jobs, or one that is not there, for right", async () => {
    const [empty, absent] = await Promise.all([
      jobmount(["validate", "empty"], { cwd }),
      jobmount(["validate", "absent"], { cwd }),
    ]);
    expect(empty.code).to.equal(3);
    expect(empty.stderr).to.include(`There are no jobs in ${join(cwd, "empty")}`);
    expect(absent.code).to.equal(3);
    expect(absent.stderr).to.include("does not exist");
  });
});

function keysIn(text: string, pattern: RegExp): (string | undefined)[] {
  return [...text.matchAll(pattern)].map((found) => found[1]).sort();
}
