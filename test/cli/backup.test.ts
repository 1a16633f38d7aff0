// jobmount backup: beside a service that writes, after a crash, and what it refuses. Going back: test/integration/restore.
import { expect } from "chai";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { Service } from "../support/service.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

const DUMP =
  "mysqldump --single-transaction --no-tablespaces --host db.internal --port 3307 --user jobmount --password jobs > jobmount.sql";

describe("jobmount backup", function () {
  this.timeout(60_000);
  const cwd = tempFolder();
  let service: Service;
  before(async () => {
    service = await Service.start({ jobs: ["noop"] });
  });
  after(() => service.stop());
  const path = () => join(service.folder, "data", "jobmount.db");
  const backup = (...args: string[]) =>
    jobmount(["backup", ...args], { cwd, env: { TASK_DATABASE_URL: `sqlite:${path()}` } });

  async function runsIn(file: string): Promise<number> {
    const database = await openDatabase({ url: `sqlite:${file}` });
    try {
      const [row] = await database.read.all("SELECT COUNT(*) AS n FROM task_runs");
      return Number(row!["n"]);
    } finally {
      await database.close();
    }
  }

  it("copies what is committed while the service writes, for its owner alone, and says how to go back", async () => {
    await service.run("noop");
    const begun = (await service.get("/runs")).json.data.length as number;
    let writing = true;
    const writes = (async () => {
      while (writing) await service.call("POST", "/jobs/noop/runs", {});
    })();
    const made = await backup("running.db");
    writing = false;
    await writes;
    expect(made.code, made.stderr).to.equal(0);
    expect(made.stdout).to.equal("");
    expect(made.stderr).to.match(/^running\.db: \d+ KiB, all that /);
    expect(made.stderr).to.include("secret.key").and.include("jobmount.db-wal");
    const file = join(cwd, "running.db");
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(cwd), "nothing beside it").to.deep.equal(["running.db"]);
    expect(await runsIn(file)).to.be.at.least(begun);
    const { file: named, bytes } = JSON.parse((await backup("second.db", "--json")).stdout);
    expect([named, bytes]).to.deep.equal([join(cwd, "second.db"), statSync(join(cwd, "second.db")).size]);
  });

  it("says that it is of this machine where JOBMOUNT_URL names a service elsewhere", async () => {
    const env = {
      TASK_DATABASE_URL: `sqlite:${path()}`,
      JOBMOUNT_URL: "http://jobs.example.com",
      JOBMOUNT_TOKEN: "jbm_sometoken",
    };
    const { code, stderr } = await jobmount(["backup", "own.db"], { cwd, env });
    expect(code, stderr).to.equal(0);
    expect(stderr).to.match(
      /^note: this copies a database of this machine, not that of the service at http:\/\/jobs\.example\.com \(JOBMOUNT_URL\)\nown\.db: /,
    );
  });

  it("overwrites nothing", async () => {
    writeFileSync(join(cwd, "there"), "mine");
    const { code, stderr } = await backup("there");
    expect([code, readFileSync(join(cwd, "there"), "utf8")]).to.deep.equal([4, "mine"]);
    expect(stderr).to.include("is there already").and.include("name another file");
  });

  it("says what is wrong with a place that cannot be written, and with a database that is not there or not whole", async () => {
    const nowhere = await backup("no/such/folder/b.db");
    expect(nowhere.code).to.equal(3);
    expect(nowhere.stderr)
      .to.match(
        /no\/such\/folder\/b\.db cannot be written: its folder \S+\/no\/such\/folder does not exist; /,
      )
      .and.to.match(/; make it \(mkdir -p\), or name another place\n$/)
      .and.not.include("ENOENT");
    writeFileSync(join(cwd, "file"), "");
    for (const [place, why] of [
      ["file/b.db", /file\/b\.db cannot be written: \S+\/file is no folder; name a place in one\n$/],
      ["/proc/b.db", /^\/proc\/b\.db cannot be written: this user may make no file in \/proc; let it, or/],
      ["x".repeat(250), /x cannot be written: ENAMETOOLONG/],
    ] as const) {
      const { code, stderr } = await backup(place);
      expect(code, stderr).to.equal(3);
      expect(stderr, "no name of a file that nobody asked for")
        .to.match(why)
        .and.not.match(/\/\.\w+\.\w{8}/);
    }
    const other = (name: string) =>
      jobmount(["backup", "other.db"], { cwd, env: { TASK_DATABASE_URL: `sqlite:${join(cwd, name)}` } });
    const none = await other("none.db");
    expect([none.code, existsSync(join(cwd, "none.db"))]).to.deep.equal([4, false]);
    expect(none.stderr).to.include("there is no database at").and.include("TASK_DATABASE_URL");
    writeFileSync(join(cwd, "text.db"), "no database ".repeat(1000));
    const damaged = await other("text.db");
    expect(damaged.code).to.equal(5);
    expect(damaged.stderr).to.include("No backup was made");
    expect(readdirSync(cwd).filter((name) => name.includes("other.db"))).to.deep.equal([]);
  });

  it("after a crash it holds what was only in the -wal, and leaves the database as it found it", async () => {
    const before = (await service.get("/runs?limit=200")).json.data.length as number;
    await service.kill9();
    expect(statSync(`${path()}-wal`).size).to.be.greaterThan(0);
    const made = await backup("crashed.db");
    expect(made.code, made.stderr).to.equal(0);
    expect(await runsIn(join(cwd, "crashed.db"))).to.be.at.least(Math.min(before, 200));
    await service.startAgain();
    expect((await service.run("noop")).state).to.equal("succeeded");
  });

  it("names the server's own tool where the database is on a server, without its password", async () => {
    mkdirSync(join(cwd, "server"));
    const { code, stderr } = await jobmount(["backup", "server/x"], {
      cwd,
      env: {
        TASK_DATABASE_URL: "mysql://jobmount:hush@db.internal:3307/jobs",
        JOBMOUNT_SECRET_KEY: "k".repeat(32),
      },
    });
    expect(code).to.equal(4);
    expect(stderr).to.include(DUMP).and.not.include("hush");
    expect(readdirSync(join(cwd, "server"))).to.deep.equal([]);
  });
});
