// What an author of jobs types: new, test, types; driven as the real command line in a folder without node_modules.
import { expect } from "chai";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jobmount, tempFolder } from "./jobmount.ts";

const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("jobmount new", function () {
  this.timeout(60_000);
  const cwd = tempFolder();
  const tasks = join(cwd, "external_tasks");
  mkdirSync(tasks);

  it("writes a job that validates and runs, with a test that passes", async () => {
    const made = await jobmount(["new", "billing/sync-orders"], { cwd });
    expect(made.code, made.stderr).to.equal(0);
    expect(made.stdout.trim().split("\n")).to.deep.equal([
      "external_tasks/billing/sync-orders/job.ts",
      "external_tasks/billing/sync-orders/job.test.ts",
    ]);
    expect(made.stderr)
      .to.contain("npx jobmount run billing/sync-orders")
      .and.to.contain("npx jobmount test billing/sync-orders")
      .and.to.contain("npx jobmount types");
    const validated = await jobmount(["validate"], { cwd });
    expect(validated.code, validated.stdout).to.equal(0);
    expect(validated.stdout).to.match(/ok +billing\/sync-orders +\w+ +Sync orders/);
    const run = await jobmount(["run", "billing/sync-orders", "-p", "who=Ada"], { cwd });
    expect(run.code, run.stderr).to.equal(0);
    expect(JSON.parse(run.stdout)).to.deep.equal({ greeted: "Ada" });
    const tested = await jobmount(["test", "billing/sync-orders"], { cwd });
    expect(tested.code, tested.stdout + tested.stderr).to.equal(0);
    expect(tested.stdout).to.match(/pass 2\n.*fail 0/);
  });

  it("the test it writes fails when the job does something else, with the line of the test", async () => {
    const path = join(tasks, "billing/sync-orders/job.ts");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("greeted: who", "greeted: 1"));
    const tested = await jobmount(["test", "billing.sync-orders"], { cwd });
    writeFileSync(path, text);
    expect(tested.code).to.equal(1);
    expect(tested.stdout)
      .to.match(/fail 1/)
      .and.to.match(/job\.test\.ts:\d+/);
  });

  it("refuses what is there, what cannot be a key, and a place inside of another job; nothing is written", async () => {
    const before = readdirSync(tasks, { recursive: true }).length;
    const there = await jobmount(["new", "billing/sync-orders"], { cwd });
    expect(there.code).to.equal(4);
    expect(there.stderr).to.contain("there is a job already");
    const dotted = await jobmount(["new", "billing.sync-orders"], { cwd });
    expect(dotted.stderr).to.contain("there is a job already");
    const inside = await jobmount(["new", "billing/sync-orders/again"], { cwd });
    expect(inside.code).to.equal(4);
    expect(inside.stderr).to.contain("inside of another job");
    const name = await jobmount(["new", "Billing/My Täsk"], { cwd });
    expect(name.code).to.equal(3);
    expect(name.stderr).to.contain("billing/my-task would do");
    for (const key of ["../outside", "a//b", "", "_lib/x"]) {
      const refused = await jobmount(["new", key], { cwd });
      expect([2, 3], `${key}: ${refused.stderr}`).to.include(refused.code);
    }
    expect(readdirSync(tasks, { recursive: true }).length).to.equal(before);
  });

  it("takes another folder, and says so in the next steps", async () => {
    const made = await jobmount(["new", "report", "--dir", "elsewhere"], { cwd });
    expect(made.code, made.stderr).to.equal(0);
    expect(existsSync(join(cwd, "elsewhere/report/job.ts"))).to.equal(true);
    const step = /npx jobmount (run report --dir elsewhere -p who=you)/.exec(made.stderr)![1]!;
    const run = await jobmount(step.split(" "), { cwd });
    expect(run.code, run.stderr).to.equal(0);
  });

  it("names the folders when several are configured and none is meant", async () => {
    const env = { EXTERNAL_TASKS_PATH: "acme=./acme,globex=./globex" };
    const { code, stderr } = await jobmount(["new", "x"], { cwd, env });
    expect(code).to.equal(2);
    expect(stderr).to.contain("acme=").and.to.contain("globex=");
  });
});

describe("jobmount test", function () {
  this.timeout(60_000);
  const cwd = tempFolder();
  const test = (body: string, head = "") =>
    `import { test } from "node:test";\nimport assert from "node:assert/strict";\n${head}\ntest("t", async () => { ${body} });\n`;

  it("imports mean what they mean to a job: helpers without ending, _lib, aliases, json, text, packages on offer", async () => {
    write(join(cwd, "tasks/tsconfig.json"), '{ "compilerOptions": { "paths": { "@lib/*": ["./_lib/*"] } } }');
    write(join(cwd, "tasks/_lib/words.ts"), 'export const word: string = "lib";');
    write(join(cwd, "tasks/_lib/data.json"), '{ "n": 7 }');
    write(join(cwd, "tasks/_lib/text.txt"), "some text");
    write(join(cwd, "tasks/a/helper.ts"), 'export enum Kind { One = "one" }');
    write(
      join(cwd, "tasks/a/job.test.ts"),
      test(
        "assert.deepEqual([Kind.One, word, again, data.n, text, typeof request], ['one', 'lib', 'lib', 7, 'some text', 'function']);",
        [
          'import { Kind } from "./helper";',
          'import { word } from "../_lib/words.js";',
          'import { word as again } from "@lib/words";',
          'import data from "../_lib/data.json";',
          'import text from "../_lib/text.txt";',
          'import { request } from "undici";',
        ].join("\n"),
      ),
    );
    const { code, stdout, stderr } = await jobmount(["test", "--dir", "tasks"], { cwd });
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.contain("pass 1");
  });

  it("a package that is missing and a folder without tests are told", async () => {
    write(join(cwd, "tasks/b/job.test.ts"), test("", 'import x from "left-pad"; void x;'));
    const missing = await jobmount(["test", "b", "--dir", "tasks"], { cwd });
    expect(missing.code).to.equal(1);
    expect(missing.stdout + missing.stderr).to.contain("left-pad");
    const none = await jobmount(["test", "_lib", "--dir", "tasks"], { cwd });
    expect(none.code).to.equal(3);
    expect(none.stderr).to.contain("There are no tests in tasks/_lib");
  });
});

describe("jobmount types", function () {
  this.timeout(120_000);
  const cwd = tempFolder();
  const tasks = join(cwd, "tasks");

  const compiled = (): Promise<string> =>
    new Promise((resolve) => {
      execFile(process.execPath, [TSC, "-p", tasks], { cwd }, (_error, stdout) => resolve(stdout.trim()));
    });

  it("makes a compiler content with job, test, Node and the packages on offer, from the folder alone", async () => {
    await jobmount(["new", "hello", "--dir", "tasks"], { cwd });
    write(
      join(tasks, "db/job.ts"),
      `import { readFile } from "node:fs/promises";
import mysql from "mysql2/promise";
import Database from "libsql";
import { request } from "undici";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Db", requiredParams: { size: { type: "integer" } } }) {
  async execute() {
    const half: number = this.params.size / 2;
    const pool = mysql.createPool({ host: "x" });
    const [rows] = await pool.query("SELECT 1");
    const { statusCode } = await request("http://127.0.0.1");
    const text: string = await readFile(this.file("a"), "utf8");
    return { rows, half, text, ok: statusCode === 200, open: new Database(":memory:").open, b: Buffer.from("") };
  }
}
`,
    );
    const made = await jobmount(["types", "tasks"], { cwd });
    expect(made.code, made.stderr).to.equal(0);
    expect(made.stderr).to.contain("tasks/.jobmount/types").and.to.contain("wrote tasks/tsconfig.json");
    expect(existsSync(join(tasks, "node_modules"))).to.equal(false);
    expect(await compiled()).to.equal("");
  });

  it("a wrong definition and a wrong use of a param are compile errors then", async () => {
    write(
      join(tasks, "wrong/job.ts"),
      `import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Wrong",
  optionalParams: { kind: { type: "select", options: ["a"], default: "b" } },
}) {
  execute() {
    const n: number = this.params.kind;
    return { n };
  }
}
`,
    );
    const errors = await compiled();
    expect(errors).to.match(/tasks\/wrong\/job\.ts\(4,\d+\).*among its options/s);
    expect(errors).to.match(/tasks\/wrong\/job\.ts\(7,\d+\).*not assignable to type 'number'/);
    write(join(tasks, "wrong/job.ts"), "");
  });

  it("what it writes changes nothing for the service: the jobs load as before, and no folder of it is a job", async () => {
    const { code, stdout } = await jobmount(["validate", "tasks", "--json"], { cwd });
    const { jobs } = JSON.parse(stdout) as { jobs: { key: string; problems: { code: string }[] }[] };
    expect(jobs.map((job) => [job.key, job.problems.map((problem) => problem.code)])).to.deep.equal([
      ["db", []],
      ["hello", []],
      ["wrong", ["E108"]],
    ]);
    expect(code).to.equal(3);
  });

  it("leaves a tsconfig.json its own: adds what it lacks, twice harmlessly, and never touches one with comments", async () => {
    const path = join(tasks, "tsconfig.json");
    writeFileSync(
      path,
      JSON.stringify({
        compilerOptions: { strict: false, paths: { "@lib/*": ["./_lib/*"] } },
        exclude: ["x"],
      }),
    );
    const added = await jobmount(["types", "tasks"], { cwd });
    expect(added.stderr).to.contain("added the paths to tasks/tsconfig.json");
    const merged = readFileSync(path, "utf8");
    const config = JSON.parse(merged) as { compilerOptions: Record<string, unknown>; exclude: string[] };
    expect(config.exclude).to.deep.equal(["x"]);
    expect(config.compilerOptions).to.deep.include({ strict: false, types: ["node"] });
    expect(config.compilerOptions["paths"]).to.have.property("@lib/*");
    expect(config.compilerOptions["paths"]).to.have.property("jobmount/testing");
    const again = await jobmount(["types", "tasks"], { cwd });
    expect(again.stderr).to.contain("knows them already");
    expect(readFileSync(path, "utf8")).to.equal(merged);
    const commented = '{\n  // ours\n  "compilerOptions": {}\n}\n';
    writeFileSync(path, commented);
    const told = await jobmount(["types", "tasks"], { cwd });
    expect(told.stderr).to.contain("has comments").and.to.contain("it needs");
    expect(told.stdout).to.contain('"jobmount/testing"');
    expect(readFileSync(path, "utf8")).to.equal(commented);
  });

  it("a folder that is not there is a sentence", async () => {
    const { code, stderr } = await jobmount(["types", "none"], { cwd });
    expect(code).to.equal(3);
    expect(stderr).to.contain("does not exist");
  });
});
