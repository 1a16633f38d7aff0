import { expect } from "chai";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { jobmount, type Started, startJobmount, tempFolder } from "./jobmount.ts";

const PATIENCE_MS = 15_000;

describe("jobmount start", () => {
  const cwd = tempFolder();
  const env = { PORT: "0" };
  const running = new Set<Started>();
  let service: Started;
  let url = "";
  let token = "";

  function job(key: string, code: string): void {
    mkdirSync(join(cwd, "external_tasks", key), { recursive: true });
    writeFileSync(join(cwd, "external_tasks", key, "job.ts"), code);
  }

  function start(options: { verb?: string[]; cwd?: string; env?: Record<string, string> } = {}): Started {
    const started = startJobmount(options.verb ?? ["start"], {
      cwd: options.cwd ?? cwd,
      env: { ...env, ...options.env },
    });
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  }

  async function listening(started: Started): Promise<string> {
    return eventually(() => {
      if (started.child.exitCode !== null) throw new Error(started.stderr);
      return /^Jobmount listens on (http:\/\/\S+)/m.exec(started.stderr)?.[1];
    }, PATIENCE_MS);
  }

  async function stopped(started: Started, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    started.child.kill(signal);
    return (await started.ended).code;
  }

  before(async () => {
    job(
      "greet",
      `import { defineJob } from "jobmount";
       export class Job extends defineJob({ name: "Greet", requiredParams: { who: { type: "string" } } }) {
         async execute() { console.log("hello " + this.params.who); this.records.success(); return { said: this.params.who }; }
       }`,
    );
    job("broken", "export class Job {");
    service = start();
    url = await listening(service);
    token = await eventually(() => /export JOBMOUNT_TOKEN=(\S+)/.exec(service.stderr)?.[1]);
  });

  after(async () => {
    await Promise.all([...running].map((started) => stopped(started, "SIGKILL")));
  });

  it("says where it listens, what it watches, how many jobs loaded, and gives a curl line that works", async () => {
    await eventually(() => service.stderr.includes("npx jobmount sign-in"));
    expect(service.stderr).to.include("watches   ./external_tasks: 1 job loaded, 1 with an error");
    expect(service.stdout).to.equal("");
    const line = /^ {2}curl .*"Authorization: Bearer \$JOBMOUNT_TOKEN" (\S+)$/m.exec(service.stderr)!;
    const response = await fetch(line[1]!, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).to.equal(200);
    const { data } = (await response.json()) as { data: { key: string }[] };
    expect(data.map((one) => one.key)).to.include("greet");
  });

  it("A5: verbs of the database go through its socket, which only its user can open", async () => {
    expect(statSync(join(cwd, "data/jobmount.sock")).mode & 0o777).to.equal(0o600);
    const created = await jobmount(["token", "create", "--name", "ci", "--role", "viewer"], { cwd });
    expect(created.code, created.stderr).to.equal(0);
    const headers = { authorization: `Bearer ${created.stdout.trim()}` };
    const me = (await (await fetch(`${url}/api/v1/me`, { headers })).json()) as { role: string };
    expect(me.role).to.equal("viewer");
    const link = await jobmount(["sign-in"], { cwd });
    expect(link.code, link.stderr).to.equal(0);
    expect(link.stdout).to.match(new RegExp(`^${url}/sign-in\\?code=`));
    const used = await fetch(link.stdout.trim(), { method: "POST", headers: { accept: "application/json" } });
    expect(used.status).to.equal(200);
    const migrated = await jobmount(["migrate", "up"], { cwd });
    expect(migrated.stderr).to.include("A service runs on this database");
  });

  it("a job is triggered and followed from the shell, by socket and by token", async () => {
    const local = await jobmount(["trigger", "greet", "-p", "who=you", "--wait", "--json"], { cwd });
    expect(local.code, local.stderr).to.equal(0);
    expect(local.stderr).to.include("hello you").and.to.include("succeeded");
    const run = JSON.parse(local.stdout) as { id: string };
    expect(run).to.deep.include({ state: "succeeded", trigger: "cli", result: { said: "you" } });
    const remote = { JOBMOUNT_URL: url, JOBMOUNT_TOKEN: token };
    const list = await jobmount(["runs", "list", "--state", "succeeded"], { cwd: tempFolder(), env: remote });
    expect(list.stdout).to.include(run.id).and.to.include("1 processed, 1 success");
    const log = await jobmount(["runs", "logs", run.id], { cwd, env: remote });
    expect(log.stdout).to.match(/info {2}hello you\n$/);
    const wrong = await jobmount(["trigger", "greet"], { cwd });
    expect(wrong.code).to.equal(3);
    expect(wrong.stderr).to.include("-p who: is required");
    const unknown = await jobmount(["trigger", "gret"], { cwd });
    expect(unknown.code).to.equal(4);
    expect(unknown.stderr).to.include('Did you mean "greet"?');
  });

  it("schedules are created and listed from the shell", async () => {
    const args = [
      "schedules",
      "create",
      "greet",
      "--cron",
      "0 3 * * *",
      "--tz",
      "Europe/Berlin",
      "-p",
      "who=all",
    ];
    const created = await jobmount(args, { cwd });
    expect(created.code, created.stderr).to.equal(0);
    expect(created.stdout).to.match(/^sch_\w+\n$/);
    expect(created.stderr).to.include("03:00").and.to.include("next: ");
    const list = await jobmount(["schedules", "list"], { cwd });
    expect(list.stdout).to.include(created.stdout.trim()).and.to.include("greet");
  });

  it("a port that is taken is one sentence and exit code 78", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const ended = await start({ cwd: tempFolder(), env: { PORT: String(port) } }).ended;
    other.close();
    expect(ended.code).to.equal(78);
    expect(ended.stderr).to.include(`127.0.0.1:${port}`).and.to.include("PORT");
    expect(ended.stderr).not.to.match(/^\s+at /m);
  });

  it("A5: a second service on the same SQLite file refuses to start, and says why", async () => {
    const ended = await start().ended;
    expect(ended.code).to.equal(78);
    expect(ended.stderr)
      .to.include("is in use by another Jobmount process")
      .and.to.include("TASK_DATABASE_URL");
    expect(ended.stderr).not.to.match(/^\s+at /m);
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
  });

  it("a MySQL that is away is one sentence and exit code 78, without its password", async () => {
    const away = {
      TASK_DATABASE_URL: "mysql://someone:hunter22@127.0.0.1:9/jobs",
      JOBMOUNT_SECRET_KEY: "k".repeat(32),
      JOBMOUNT_DATABASE_WAIT: "600ms",
    };
    const ended = await start({ cwd: tempFolder(), env: away }).ended;
    expect(ended.code).to.equal(78);
    expect(ended.stderr).to.include("127.0.0.1:9").and.not.to.include("hunter22");
    expect(ended.stderr).not.to.match(/^\s+at /m);
  });

  it("a task folder that does not exist yet is said, and picked up when it appears", async () => {
    const folder = tempFolder();
    const started = start({ cwd: folder, env: { JOBMOUNT_ADMIN_TOKEN: "a".repeat(32) } });
    const address = await listening(started);
    expect(started.stderr).to.include("not there yet, jobs load when it appears");
    expect(started.stderr).not.to.include("JOBMOUNT_TOKEN=");
    mkdirSync(join(folder, "external_tasks/late"), { recursive: true });
    writeFileSync(
      join(folder, "external_tasks/late/job.ts"),
      'import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "Late" }) { async execute() {} }\n',
    );
    const headers = { authorization: `Bearer ${"a".repeat(32)}` };
    await eventually(
      async () => (await fetch(`${address}/api/v1/jobs/late`, { headers })).status === 200,
      PATIENCE_MS,
    );
    expect(await stopped(started, "SIGINT")).to.equal(0);
  });

  it("L3: with JOBMOUNT_LOG_FORMAT=json every line is JSON and none has the token", async () => {
    const started = start({ cwd: tempFolder(), env: { JOBMOUNT_LOG_FORMAT: "json" } });
    await eventually(() => started.stderr.includes('"listening"'), PATIENCE_MS);
    expect(await stopped(started)).to.equal(0);
    for (const line of started.stderr.trim().split("\n"))
      expect(() => JSON.parse(line) as unknown, line).not.to.throw();
    expect(started.stderr).not.to.include("jbm_");
  });

  it("A4: SIGTERM ends it with 0; a later start on the same database gives no second token", async () => {
    expect(await stopped(service)).to.equal(0);
    const again = start();
    await listening(again);
    await eventually(() => again.stderr.includes("a sign-in link: npx jobmount sign-in"));
    expect(again.stderr).not.to.include("JOBMOUNT_TOKEN=");
    expect(await stopped(again, "SIGINT")).to.equal(0);
  });

  describe("dev", () => {
    it("tells each event in a line, and a load error with its code frame", async () => {
      const folder = tempFolder();
      const dir = join(folder, "tasks/hi");
      mkdirSync(dir, { recursive: true });
      const source = (body: string) =>
        writeFileSync(
          join(dir, "job.ts"),
          `import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "Hi" }) {\n${body}\n}\n`,
        );
      source("async execute() { this.records.success(3); }");
      const started = start({ verb: ["dev", "tasks"], cwd: folder });
      await listening(started);
      await eventually(() => started.stderr.includes("Schedules do not fire"));
      expect(started.stderr).to.include("watches   ./tasks: 1 job loaded");
      source("async execute() { this is wrong }");
      await eventually(() => started.stderr.includes("hi does not load"), PATIENCE_MS);
      await eventually(() => /syntax hi\/job\.ts:3:\d+ /.test(started.stderr));
      expect(started.stderr)
        .to.match(/version [0-9a-f]{7} still serves/)
        .and.to.include("this is wrong");
      source("async execute() { this.records.success(4); }");
      await eventually(() => /loaded hi [0-9a-f]{7}\n(?!.*does not load)/s.test(started.stderr), PATIENCE_MS);
      // Its socket is found from the same folder, although the database is not in ./data.
      const triggered = await jobmount(["trigger", "hi", "--wait"], { cwd: folder });
      expect(triggered.code, triggered.stderr).to.equal(0);
      await eventually(() => /run hi succeeded in .*: 4 processed, 4 success run_/.test(started.stderr));
      expect(await stopped(started, "SIGINT")).to.equal(0);
      rmSync(join(folder, ".jobmount"), { recursive: true });
    });
  });
});
