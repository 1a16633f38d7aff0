// `validate --types` and `validate --against`: what the CI of a task repository tells a pull request.
import { expect } from "chai";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judge } from "../../src/cli/against.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";
import { specOf } from "../sdk/listening-context.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

const job = (name: string, more: string, body = "") =>
  `import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "${name}", ${more} }) { execute() { ${body} } }\n`;

function write(folder: string, key: string, text: string, file = "job.ts"): void {
  mkdirSync(join(folder, key), { recursive: true });
  writeFileSync(join(folder, key, file), text);
}

describe("jobmount validate --types", function () {
  this.timeout(150_000);
  const cwd = tempFolder();
  const tasks = join(cwd, "tasks");

  it("tells type errors with their place and code frame; without it they are no problem, since they keep nothing from loading", async () => {
    write(
      tasks,
      "good",
      job(
        "Good",
        'optionalParams: { n: { type: "integer", default: 1 } }',
        "return { n: this.params.n / 2 };",
      ),
    );
    write(
      tasks,
      "wrong",
      job("Wrong", 'optionalParams: { s: { type: "string" } }', "return { n: this.params.s.length };"),
    );
    write(tasks, "by_helper", `import { x } from "../_lib/x.ts";\n${job("Helper", "", "return { x };")}`);
    write(tasks, "_lib", "export const x: string = 1;\n", "x.ts");
    const loads = await jobmount(["validate", "tasks"], { cwd });
    expect(loads.code, loads.stdout).to.equal(0);
    const { code, stdout, stderr } = await jobmount(["validate", "tasks", "--types"], { cwd });
    expect(code).to.equal(3);
    expect(stdout).to.match(/^error wrong\n {2}TS2532 wrong\/job\.ts:2:\d+ .*possibly 'undefined'/m);
    expect(stdout).to.match(/^ {2}> 2 \| .*\n +\| +\^$/m);
    expect(stdout).to.match(/^error _lib\/x\.ts\n {2}TS2322 _lib\/x\.ts:1:14 /m);
    expect(stdout).to.match(/^ok +good/m);
    expect(stderr).to.contain("3 jobs loaded, 1 did not, 1 of them with problems.");
    const github = await jobmount(["validate", "tasks", "--types", "--format", "github"], { cwd });
    expect(github.stdout).to.match(
      /^::error file=tasks\/wrong\/job\.ts,line=2,col=\d+,title=wrong%3A TS2532::/m,
    );
  });

  it("tests beside jobs, Node, packages on offer and the folder's own options count", async () => {
    rmSync(join(tasks, "wrong"), { recursive: true });
    rmSync(join(tasks, "_lib"), { recursive: true });
    rmSync(join(tasks, "by_helper"), { recursive: true });
    await jobmount(["new", "hello", "--dir", "tasks"], { cwd });
    write(
      tasks,
      "db",
      `import { createPool } from "mysql2/promise";\nimport { readFile } from "node:fs/promises";\n${job("Db", "", "void createPool; void readFile;")}`,
    );
    expect((await jobmount(["validate", "tasks", "--types"], { cwd })).code).to.equal(0);
    write(tasks, "loose", job("Loose", "", "const f = (x) => x; return { f: f(1) };"));
    expect((await jobmount(["validate", "tasks", "--types"], { cwd })).stdout).to.contain("TS7006");
    writeFileSync(join(tasks, "tsconfig.json"), '{ "compilerOptions": { "strict": false } }');
    expect((await jobmount(["validate", "tasks", "--types"], { cwd })).code).to.equal(0);
  });
});

describe("jobmount validate --against", function () {
  this.timeout(60_000);
  let service: Service;
  const env = () => ({ JOBMOUNT_TOKEN: service.token });
  const schedules: Record<string, string> = {};
  const params = (more: string) =>
    `requiredParams: { token: { type: "password" } }, optionalParams: { size: { type: "integer", default: 10${more} } }`;
  let branch: string;

  before(async () => {
    service = await Service.start({ jobs: [] });
    write(service.tasks, "billing/sync", job("Sync", params(", max: 100")));
    write(service.tasks, "report", job("Report", ""));
    write(service.tasks, "other", job("Other", ""));
    await eventually(async () => (await service.get("/jobs")).json.data.length === 3, 15_000);
    for (const [name, key, given] of [
      ["big", "billing.sync", { token: "xoxb-12345678", size: 90 }],
      ["small", "billing.sync", { token: "xoxb-12345678", size: 5 }],
      ["daily", "report", {}],
    ] as const) {
      const { json } = await service.call("POST", "/schedules", {
        job: key,
        name,
        every: "1h",
        params: given,
      });
      schedules[name] = json.id;
    }
    branch = join(tempFolderNow(), "tasks");
    cpSync(service.tasks, branch, { recursive: true });
  });
  after(() => service.stop());
  let folder = "";
  const made = tempFolder();
  function tempFolderNow(): string {
    folder = made;
    return folder;
  }

  it("says that nothing would change when nothing would", async () => {
    const { code, stdout, stderr } = await jobmount(["validate", branch, "--against", service.url], {
      cwd: folder,
      env: env(),
    });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain(`nothing would change for the schedules of ${service.url}`);
  });

  it("R7: names the schedules that would be held with a reason for each field, jobs that would be gone, and what changes", async () => {
    write(branch, "billing/sync", job("Sync", params(", max: 50")));
    rmSync(join(branch, "report"), { recursive: true });
    write(branch, "other", "broken(");
    const asked = ["validate", branch, "--against", service.url];
    const text = await jobmount(asked, { cwd: folder, env: env() });
    expect(text.code, "other does not load; holding alone is no failure").to.equal(3);
    expect(text.stdout).to.contain("params billing/sync: size: max 100 -> 50");
    expect(text.stdout).to.contain(
      `would hold ${schedules["big"]} "big" of billing/sync: size: must be at most 50, but is 90`,
    );
    expect(text.stdout).not.to.contain(schedules["small"]!);
    expect(text.stdout).to.contain("would be gone report: its schedule is skipped until its folder returns");
    expect(text.stdout + text.stderr).not.to.contain("xoxb");
    const json = await jobmount([...asked, "--json"], { cwd: folder, env: env() });
    const { against } = JSON.parse(json.stdout) as { against: Record<string, { schedule?: string }[]> };
    expect(against["holds"]!.map((one) => one.schedule)).to.deep.equal([schedules["big"]]);
    expect(against["unknown"]).to.deep.equal([]);
    const github = await jobmount([...asked, "--format", "github"], { cwd: folder, env: env() });
    expect(github.stdout).to.match(
      /^::warning file=tasks\/billing\/sync\/job\.ts,title=billing\/sync%3A would hold a schedule::sch_/m,
    );
    rmSync(join(branch, "other"), { recursive: true });
    write(branch, "other", job("Other", ""));
    expect(
      (await jobmount(asked, { cwd: folder, env: env() })).code,
      "it tells, it does not refuse",
    ).to.equal(0);
  });

  it("a secret's value is never known here: only when its own rules change, it may be held", async () => {
    write(branch, "billing/sync", job("Sync", params("").replace('"password"', '"password", minLength: 30')));
    const { stdout } = await jobmount(["validate", branch, "--against", service.url], {
      cwd: folder,
      env: env(),
    });
    expect(stdout).to.contain(
      `may hold ${schedules["small"]} "small" of billing/sync: token: its rules changed`,
    );
  });

  it("is told what it needs: a token, an address, a source that the service has", async () => {
    const asked = ["validate", branch, "--against"];
    const none = await jobmount([...asked, service.url], { cwd: folder });
    expect(none.code).to.equal(78);
    expect(none.stderr).to.contain("JOBMOUNT_TOKEN");
    const odd = await jobmount([...asked, "localhost"], { cwd: folder, env: env() });
    expect(odd.code).to.equal(2);
    const other = await jobmount([...asked, service.url, "--source", "acme"], { cwd: folder, env: env() });
    expect(other.code).to.equal(4);
    expect(other.stderr)
      .to.contain('has no source "acme"; it has builtin, default')
      .and.to.contain("--source");
    const away = await jobmount([...asked, "http://127.0.0.1:9"], { cwd: folder, env: env() });
    expect(away.code).to.equal(5);
    const wrong = await jobmount([...asked, service.url], {
      cwd: folder,
      env: { JOBMOUNT_TOKEN: "jbm_not_a_token_of_this_service" },
    });
    expect(wrong.code).to.equal(4);
  });

  it("R8: says of a pinned job that nothing changes until it is unpinned, and what that would hold", async () => {
    write(branch, "billing/sync", job("Sync", params(", max: 50")));
    write(branch, "report", job("Report", ""));
    const { json: now } = await service.get("/jobs/billing.sync");
    const pin = { version: (now as Json).version.hash };
    const { status, text } = await service.call("POST", "/jobs/billing.sync/pin", pin);
    expect(status, text).to.be.below(300);
    try {
      const asked = ["validate", branch, "--against", service.url];
      const { stdout } = await jobmount(asked, { cwd: folder, env: env() });
      expect(stdout).to.contain(
        "pinned billing/sync: nothing changes until it is unpinned; that may hold a schedule of it",
      );
      expect(stdout).not.to.contain("would hold");
      expect(stdout).not.to.contain("params billing/sync");
    } finally {
      await service.call("POST", "/jobs/billing.sync/unpin");
    }
  });
});

describe("saved params against a new spec, seen from outside", () => {
  const before = specOf({
    requiredParams: { key: { type: "password" } },
    optionalParams: { a: { type: "string" } },
  });

  it("a secret counts as given, also where it is none any more", () => {
    const given = { key: { secret: true }, a: "x" };
    expect(judge(before, before, given)).to.deep.equal({ errors: [], unknown: [] });
    const open = specOf({
      requiredParams: { key: { type: "string" } },
      optionalParams: { a: { type: "string" } },
    });
    const judged = judge(open, before, given);
    expect(judged.errors).to.deep.equal([]);
    expect(judged.unknown.map(({ pointer }) => pointer)).to.deep.equal(["/key"]);
    const gone = specOf({ optionalParams: { a: { type: "string" } } });
    expect(judge(gone, before, given).errors.map(({ pointer }) => pointer)).to.deep.equal(["/key"]);
    const more = specOf({ requiredParams: { key: { type: "password" }, b: { type: "integer" } } });
    expect(judge(more, before, given).errors.map(({ pointer }) => pointer)).to.have.members(["/b", "/a"]);
  });
});
