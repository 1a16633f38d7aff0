// The image runs the main job: its own layout, a read-only root, production packages alone, a user without rights.
import { expect } from "chai";
import { type ChildProcess, execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { canRunAsRoot } from "../support/left-out.ts";
import { type Json, ROOT } from "../support/service.ts";
import { toolAvailable } from "../support/tool.ts";
import { ImageLayout } from "./image-layout.ts";

const TOKEN = "image-test-token-0123456789-abcdefghij";

/** Tells whom it runs as, what it can write, and what it can read of the service. */
const LOOK = `import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
const tried = (what: () => unknown) => { try { what(); return true; } catch { return false; } };
export class Job extends defineJob({ name: "Look" }) {
  execute() {
    return {
      uid: process.getuid!(),
      node: process.execPath,
      writes: ["/", "/app", "/app/external_tasks", "/usr/local/bin", this.tempDir, this.dataDir].filter((folder) =>
        tried(() => writeFileSync(join(folder, "written"), "x"))),
      reads: ["/proc/1/environ", "/proc/1/mem", "/data/secret.key", "/usr/local/lib/jobmount/node"].filter((path) =>
        tried(() => readFileSync(path, { flag: "r" }).length)),
    };
  }
}
`;

const HELLO = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Hello" }) { execute() { this.records.success(); } }
`;

describe("the image", function () {
  this.timeout(120_000);
  let layout: ImageLayout;
  let tasks: string;
  let service: ChildProcess | undefined;
  let output = "";
  let url = "";

  before(function () {
    // Mounts and users are root's.
    if (!canRunAsRoot("the image")) this.skip();
    // The image's first process; without it nothing shows that its entrypoint works.
    if (!toolAvailable("tini", "the image as it is started")) this.skip();
    layout = new ImageLayout();
    tasks = mkdtempSync(join(tmpdir(), "jobmount-mounted-"));
    chmodSync(tasks, 0o755);
    mkdirSync(join(tasks, "look"));
    writeFileSync(join(tasks, "look", "job.ts"), LOOK);
  });
  afterEach(async () => {
    // Without its parent it would live on: setpriv has another user, and with that no signal of a parent's death.
    if (service?.exitCode === null && service.signalCode === null)
      await end("SIGKILL", await layout.firstOf(service));
  });
  after(() => {
    layout?.remove();
    if (tasks) rmSync(tasks, { recursive: true, force: true, maxRetries: 5 });
  });

  async function start(stage: string, env: Record<string, string> = {}): Promise<number> {
    layout.cleanData(stage);
    return startAgain(stage, env);
  }

  /** On the data that is there. */
  async function startAgain(stage: string, env: Record<string, string> = {}): Promise<number> {
    output = "";
    const child = layout.start(stage, {
      args: ["start"],
      mounts: { "/mounted": tasks },
      env: {
        EXTERNAL_TASKS_PATH: "default=/app/external_tasks,mounted=/mounted",
        PORT: "0",
        HOST: "127.0.0.1",
        JOBMOUNT_ADMIN_TOKEN: TOKEN,
        ...env,
      },
    });
    service = child;
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    url = await eventually(() => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
      return /"url":"(http:[^"]+)"/.exec(output)?.[1];
    }, 60_000);
    return layout.firstOf(child);
  }

  async function end(signal: NodeJS.Signals, pid = service?.pid): Promise<number | null> {
    const child = service;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    process.kill(pid!, signal);
    return ended;
  }

  async function ask(path: string, body?: unknown): Promise<Json> {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      prefer: "wait=60",
    };
    const method = body === undefined ? "GET" : "POST";
    const reply = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    return reply.json() as Json;
  }
  const run = (job: string) => ask(`/jobs/${job}/runs`, {});
  const fires = async (): Promise<Json[]> => (await ask("/runs?limit=200&job=mounted:look")).data as Json[];

  it("runs the main job without a right to anything but /data and /tmp, is healthy, and ends with 0", async () => {
    const pid = await start("jobmount");
    const look = await run("mounted:look");
    expect(look.state, look.cause).to.equal("succeeded");
    expect(look.result.uid).to.equal(10_001);
    expect(look.result.writes).to.have.length(2);
    expect(look.result.node).not.to.equal("/usr/local/lib/jobmount/node");
    // The file of the key is the user's own: that wall is the variant's.
    expect(look.result.reads).to.deep.equal(["/data/secret.key"]);
    const main = await run("import_cities");
    expect(main.state, main.cause).to.equal("succeeded");
    expect(main.records.success).to.be.greaterThan(20_000);
    expect(existsSync(join(layout.root, "data", "data.db"))).to.equal(true);
    expect(layout.health("jobmount", pid)).to.equal(0);
    expect(output, "no token in a log that is kept").not.to.match(/jbm_/);
    expect(await end("SIGTERM", pid), output).to.equal(0);
  });

  it("is backed up while it runs and put back by what it holds alone, and no fire runs twice", async () => {
    const pid = await start("jobmount");
    await ask("/schedules", { job: "mounted:look", every: "1s", catchUp: { policy: "all", window: "1h" } });
    const succeeded = async () => (await fires()).filter(({ state }) => state === "succeeded");
    await eventually(async () => (await succeeded()).length >= 3, 30_000);
    const known = await succeeded();
    const made = layout.exec("jobmount", pid, ["jobmount", "backup", "/data/backup.db"]);
    expect(made.status, made.output).to.equal(0);
    const kept = (await fires()).length;
    await eventually(async () => (await fires()).length >= kept + 2, 30_000);
    expect(await end("SIGTERM", pid), output).to.equal(0);

    const page = readFileSync(join(ROOT, "docs/deployment.md"), "utf8");
    const put = /sh jobmount -c '(cd \/data && [^']*)'/.exec(page)?.[1];
    expect(put, "the line that puts a backup back").to.be.a("string");
    const done = layout.run("jobmount", { entrypoint: ["sh"], args: ["-c", put!] });
    expect(done.status, done.output).to.equal(0);
    const startedAt = new Date().toISOString();
    await startAgain("jobmount");
    await eventually(async () => (await succeeded()).some(({ fireAt }) => fireAt > startedAt), 60_000);
    const all = await fires();
    const instants = all.map(({ fireAt }) => Date.parse(fireAt as string)).sort((a, b) => a - b);
    expect(new Set(instants).size, "one row for each instant").to.equal(instants.length);
    expect(
      instants.slice(1).filter((at, i) => at - instants[i]! !== 1_000),
      "none is missing",
    ).to.deep.equal([]);
    for (const { id, startedAt: began } of known)
      expect(all.find((one) => one.id === id)?.startedAt, "not done again").to.equal(began);
  });

  it("gives jobs a user of their own in the variant that starts as root", async () => {
    const pid = await start("job-user");
    const look = await run("mounted:look");
    expect(look.state, look.cause).to.equal("succeeded");
    expect(look.result.uid).to.equal(10_002);
    expect(look.result.reads).to.deep.equal([]);
    expect(look.result.writes).to.have.length(2);
    expect(layout.health("job-user", pid)).to.equal(0);
    expect(await end("SIGTERM", pid), output).to.equal(0);
  });

  it("is the command line of tenants, over their own folder", () => {
    layout.cleanData("jobmount");
    const mounts = { "/app/external_tasks": tasks };
    const validated = layout.run("jobmount", { args: ["validate"], mounts });
    expect(validated.status, validated.output).to.equal(0);
    const ran = layout.run("jobmount", { args: ["run", "look", "--json"], mounts });
    expect(ran.status, ran.output).to.equal(0);
    expect(JSON.parse(ran.stdout).result.uid).to.equal(10_001);
    const types = layout.run("jobmount", { args: ["types", "/tmp"], mounts });
    expect(types.status, types.output).to.equal(0);
  });

  it("npm pack: its tarball installs, and brings the command, the types and what jobs import", () => {
    const folder = join(layout.folder, "consumer");
    mkdirSync(join(folder, "tasks", "hello"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    // What it depends on is there already, so that nothing has to be fetched.
    execFileSync("cp", ["-al", join(layout.root, "app", "node_modules"), join(folder, "node_modules")]);
    const inside = (command: string, ...args: string[]) =>
      execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    inside("npm", "install", "--offline", "--ignore-scripts", "--no-audit", layout.tarball);
    expect(inside("npx", "--offline", "jobmount", "--version").trim()).to.match(/^\d+\.\d+\.\d+$/);
    writeFileSync(join(folder, "tasks", "hello", "job.ts"), HELLO);
    const { state, records } = JSON.parse(
      inside("npx", "--offline", "jobmount", "run", "hello", "--dir", "tasks", "--json"),
    ) as Json;
    expect(state).to.equal("succeeded");
    expect(records.success).to.equal(1);
    expect(existsSync(join(folder, "node_modules/jobmount/dist/src/sdk/index.d.ts"))).to.equal(true);
    const names = execFileSync("tar", ["-tzf", layout.tarball], { encoding: "utf8" }).trim().split("\n");
    expect(
      names.filter((name) => /(^|\/)(test|bench|\.ci|\.env|data)\/|\.db$|secret/.test(name)),
    ).to.deep.equal([
      ...names.filter((name) => /dist\/src\/|builtin_tasks\//.test(name) && /secret/.test(name)),
    ]);
  });

  it("holds no package for development, no compiler, and a service's node that nobody may read", () => {
    const packages = join(layout.root, "app", "node_modules");
    for (const name of ["typescript", "mocha", "eslint", "tsx", "sharp"])
      expect(existsSync(join(packages, name)), name).to.equal(false);
    expect(existsSync(join(packages, "libsql"))).to.equal(true);
    const { mode, uid } = statSync(join(layout.root, "usr/local/lib/jobmount/node"));
    expect([mode & 0o777, uid]).to.deep.equal([0o711, 0]);
    expect(statSync(join(layout.root, "usr/local/lib/jobmount/tini")).mode & 0o777).to.equal(0o711);
  });
});
