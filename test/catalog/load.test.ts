import { mkfifo } from "../support/mkfifo.ts";
import { expect } from "chai";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { UnderWay } from "../../src/catalog/under-way.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { LoadBench } from "./load-support.ts";

describe("loading one task directory", () => {
  const bench = new LoadBench();
  const folders: TaskFolder[] = [];
  const made = async (files: Record<string, string | Uint8Array>): Promise<TaskFolder> => {
    const folder = await TaskFolder.make(files);
    folders.push(folder);
    return folder;
  };
  after(async () => {
    await bench.describer.close();
    for (const folder of folders) await folder.remove();
  });

  it("builds job.ts with its helpers, describes it in a child and lists every file with its hash", async () => {
    const folder = await made({
      "billing/sync/job.ts": jobText(
        "Sync",
        "return { said: greet(), rows };",
        'import { greet } from "./greet.js";\nimport { shared } from "../../_lib/shared";\nimport rows from "./rows.json";\nvoid shared;',
      ),
      "billing/sync/greet.ts": "export const greet = (): string => 'hello';\n",
      "billing/sync/rows.json": "[1, 2]",
      "_lib/shared.ts": "export const shared = 1;\n",
      "billing/sync/package.json": '{ "name": "sync" }',
      "billing/sync/unused.ts": "nobody imports this (and it does not parse",
    });
    const version = await bench.good(folder, "billing/sync");
    expect(version.spec.name).to.equal("Sync");
    expect(version.files.map((file) => `${file.role} ${file.path}`)).to.deep.equal([
      "code _lib/shared.ts",
      "code billing/sync/greet.ts",
      "code billing/sync/job.ts",
      "lock billing/sync/package.json",
      "code billing/sync/rows.json",
    ]);
    expect(version.bundle).to.contain("//# sourceMappingURL=job.mjs.map");
    expect(version.bundle + version.sourceMap).not.to.contain(folder.base);
    expect(version.hash).to.match(/^[0-9a-f]{64}$/);
  });

  it("R3: the same files give the same hash and bytes, wherever the folder lies", async () => {
    const files = {
      "a/job.ts": jobText("A", "return h();", 'import { h } from "./h.ts";\nimport x from "dayjs";\nvoid x;'),
      "a/h.ts": "export function h() { return 1; }\n",
      "a/node_modules/dayjs/package.json": '{ "name": "dayjs", "version": "1.0.0", "main": "d.js" }',
      "a/node_modules/dayjs/d.js": "module.exports = function dayjs() { return require('fs').sep; };\n",
      "a/data.csv": "1;2\n",
    };
    const one = await bench.good(await made(files), "a");
    const two = await bench.good(await made(files), "a");
    expect(two.hash).to.equal(one.hash);
    expect(two.bundle).to.equal(one.bundle);
    expect(two.sourceMap).to.equal(one.sourceMap);
    const other = await bench.good(
      await made({ ...files, "a/h.ts": "export function h() { return 2; }\n" }),
      "a",
    );
    expect(other.hash).not.to.equal(one.hash);
    const elsewhere = await bench.good(await made(files), "a", {}, "acme");
    expect(elsewhere.hash, "a version belongs to its source").not.to.equal(one.hash);
  });

  it("tells a syntax error with file, line, column, code frame and hint", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "", 'import "./lib/broken.ts";'),
      "a/lib/broken.ts": "const fine = 1;\nconst täg = 'ä' + ;\nexport {};\n",
    });
    const problem = await bench.bad(folder, "a");
    expect(problem).to.include({ code: "syntax", file: "a/lib/broken.ts", line: 2, column: 19 });
    expect(problem.message).to.equal('Unexpected ";"');
    expect(problem.frame?.split("\n")).to.deep.equal([
      "  1 | const fine = 1;",
      "> 2 | const täg = 'ä' + ;",
      "    |                   ^",
      "  3 | export {};",
      "  4 |",
    ]);
  });

  it("refuses imports that lead outside the source, by path, absolute or over the network", async () => {
    for (const request of [
      "../../outside",
      "/etc/passwd",
      "file:///etc/passwd",
      "../../../../etc/hosts.json",
    ]) {
      const folder = await made({ "a/job.ts": jobText("A", "", `import ${JSON.stringify(request)};`) });
      await writeFile(`${folder.base}/outside.ts`, "export {};");
      const problem = await bench.bad(folder, "a");
      expect(problem, request).to.include({ code: "E121", file: "a/job.ts", line: 2, column: 8 });
      expect(problem.message).to.equal(`${request} leads outside the source`);
    }
    const remote = await made({ "a/job.ts": jobText("A", "", 'import "https://x.test/a.js";') });
    expect(await bench.bad(remote, "a")).to.include({ code: "E123", line: 2 });
  });

  it("R5: refuses links that lead outside, for code and for data, and reads links inside", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "", 'import { secret } from "./secret";\nvoid secret;'),
      "b/job.ts": jobText("B").replace('name: "B"', 'name: "B", files: ["*.txt"]'),
      "c/job.ts": jobText("C", "", 'import { shared } from "./shared";\nvoid shared;'),
      "d/job.ts": jobText("D").replace('name: "D"', 'name: "D", files: ["data/**"]'),
      "_lib/shared.ts": "export const shared = 1;",
    });
    await writeFile(`${folder.base}/secret.ts`, "export const secret = 'of the host';");
    await folder.link("a/secret.ts", "../../secret.ts");
    await folder.link("b/passwd.txt", "/etc/passwd");
    await folder.link("c/shared.ts", "../_lib/shared.ts");
    await folder.link("d/data", "/etc");
    const problem = await bench.bad(folder, "a");
    expect(problem).to.include({ code: "E109", file: "a/job.ts", line: 2 });
    expect(problem.message).to.equal("a/secret.ts is a link that leads outside the source");
    expect(await bench.bad(folder, "b")).to.include({ code: "E109", file: "b/passwd.txt" });
    expect((await bench.good(folder, "c")).files.map((file) => file.path)).to.include("c/shared.ts");
    expect(await bench.bad(folder, "d")).to.include({ code: "E109", file: "d/data" });
  });

  it("names what jobmount exports when a job imports something else from it", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "", 'import { defineTask } from "jobmount";\nvoid defineTask;'),
      "b/job.ts": jobText("B", "", 'import "jobmount/testing";'),
      "c/job.ts":
        'import jobmount from "jobmount";\nexport class Job extends jobmount.defineJob({ name: "C" }) {}\n',
    });
    const problem = await bench.bad(folder, "a");
    expect(problem).to.include({ code: "E122", file: "a/job.ts", line: 2, column: 10 });
    expect(problem.message).to.equal(
      'jobmount has no export "defineTask"; it has defineJob, PermanentError, RetryLater',
    );
    expect(await bench.bad(folder, "b")).to.include({ code: "E122", line: 2 });
    expect((await bench.bad(folder, "c")).message).to.match(/^jobmount has no default export/);
  });

  it("tells contract mistakes by name, at the place in the file", async () => {
    const folder = await made({
      "a/job.ts":
        'import { defineJob } from "jobmount";\nexport default class extends defineJob({ name: "A" }) {}\n',
      "b/job.ts": [
        'import { defineJob } from "jobmount";',
        "export class Job extends defineJob({",
        '  name: "B",',
        "  optionalParams: {",
        '    kind: { type: "select", options: ["x"], default: "y" },',
        "  },",
        "}) { execute() {} }",
      ].join("\n"),
      "c/job.ts": jobText("C").replace("async execute", "state = 1; run() {} async execute"),
    });
    expect((await bench.bad(folder, "a")).code).to.match(/^E00\d$/);
    const select = await bench.bad(folder, "b");
    expect(select.code).to.match(/^E0\d\d$/);
    expect(select).to.include({ file: "b/job.ts", line: 5 });
    const member = await bench.bad(folder, "c");
    expect(member.code).to.match(/^E0\d\d$/);
    expect(member.message).to.match(/run/);
  });

  it("says where a module throws while it is loaded, in the author's own lines", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "", 'import "./config.ts";'),
      "a/config.ts":
        "interface Unused { a: string }\n\nconst url: string | undefined = undefined;\nurl!.length;\n",
      "b/job.ts": jobText("B", "", "throw null;"),
    });
    const problem = await bench.bad(folder, "a");
    expect(problem).to.include({ code: "E130", file: "a/config.ts", line: 4 });
    expect(problem.message).to.contain("TypeError: Cannot read properties of undefined");
    expect(await bench.bad(folder, "b")).to.include({ code: "E130", file: "b/job.ts" });
  });

  it("X10: ends a module that never returns, exits or takes all memory, and the next job loads", async () => {
    const folder = await made({
      "loop/job.ts": jobText("A", "", "for (;;) {}"),
      "exit/job.ts": jobText("B", "", "process.exit(3);"),
      "memory/job.ts": jobText(
        "C",
        "",
        "const all: unknown[] = []; for (;;) all.push(new Array(1e5).fill({}));",
      ),
      "fine/job.ts": jobText("D"),
    });
    const limits = { timeMs: 1_500, memoryBytes: 96 * 1024 * 1024 };
    expect(await bench.bad(folder, "loop", { limits })).to.include({ code: "E131", file: "loop/job.ts" });
    expect((await bench.bad(folder, "exit")).message).to.contain("with exit code 3");
    expect((await bench.bad(folder, "memory", { limits: { ...limits, timeMs: 20_000 } })).code).to.equal(
      "E133",
    );
    expect((await bench.good(folder, "fine")).spec.name).to.equal("D");
  });

  it("R3: who saves again and again what never ends is described once more each time, at once", async () => {
    const folder = await made({ "a/job.ts": jobText("A", "", "for (;;) {} // 0") });
    const underWay = new UnderWay();
    const limits = { timeMs: 60_000, memoryBytes: 256 * 1024 * 1024 };
    const before = bench.describer.count;
    const loading = bench.load(folder, "a", { limits }, "default", underWay);
    for (let n = 1; n <= 6; n++) {
      await eventually(() => bench.describer.count === before + n, 20_000);
      // As somebody who reads what he wrote; what changes faster is taken as it is at one moment.
      await new Promise((resolve) => setTimeout(resolve, 600));
      const text = n < 6 ? jobText("A", "", `for (;;) {} // ${n}`) : jobText("mended");
      await folder.write({ "a/job.ts": text });
      await underWay.doubt();
    }
    const loaded = await loading;
    expect(loaded.kind === "good" && loaded.version.spec.name).to.equal("mended");
  });

  it("tolerates a byte order mark, and says what an empty, huge or UTF-16 file is", async () => {
    const folder = await made({
      "bom/job.ts": `\ufeff${jobText("Bom")}`,
      "empty/job.ts": " \n",
      "large/job.ts": `${jobText("Large")}//${"x".repeat(1024 * 1024)}`,
      "wide/job.ts": Buffer.from(`\ufeff${jobText("Wide")}`, "utf16le"),
    });
    expect((await bench.good(folder, "bom")).spec.name).to.equal("Bom");
    expect(await bench.bad(folder, "empty")).to.include({ code: "E108", file: "empty/job.ts" });
    expect(await bench.bad(folder, "large")).to.include({ code: "E107", file: "large/job.ts" });
    expect((await bench.bad(folder, "wide")).message).to.equal("wide/job.ts is saved as UTF-16");
  });

  it("does not wait for a job.ts that is a FIFO, and says so of a folder and of one it may not read", async () => {
    const folder = await made({ "closed/job.ts": jobText("C") });
    await mkdir(folder.path("fifo"));
    await mkfifo(folder.path("fifo/job.ts"));
    await mkdir(folder.path("dir/job.ts"), { recursive: true });
    expect(await bench.bad(folder, "fifo")).to.include({ code: "E106", file: "fifo/job.ts" });
    expect(await bench.bad(folder, "dir")).to.include({ code: "E106", file: "dir/job.ts" });
    await chmod(folder.path("closed/job.ts"), 0o000);
    if (process.getuid?.() !== 0) expect((await bench.bad(folder, "closed")).code).to.equal("E112");
  });

  it("R2: the same files put together in another way are another version", async () => {
    const paths = (one: string, other: string): string =>
      JSON.stringify({ compilerOptions: { paths: { "@one": [one], "@two": [other] } } });
    const folder = await made({
      "tsconfig.json": paths("./_lib/x.ts", "./_lib/y.ts"),
      "_lib/x.ts": "export default 1;",
      "_lib/y.ts": "export default 2;",
      "a/job.ts": jobText("A", "return { one, two };", 'import one from "@one";\nimport two from "@two";'),
    });
    const before = await bench.good(folder, "a");
    await folder.write({ "tsconfig.json": paths("./_lib/y.ts", "./_lib/x.ts") });
    const after = await bench.good(folder, "a");
    expect(after.bundle).not.to.equal(before.bundle);
    expect(after.hash).not.to.equal(before.hash);
  });

  it("honours `paths` of the mount's tsconfig.json, with comments in it, and nothing else of it", async () => {
    const folder = await made({
      "tsconfig.json": `{
        // for editors
        "compilerOptions": { "jsx": "preserve", "experimentalDecorators": true, /* ours */
          "paths": { "@lib/*": ["./_lib/*"], "#cfg": ["./_lib/config.ts"], }, },
      }`,
      "_lib/text.ts": "export const text = 'from lib';",
      "_lib/config.ts": "export const config = 'cfg';",
      "a/job.ts": jobText("A", "return [text];", 'import { text } from "@lib/text";'),
    });
    const version = await bench.good(folder, "a");
    expect(version.files.map((file) => file.path)).to.deep.equal(["_lib/text.ts", "a/job.ts"]);
  });

  it("keeps data files named by `files` with the version, up to 16 MiB a job", async () => {
    const withFiles = (name: string, files: string): string =>
      jobText(name).replace(`name: "${name}"`, `name: "${name}", files: ${files}`);
    const folder = await made({
      "a/job.ts": withFiles("A", '["*.csv", "maps/**/*.txt"]'),
      "a/cities.csv": "Berlin;1\n",
      "a/.hidden.csv": "no",
      "a/maps/de/north/x.txt": "x",
      "a/maps/y.txt": "y",
      "a/notes.md": "no",
      "big/job.ts": withFiles("Big", '["**/*.bin"]'),
      "big/one.bin": new Uint8Array(9 * 1024 * 1024),
      "big/two.bin": new Uint8Array(8 * 1024 * 1024),
      "up/job.ts": withFiles("Up", '["../a/*.csv"]'),
    });
    const version = await bench.good(folder, "a");
    expect([...version.data.keys()]).to.deep.equal(["a/cities.csv", "a/maps/de/north/x.txt", "a/maps/y.txt"]);
    expect(Buffer.from(version.data.get("a/cities.csv") ?? []).toString()).to.equal("Berlin;1\n");
    await folder.write({ "a/cities.csv": "Berlin;2\n" });
    expect((await bench.good(folder, "a")).hash, "data belongs to the version").not.to.equal(version.hash);
    expect(await bench.bad(folder, "big")).to.include({ code: "E141", file: "big/job.ts" });
    const up = await bench.bad(folder, "up");
    expect(up.message).to.match(/\.\.\/a\/\*\.csv/);
  });

  it("a parser that one job ends works again for the next one", async function () {
    this.timeout(60_000);
    const folder = await made({
      "deep/job.ts": `export const x = ${"[".repeat(200_000)}${"]".repeat(200_000)};`,
      "fine/job.ts": jobText("Fine"),
    });
    const problem = await bench.bad(folder, "deep");
    expect(problem.message).to.contain("nested 200000 deep");
    expect((await bench.good(folder, "fine")).spec.name).to.equal("Fine");
  });

  it("a helper that is empty, as it is in the middle of a save, has none of the names that are imported from it", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "return one;", 'import { one } from "./one";'),
      "b/job.ts": jobText("B", "return one;", 'import one from "./one";'),
      "c/job.ts": jobText("C", "", 'import "./one";'),
      "a/one.ts": "",
      "b/one.ts": "",
      "c/one.ts": "",
    });
    expect(await bench.bad(folder, "a")).to.include({ code: "syntax", file: "a/job.ts", line: 2 });
    expect((await bench.bad(folder, "b")).message).to.contain('"default"');
    await bench.good(folder, "c");
  });

  it("a job may use names that CommonJS brings, beside packages that need them", async () => {
    const folder = await made({
      "a/job.ts": jobText(
        "A",
        "return [require, __dirname, old];",
        [
          'import { createRequire } from "node:module";',
          'import { dirname } from "node:path";',
          'import { fileURLToPath } from "node:url";',
          'import old from "old-style";',
          "const require = createRequire(import.meta.url);",
          "const __dirname = dirname(fileURLToPath(import.meta.url));",
        ].join("\n"),
      ),
      "a/node_modules/old-style/package.json": '{ "name": "old-style", "version": "1.0.0" }',
      "a/node_modules/old-style/index.js":
        'let x; try { x = require("not-there-" + "dyn"); } catch { x = require("fs"); }\ntry { require("maybe"); } catch (e) { exports.why = e.code; }\nexports.dir = __dirname;',
    });
    expect((await bench.good(folder, "a")).spec.name).to.equal("A");
  });

  it("follows links of a Kubernetes volume by their visible name: a swap with equal content changes nothing", async () => {
    const folder = await made({
      "a/..2026_01/job.ts": jobText("A", "return one;", 'import { one } from "./one";'),
      "a/..2026_01/one.ts": "export const one = 1;",
    });
    await symlink("..2026_01", folder.path("a/..data"));
    await folder.link("a/job.ts", "..data/job.ts");
    await folder.link("a/one.ts", "..data/one.ts");
    const before = await bench.good(folder, "a");
    expect(before.files.map((file) => file.path)).to.deep.equal(["a/job.ts", "a/one.ts"]);
    await folder.write({
      "a/..2026_02/job.ts": jobText("A", "return one;", 'import { one } from "./one";'),
      "a/..2026_02/one.ts": "export const one = 1;",
    });
    await folder.remove("a/..data");
    await symlink("..2026_02", folder.path("a/..data"));
    await folder.remove("a/..2026_01");
    expect((await bench.good(folder, "a")).hash).to.equal(before.hash);
  });
});
