import { expect } from "chai";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CATALOG_RULES } from "../../src/catalog/load-problem.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { mkfifo } from "../support/mkfifo.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/broken_tasks", import.meta.url));

/** key -> [code, place, part of the message]. */
const EXPECTED: Record<string, [code: string, place: string, message: string]> = {
  syntax: ["syntax", "syntax/job.ts:5", 'Expected "]" but found ";"'],
  syntax_in_helper: ["syntax", "syntax_in_helper/rows.ts:1", 'Expected identifier but found ";"'],
  no_job: ["E0", "no_job/job.ts", "Job"],
  default_only: ["E0", "default_only/job.ts:3", "default export"],
  two_jobs: ["E004", "two_jobs/job.ts:7", "Other"],
  not_ours: ["E0", "not_ours/job.ts:1", "defineJob"],
  member_taken: ["E0", "member_taken/job.ts:5", "run"],
  member_field: ["E006", "member_field/job.ts:5", 'a member "log", but this.log is something every job has'],
  other_platform: ["E124", "other_platform/job.ts:2", "was installed for another platform"],
  unknown_field: ["E0", "unknown_field/job.ts:5", "timeOut"],
  default_outside: ["E0", "default_outside/job.ts:6", "default"],
  outside: ["E121", "outside/job.ts:2", "../../outside.ts leads outside the source"],
  missing_file: ["resolve", "missing_file/job.ts:2", "./rows does not exist"],
  missing_package: ["E120", "missing_package/job.ts:2", 'the package "left-pad" is not installed'],
  wrong_import: ["E122", "wrong_import/job.ts:1", 'jobmount has no export "defineTask"'],
  imports_sql: ["E123", "imports_sql/job.ts:2", "query.sql cannot be imported"],
  throws: ["E130", "throws/job.ts:3", "SyntaxError: Expected property name"],
  exits: ["E132", "exits/job.ts", "exit code 7"],
  never_ends: ["E131", "never_ends/job.ts", "longer than 2000 ms"],
  bad_glob: ["E", "bad_glob/job.ts", "../heartbeat/*.csv"],
  empty: ["E108", "empty/job.ts:1", "is empty"],
  huge: ["E107", "huge/job.ts", "at most 1048576 are allowed"],
  a_folder: ["E106", "a_folder/job.ts", "is not a plain file"],
  a_fifo: ["E106", "a_fifo/job.ts", "is not a plain file"],
  links_out: ["E109", "links_out/job.ts", "leads outside the source"],
  "Bad Name": ["E101", "Bad Name/job.ts", 'the folder name "Bad Name"'],
  "job.ts": ["E104", "job.ts", "lies in the root"],
  "flat_task.ts": ["E102", "flat_task.ts", "a job is a folder with a job.ts"],
  "upper_case/Job.ts": ["E103", "upper_case/Job.ts", "has to be called job.ts"],
  "javascript/job.js": ["E103", "javascript/job.js", "has to be called job.ts"],
  "index_file/index.ts": ["E103", "index_file/index.ts", "has to be called job.ts"],
  only_code: ["E105", "only_code", "has code and no job.ts"],
};

describe("a folder in which nearly everything is wrong", () => {
  const describer = new ChildDescriber();
  let bench: CatalogBench;
  before(async function () {
    this.timeout(60_000);
    const folder = await TaskFolder.make();
    await cp(FIXTURES, folder.root, { recursive: true });
    await folder.write({ "huge/job.ts": `// ${"x".repeat(5 * 1024 * 1024)}` });
    await folder.write({
      "other_platform/job.ts": jobText("Native", "return sharp;", 'import sharp from "sharp";'),
      "other_platform/node_modules/sharp/package.json":
        '{ "name": "sharp", "version": "1.0.0", "main": "index.js", "optionalDependencies": { "@img/sharp-win32-ia32": "1", "@img/sharp-linux-x64": "1", "@img/sharp-linux-arm64": "1" } }',
      "other_platform/node_modules/sharp/index.js": "module.exports = 1;",
      "other_platform/node_modules/@img/sharp-win32-ia32/package.json": "{}",
    });
    await mkdir(folder.path("a_folder/job.ts"), { recursive: true });
    await mkdir(folder.path("a_fifo"));
    await mkfifo(folder.path("a_fifo/job.ts"));
    await writeFile(`${folder.base}/elsewhere.ts`, "export class Job {}");
    await mkdir(folder.path("links_out"));
    await symlink("../../elsewhere.ts", folder.path("links_out/job.ts"));
    bench = new CatalogBench(folder, describer, undefined, {
      watch: { mode: "off", intervalMs: 1_000 },
      limits: { timeMs: 2_000, memoryBytes: 256 * 1024 * 1024 },
    });
    describer.warm();
    await bench.start();
  });
  after(async () => {
    await bench.catalog.stop();
    await bench.folder.remove();
    await describer.close();
  });

  it("R1: the jobs that are fine load, a byte order mark included", () => {
    const ready = bench.catalog.entries().filter((entry) => entry.loadState === "ready");
    expect(ready.map((entry) => entry.key).sort()).to.deep.equal(["byte_order_mark", "fine"]);
  });

  it("R5: everything else is listed, and nothing more", () => {
    const listed = bench.catalog.loadErrors().map((failed) => failed.key);
    expect(listed.sort()).to.deep.equal(Object.keys(EXPECTED).sort());
  });

  for (const [key, [code, place, message]] of Object.entries(EXPECTED)) {
    it(`${key}: says what is wrong, where, and what to do`, () => {
      const failed = bench.catalog.loadErrors().find((one) => one.key === key);
      const error = failed?.error;
      expect(error?.code).to.match(new RegExp(`^${code}`));
      expect(error?.message).to.contain(message);
      expect(error?.message).not.to.contain(bench.folder.base);
      expect(`${error?.file}:${error?.line}`).to.match(new RegExp(`^${place.replace(/[.]/g, "\\.")}(:|$)`));
      expect(error?.hint, "the next step").to.be.a("string").and.match(/\w/);
      expect(error?.code.startsWith("E0") || (error?.code ?? "") in CATALOG_RULES).to.equal(true);
    });
  }
});
