// Moving an installation from SQLite to MariaDB and back: whatever was there is there, to the byte, and goes on.
import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { type Json, ROOT, Service } from "../support/service.ts";

const KEY = "k".repeat(32);
const says = (word: string) => `import { defineJob } from "jobmount";
  export class Job extends defineJob({ name: "Says", optionalParams: { secret: { type: "password" } } }) {
    execute() { this.state.set("word", "${word}"); this.records.success(2); this.records.failed("k", "r"); console.log("${word} \\u{1F600}"); }
  }`;

describe("moving between databases", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "jobmount-move-"));
  let services: Service[] = [];

  before(function () {
    if (!mariadbAvailable()) this.skip();
  });
  afterEach(async () => {
    for (const service of services) await service.stop();
    services = [];
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  const command = (database: string, ...args: string[]) => ({
    file: process.execPath,
    args: [join(ROOT, "bin/jobmount.mjs"), ...args],
    options: {
      cwd: folder,
      env: { PATH: process.env["PATH"], TASK_DATABASE_URL: database, JOBMOUNT_SECRET_KEY: KEY },
      encoding: "utf8" as const,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    },
  });
  function exported(database: string): string {
    const { file, args, options } = command(database, "export");
    return execFileSync(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  }
  function imported(database: string, input: string): { status: number | null; said: string } {
    const { file, args, options } = command(database, "import");
    const { status, stderr } = spawnSync(file, args, { ...options, input });
    return { status, said: stderr };
  }
  async function start(database: string, from?: string): Promise<Service> {
    const service = await Service.start({
      folder: from,
      jobs: from === undefined ? [] : undefined,
      database,
      env: { JOBMOUNT_SECRET_KEY: KEY },
    });
    services.push(service);
    return service;
  }
  async function facts(service: Service): Promise<Json> {
    const runs = (await service.get("/runs?limit=200")).json.data as Json[];
    const schedules = (await service.get("/schedules")).json.data as Json[];
    const versions = (await service.get("/jobs/says/versions")).json.data as Json[];
    return {
      runs: runs.map(({ id, state, version, params, records, fireAt, result }) => ({
        ...{ id, state, version, params, records, fireAt, result },
      })),
      schedules: schedules.map(({ id, cron, params, paused, revision, firedThrough }) => ({
        ...{ id, cron, params, paused: paused !== null, revision, firedThrough },
      })),
      versions: versions.map(({ hash }) => hash as string),
    };
  }

  it("from SQLite to MariaDB and back: runs, schedules, versions, logs and secrets are the same, and go on", async () => {
    const first = `sqlite:${join(folder, "first.db")}`;
    let service = await start(first);
    const task = join(service.tasks, "says");
    const save = (word: string) => {
      execFileSync("mkdir", ["-p", task]);
      writeFileSync(join(task, "job.ts"), says(word));
    };
    save("one");
    await eventually(async () => (await service.get("/jobs/says")).json.loadState === "ready", 20_000);
    const old = await service.run("says", { secret: "hush" });
    expect(old.state, old.cause).to.equal("succeeded");
    save("two");
    await eventually(async () => (await service.run("says")).version !== old.version, 20_000, 50);
    const schedule = { job: "says", cron: "0 3 1 1 *", params: { secret: "hush again" }, name: "Yearly" };
    expect((await service.call("POST", "/schedules", schedule)).status).to.equal(201);
    const before = await facts(service);
    const log = (await service.get(`/runs/${old.id}/logs`)).json.data;
    expect(
      spawnSync(
        command(first, "export").file,
        command(first, "export").args,
        command(first, "export").options,
      ).status,
    ).to.equal(4);
    await service.terminate();

    const dump = exported(first);
    const second = await (await sharedMariadb()).database();
    expect(imported(second, dump)).to.deep.include({ status: 0 });
    expect(exported(second), "the same rows").to.equal(dump);
    service = await start(second, service.folder);
    expect(await facts(service)).to.deep.equal(before);
    expect((await service.get(`/runs/${old.id}/logs`)).json.data).to.deep.equal(log);
    const again = await service.call(
      "POST",
      `/runs/${old.id}/retry`,
      { version: "same" },
      { prefer: "wait=20" },
    );
    expect(again.json, again.text).to.include({ version: old.version });
    const ended = await eventually(async () => {
      const { json } = await service.get(`/runs/${again.json.id}`);
      return json.finishedAt !== null && json;
    }, 20_000);
    expect(ended.state, ended.cause).to.equal("succeeded");
    const refused = spawnSync(
      ...((one) => [one.file, one.args, one.options] as const)(command(second, "export")),
    );
    expect([refused.status, refused.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status !== 0 && text.includes("a service works on this database"),
    );
    const after = await facts(service);
    await service.terminate();

    const back = exported(second);
    const third = `sqlite:${join(folder, "third.db")}`;
    expect(imported(third, back)).to.deep.include({ status: 0 });
    expect(exported(third)).to.equal(back);
    service = await start(third, service.folder);
    expect(await facts(service)).to.deep.equal(after);
    expect((await service.run("says")).state).to.equal("succeeded");
    await service.terminate();
    expect(imported(third, back).said).to.include("an import takes an empty database");
  });

  it("what is cut off, changed or of another schema is refused, and leaves nothing behind", async () => {
    const source = `sqlite:${join(folder, "source.db")}`;
    const { file, args, options } = command(source, "migrate", "up");
    execFileSync(file, args, { ...options, stdio: "ignore" });
    const dump = exported(source);
    const lines = dump.trim().split("\n");
    for (const target of [`sqlite:${join(folder, "target.db")}`, await (await sharedMariadb()).database()]) {
      const wrong: [string, string][] = [
        [lines.slice(0, -1).join("\n"), "the last line is missing"],
        [[...lines.slice(0, -1), '{"end":true,"rows":7}'].join("\n"), "it says 7 rows, and 0 came"],
        [dump.replace('"FirstSchema', '"LastSchema'), "another schema"],
        [dump.replace('"table":"settings"', '"table":"passwords"'), "the table passwords is not known"],
        [dump.replace('"sha256":"', '"sha256":"0'), "a line before it was changed"],
        ["hello\n", "line 1 of what is imported: it is not JSON"],
      ];
      for (const [text, says] of wrong) {
        const { status, said } = imported(target, text);
        expect(said).to.include(says);
        expect(status, says).to.equal(3);
      }
      expect(imported(target, dump).status, "still empty").to.equal(0);
    }
    expect(readFileSync(join(folder, "source.db")).length).to.be.greaterThan(0);
  });

  it("values whose key is missing are not exported as if they were whole; when told to, import says it", async () => {
    const service = await start(`sqlite:${join(folder, "sealed.db")}`);
    const task = join(service.tasks, "says");
    execFileSync("mkdir", ["-p", task]);
    writeFileSync(join(task, "job.ts"), says("sealed"));
    await eventually(async () => (await service.get("/jobs/says")).json.loadState === "ready", 60_000);
    expect((await service.run("says", { secret: "hush" })).state).to.equal("succeeded");
    await service.terminate();
    const other = (...args: string[]) => {
      const one = command(`sqlite:${join(folder, "sealed.db")}`, ...args);
      return spawnSync(one.file, one.args, {
        ...one.options,
        env: { ...one.options.env, JOBMOUNT_SECRET_KEY: "o".repeat(32) },
      });
    };
    const refused = other("export");
    expect([refused.status, refused.stdout]).to.deep.equal([4, ""]);
    expect(refused.stderr)
      .to.match(
        /1 secret value cannot be opened: JOBMOUNT_SECRET_KEY does not hold the key .* \([0-9a-f]{8}\)/,
      )
      .and.include("--with-unreadable");
    const rotated = other("secrets", "rotate");
    expect(rotated.status, rotated.stderr).to.equal(4);
    expect(rotated.stdout).to.match(/^key [0-9a-f]{8} {2}1 value$/m);
    expect(rotated.stderr).to.include("What lies under the other keys cannot be opened");
    const all = other("export", "--with-unreadable");
    expect(all.status, all.stderr).to.equal(0);
    const one = command(`sqlite:${join(folder, "unreadable.db")}`, "import");
    const taken = spawnSync(one.file, one.args, {
      ...one.options,
      env: { ...one.options.env, JOBMOUNT_SECRET_KEY: "o".repeat(32) },
      input: all.stdout,
    });
    expect(taken.status, taken.stderr).to.equal(0);
    expect(taken.stderr).to.include("warning: 1 secret value cannot be opened");
    expect(imported(`sqlite:${join(folder, "refused.db")}`, all.stdout).said).to.include(
      "JOBMOUNT_SECRET_KEY_FILE to the file that held them, one a line",
    );
  });
});
