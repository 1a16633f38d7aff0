import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256Of } from "../../src/catalog/snapshot.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { LoadBench } from "./load-support.ts";

const manifest = (name: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ name, version: "1.2.3", main: "index.js", ...more });

describe("packages of a task directory", () => {
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

  it("pure JavaScript is bundled, from the task's own node_modules first, then upwards to the source's root", async () => {
    const folder = await made({
      "team/a/job.ts": jobText(
        "A",
        "return [near, far, sub];",
        [
          'import near from "near";',
          'import { far } from "@scope/far";',
          'import sub from "near/sub.js";',
        ].join("\n"),
      ),
      "team/a/node_modules/near/package.json": manifest("near"),
      "team/a/node_modules/near/index.js": 'module.exports = "near of the task, with " + require("inner");',
      "team/a/node_modules/near/sub.js": 'module.exports = "sub";',
      "team/a/node_modules/near/node_modules/inner/package.json": manifest("inner"),
      "team/a/node_modules/near/node_modules/inner/index.js": 'module.exports = "inner";',
      "node_modules/near/package.json": manifest("near"),
      "node_modules/near/index.js": 'module.exports = "near of the root";',
      "node_modules/@scope/far/package.json": manifest("@scope/far", { type: "module", exports: "./far.js" }),
      "node_modules/@scope/far/far.js": 'export { far } from "./deep/far.js";',
      "node_modules/@scope/far/deep/far.js": 'export const far = "far";',
    });
    const version = await bench.good(folder, "team/a");
    expect(version.bundle).to.contain("near of the task").and.not.to.contain("near of the root");
    expect(version.needs).to.deep.equal([]);
    expect(version.files.map((file) => file.path)).to.include.members([
      "node_modules/@scope/far/deep/far.js",
      "team/a/node_modules/near/node_modules/inner/index.js",
    ]);
  });

  it("never finds a package above the source, though the service itself has it", async () => {
    const folder = await made({ "a/job.ts": jobText("A", "return koa;", 'import koa from "koa";') });
    await mkdir(join(folder.base, "node_modules/koa"), { recursive: true });
    await writeFile(join(folder.base, "node_modules/koa/package.json"), manifest("koa"));
    await writeFile(join(folder.base, "node_modules/koa/index.js"), "");
    const problem = await bench.bad(folder, "a");
    expect(problem).to.include({ code: "E120", file: "a/job.ts", line: 2, column: 17 });
    expect(problem.message).to.equal('the package "koa" is not installed');
    expect(problem.hint).to.equal("run `npm init -y && npm install koa` in the folder a");
  });

  it("a missing package names the command: the hint of the service, or an install of what is declared", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "return [x];", 'import x from "dayjs/plugin/utc";'),
      "a/package.json": JSON.stringify({ dependencies: { dayjs: "^1.0.0" } }),
    });
    expect((await bench.bad(folder, "a")).hint).to.equal("run `npm install` in the folder a");
    const above = await made({
      "package.json": JSON.stringify({ dependencies: { dayjs: "^1.0.0" } }),
      "a/job.ts": jobText("A", "return [x];", 'import x from "dayjs";'),
      "b/job.ts": jobText("B", "return [x];", 'import x from "gone";'),
    });
    // npm climbs to it from the folder of the job.
    expect((await bench.bad(above, "a")).hint).to.equal("run `npm install` in the folder a");
    expect((await bench.bad(above, "b")).hint).to.equal("run `npm install gone` in the folder b");
    const depsHint = "jobmount deps install, in the repository of the tasks";
    expect((await bench.bad(folder, "a", { depsHint })).hint).to.equal(depsHint);
  });

  it("a package that only tries whether another is there loads; one that needs another says who", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "return [x];", 'import x from "tries";'),
      "a/node_modules/tries/package.json": manifest("tries"),
      "a/node_modules/tries/index.js":
        'try { require("optional") } catch (e) { exports.code = e.code }\nif (exports.code !== "MODULE_NOT_FOUND") throw new Error("wrong " + exports.code);',
      "b/job.ts": jobText("B", "return [x];", 'import x from "needs";'),
      "b/node_modules/needs/package.json": manifest("needs", { type: "module" }),
      "b/node_modules/needs/index.js": 'import gone from "gone"; export default gone;',
    });
    expect((await bench.good(folder, "a")).spec.name).to.equal("A");
    const problem = await bench.bad(folder, "b");
    expect(problem.message).to.equal(
      'the package "gone" is not installed (b/node_modules/needs/index.js needs it)',
    );
  });

  it("the offered packages stay outside and are told in needs; the task's own copy wins", async () => {
    const folder = await made({
      "a/job.ts": jobText(
        "A",
        "return [mysql, undici];",
        ['import mysql from "mysql2/promise";', 'import { request as undici } from "undici";'].join("\n"),
      ),
      "b/job.ts": jobText("B", "return [undici];", 'import { mark as undici } from "undici";'),
      "b/node_modules/undici/package.json": manifest("undici"),
      "b/node_modules/undici/index.js": 'exports.mark = "own copy";',
    });
    const version = await bench.good(folder, "a");
    expect(version.needs.map((need) => [need.name, need.from])).to.deep.equal([
      ["mysql2", "service"],
      ["undici", "service"],
    ]);
    expect(version.needs[0]?.version).to.match(/^3\./);
    expect(version.bundle.length, "nothing of them is bundled").to.be.lessThan(5_000);
    const own = await bench.good(folder, "b");
    expect(own.needs).to.deep.equal([]);
    expect(own.bundle).to.contain("own copy");
  });

  it("packages with native code stay outside: sharp as npm installs it", async () => {
    const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
    const folder = await made({
      "image/job.ts": jobText(
        "Image",
        "return sharp;",
        'import sharp from "sharp";\nvoid sharp.versions.vips;',
      ),
    });
    await mkdir(folder.path("image/node_modules"));
    // Real copies, as in a mount: links that lead outside are refused.
    const names = ["sharp", "@img", "detect-libc", "semver"];
    for (const name of names) {
      await cp(join(modules, name), folder.path(`image/node_modules/${name}`), { recursive: true });
    }
    const version = await bench.good(folder, "image");
    const wanted = JSON.parse(readFileSync(join(modules, "sharp/package.json"), "utf8")) as {
      version: string;
    };
    expect(version.needs).to.deep.equal([{ name: "sharp", version: wanted.version, from: "task" }]);
    expect(version.files.map((file) => file.path)).to.deep.equal(["image/job.ts"]);

    const platforms = readdirSync(folder.path("image/node_modules/@img")).filter((name) =>
      name.includes("linux"),
    );
    for (const name of platforms) await folder.remove(`image/node_modules/@img/${name}`);
    await folder.write({ "image/node_modules/@img/sharp-win32-ia32/package.json": "{}" });
    const problem = await bench.bad(folder, "image");
    expect(problem).to.include({ code: "E124", file: "image/job.ts", line: 2 });
    expect(problem.message)
      .to.contain("@img/sharp-win32-ia32")
      .and.to.contain(`${process.platform}-${process.arch}`);
  });

  for (const [what, files] of Object.entries({
    "a binding.gyp": { "binding.gyp": "{}" },
    "an add-on that was built": { "build/Release/addon.node": "x" },
    "a tool that finds prebuilt add-ons": {
      "package.json": manifest("native", { dependencies: { "node-gyp-build": "4" } }),
    },
    "an install script that fetches one": {
      "package.json": manifest("native", { scripts: { install: "prebuild-install || node-gyp rebuild" } }),
    },
    "WebAssembly beside its code": { "dist/core.wasm": "x" },
    "prebuilt add-ons for this platform": {
      [`prebuilds/${process.platform}-${process.arch}/addon.node`]: "x",
    },
  })) {
    it(`a package is native when it has ${what}`, async () => {
      const inPackage = Object.entries(files).map(
        ([path, text]) => [`a/node_modules/native/${path}`, text] as const,
      );
      const folder = await made({
        "a/job.ts": jobText("A", "return native;", 'import native from "native";\nvoid native;'),
        "a/node_modules/native/package.json": manifest("native"),
        "a/node_modules/native/index.js": "module.exports = {};",
        ...Object.fromEntries(inPackage),
      });
      const version = await bench.good(folder, "a");
      expect(version.needs).to.deep.equal([{ name: "native", version: "1.2.3", from: "task" }]);
    });
  }

  it("prebuilt add-ons for other platforms only are a load error", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "return native;", 'import native from "native";'),
      "a/node_modules/native/package.json": manifest("native"),
      "a/node_modules/native/index.js": "module.exports = {};",
      "a/node_modules/native/prebuilds/win32-ia32/addon.node": "x",
    });
    expect((await bench.bad(folder, "a")).message).to.contain("win32-ia32");
  });

  it("R1: an add-on that is built or installed after that error is a change", async () => {
    const platform = `${process.platform}-${process.arch}`;
    for (const path of ["build/Release/addon.node", `prebuilds/${platform}/addon.node`]) {
      const folder = await made({
        "a/job.ts": jobText("A", "return native;", 'import native from "native";'),
        "a/node_modules/native/package.json": manifest("native"),
        "a/node_modules/native/index.js": "module.exports = {};",
        "a/node_modules/native/prebuilds/win32-ia32/addon.node": "x",
      });
      const loaded = await bench.load(folder, "a");
      if (loaded.kind !== "bad") expect.fail(loaded.kind);
      const tree = { root: folder.root, deps: null };
      expect(await loaded.inputs.changed(tree)).to.equal(null);
      await folder.write({ [`a/node_modules/native/${path}`]: "x" });
      expect(await loaded.inputs.changed(tree)).not.to.equal(null);
    }
  });

  it("packages installed outside the mount are found by the hash of the lockfile, and give the same bytes anywhere", async () => {
    const files = {
      "a/job.ts": jobText(
        "A",
        "return [x, native];",
        'import x from "cached";\nimport native from "native";',
      ),
      "a/package-lock.json": '{ "lockfileVersion": 3 }',
      "a/package.json": "{}",
    };
    const install = async (folder: TaskFolder): Promise<string> => {
      const depsDir = join(folder.base, "deps");
      const modules = join(depsDir, sha256Of(files["a/package-lock.json"]), "node_modules");
      const write = async (path: string, text: string): Promise<void> => {
        await mkdir(dirname(join(modules, path)), { recursive: true });
        await writeFile(join(modules, path), text);
      };
      await write("cached/package.json", manifest("cached"));
      await write("cached/index.js", 'module.exports = "cached, " + require("./more");');
      await write("cached/more.js", 'module.exports = require("other");');
      await write("other/package.json", manifest("other"));
      await write("other/index.js", 'module.exports = "other";');
      await write("native/package.json", manifest("native", { gypfile: true }));
      await write("native/index.js", "");
      return depsDir;
    };
    const one = await made(files);
    expect((await bench.bad(one, "a", { depsDir: join(one.base, "deps") })).code).to.equal("E120");
    const version = await bench.good(one, "a", { depsDir: await install(one) });
    expect(version.needs).to.deep.equal([{ name: "native", version: "1.2.3", from: "cache" }]);
    expect(version.files.map((file) => file.path)).to.include.members([
      "deps:node_modules/cached/more.js",
      "deps:node_modules/other/index.js",
    ]);
    const two = await made(files);
    const other = await bench.good(two, "a", { depsDir: await install(two) });
    expect(other.bundle).to.equal(version.bundle);
    expect(other.sourceMap).to.equal(version.sourceMap);
    expect(other.hash).to.equal(version.hash);
    expect(version.bundle + version.sourceMap).not.to.contain(one.base);
  });

  it("a package that is a link to outside the source is refused, one inside a pnpm store is followed", async () => {
    const folder = await made({
      "a/job.ts": jobText("A", "return x;", 'import x from "linked";\nvoid x;'),
      "a/node_modules/.pnpm/good@1/node_modules/good/package.json": manifest("good"),
      "a/node_modules/.pnpm/good@1/node_modules/good/index.js": 'module.exports = require("peer");',
      "a/node_modules/.pnpm/good@1/node_modules/peer/package.json": manifest("peer"),
      "a/node_modules/.pnpm/good@1/node_modules/peer/index.js": 'module.exports = "peer";',
      "b/job.ts": jobText("B"),
    });
    await mkdir(join(folder.base, "linked"));
    await writeFile(join(folder.base, "linked/package.json"), manifest("linked"));
    await writeFile(join(folder.base, "linked/index.js"), "module.exports = 1;");
    await symlink("../../../linked", folder.path("a/node_modules/linked"));
    expect((await bench.bad(folder, "a")).code).to.be.oneOf(["E109", "E121"]);
    await symlink(".pnpm/good@1/node_modules/good", folder.path("a/node_modules/good"));
    await folder.write({ "a/job.ts": jobText("A", "return x;", 'import x from "good";\nvoid x;') });
    expect((await bench.good(folder, "a")).bundle).to.contain('"peer"');
  });
});
