// `deps install` and `deps check`: real npm, packages from tarballs on disk, and a running service that waits for them.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

const job = (name: string) => `import { defineJob } from "jobmount";
import { tiny } from "tiny";
export class Job extends defineJob({ name: "${name}" }) { execute() { return { tiny: tiny() }; } }
`;

describe("jobmount deps", function () {
  this.timeout(90_000);
  const cwd = tempFolder();
  const tasks = join(cwd, "external_tasks");
  const depsDir = join(cwd, "data/deps");
  // Nothing is fetched: what npm installs here lies on this disk.
  const env = { npm_config_offline: "true", npm_config_cache: join(cwd, "npm"), HOME: cwd };

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const npm = (folder: string, ...args: string[]): string =>
    execFileSync("npm", args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, ...env },
      stdio: "pipe",
    });

  before(function () {
    write(
      join(cwd, "tiny/package.json"),
      JSON.stringify({
        name: "tiny",
        version: "1.0.0",
        main: "index.js",
        scripts: { install: `touch ${join(cwd, "script-ran")}` },
      }),
    );
    write(join(cwd, "tiny/index.js"), 'exports.tiny = () => "tiny 1";');
    npm(join(cwd, "tiny"), "pack", "--pack-destination", cwd);
    write(join(tasks, "team/a/job.ts"), job("A"));
    write(join(tasks, "team/b/job.ts"), job("B"));
    write(
      join(tasks, "team/package.json"),
      JSON.stringify({ name: "team", dependencies: { tiny: `file:${join(cwd, "tiny-1.0.0.tgz")}` } }),
    );
    npm(join(tasks, "team"), "install", "--package-lock-only");
    write(
      join(tasks, "plain/job.ts"),
      'import { defineJob } from "jobmount"; export class Job extends defineJob({ name: "P" }) { execute() {} }',
    );
    write(join(tasks, "plain/package.json"), '{ "name": "plain", "devDependencies": { "x": "1" } }');
  });

  it("check names what is missing and the jobs that need it; a manifest without dependencies needs nothing", async () => {
    const { code, stdout, stderr } = await jobmount(["deps", "check"], { cwd });
    expect(code).to.equal(3);
    expect(stdout.trim()).to.equal("missing  team/package-lock.json  team/a, team/b");
    expect(stderr).to.contain("npx jobmount deps install");
  });

  it("install makes a running service load what waited for it, without a restart and without running scripts", async () => {
    const service = await Service.start({ folder: cwd });
    try {
      const error = async () => (await service.get("/jobs/team.a")).json.loadError;
      await eventually(async () => (await error())?.code === "E120", 15_000);
      expect((await error()).hint).to.contain("npx jobmount deps install");
      const installed = await jobmount(["deps", "install"], { cwd, env });
      expect(installed.code, installed.stderr).to.equal(0);
      expect(installed.stdout).to.match(
        /^installed {2}team\/package-lock\.json {2}[0-9a-f]{12} {2}1 packages\n$/,
      );
      await eventually(async () => (await service.get("/jobs/team.a")).json.loadState === "ready", 15_000);
      await eventually(async () => (await service.get("/jobs/team.b")).json.loadState === "ready", 15_000);
      expect((await service.run("team.b")).result).to.deep.equal({ tiny: "tiny 1" });
      expect(existsSync(join(cwd, "script-ran"))).to.equal(false);
      expect(existsSync(join(tasks, "team/node_modules")), "the mount is never written").to.equal(false);
    } finally {
      await service.terminate();
    }
    expect((await jobmount(["deps", "check", "--json"], { cwd })).code).to.equal(0);
    const again = await jobmount(["deps", "install"], { cwd, env });
    expect(again.stdout).to.contain("known      team/package-lock.json");
  });

  it("run, validate and test find what was installed", async () => {
    write(
      join(tasks, "team/a/job.test.ts"),
      `import { test } from "node:test";
import { testJob } from "jobmount/testing";
import { Job } from "./job.ts";
test("uses it", async () => { if ((await testJob(Job)).outcome !== "succeeded") throw new Error("no"); });
`,
    );
    const [run, validated, tested] = await Promise.all([
      jobmount(["run", "team/a"], { cwd }),
      jobmount(["validate"], { cwd }),
      jobmount(["test", "team/a"], { cwd }),
    ]);
    expect(JSON.parse(run.stdout)).to.deep.equal({ tiny: "tiny 1" });
    expect(validated.code, validated.stdout).to.equal(0);
    expect(tested.code, tested.stdout + tested.stderr).to.equal(0);
  });

  it("what cannot be installed is told with npm's own words, leaves nothing behind, and stops no other", async () => {
    write(join(tasks, "broken/job.ts"), job("Broken"));
    for (const name of ["package.json", "package-lock.json"]) {
      const text = readFileSync(join(tasks, "team", name), "utf8");
      write(join(tasks, "broken", name), text.replaceAll("tiny-1.0.0.tgz", "gone.tgz"));
    }
    write(join(tasks, "torn/job.ts"), job("Torn"));
    write(join(tasks, "torn/package.json"), readFileSync(join(tasks, "team/package.json"), "utf8"));
    write(join(tasks, "torn/package-lock.json"), '{ "lockfileVersion": 3, ');
    write(join(tasks, "odd/job.ts"), job("Odd"));
    write(join(tasks, "odd/pnpm-lock.yaml"), "lockfileVersion: '9.0'\n");
    const before = readdirSync(depsDir);
    // A path without pnpm, so that the sentence is the same on every machine.
    const path = join(cwd, "bin");
    mkdirSync(path, { recursive: true });
    const npmPath = execFileSync("bash", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
    write(join(path, "npm"), `#!/bin/sh\nexec "${process.execPath}" "${npmPath}" "$@"\n`);
    execFileSync("chmod", ["+x", join(path, "npm")]);
    const { code, stdout, stderr } = await jobmount(["deps", "install"], {
      cwd,
      env: { ...env, PATH: `${path}:/bin:/usr/bin` },
    });
    expect(code).to.equal(3);
    expect(stdout).to.contain("known      team/package-lock.json");
    expect(stderr).to.contain("failed broken/package-lock.json (broken)").and.to.contain("gone.tgz");
    expect(stderr).to.match(/failed odd\/pnpm-lock\.yaml \(odd\)\n +pnpm is not installed on this machine/);
    expect(stderr).to.match(
      /failed torn\/package-lock\.json \(torn\)\n +npm ci ended with 1:\n +package-lock\.json is not valid JSON: .*\n +npm error /,
    );
    expect(stderr).not.to.contain("Usage:");
    expect(stderr).to.contain("3 of 4 could not be installed");
    expect(readdirSync(depsDir)).to.deep.equal(before);
  });

  it("says so when no job declares packages", async () => {
    const { code, stderr } = await jobmount(["deps", "install", "external_tasks/plain"], { cwd });
    expect(code).to.equal(0);
    expect(stderr).to.contain("No job declares packages");
  });
});
