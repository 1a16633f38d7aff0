import { expect } from "chai";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { environment, jobmount, nodeArguments, tempFolder } from "./jobmount.ts";

describe("the command line", () => {
  const cwd = tempFolder();

  it("says what there is and ends with 2 when nothing is asked", async () => {
    const { code, stdout, stderr } = await jobmount([], { cwd });
    expect(code).to.equal(2);
    expect(stdout).to.equal("");
    for (const verb of ["start", "dev", "run", "validate", "migrate", "token", "sign-in", "preview"]) {
      expect(stderr).to.match(new RegExp(`^  ${verb} `, "m"));
    }
  });

  it("prints help and version on stdout and ends with 0", async () => {
    const [help, version] = await Promise.all([
      jobmount(["--help"], { cwd }),
      jobmount(["--version"], { cwd }),
    ]);
    expect(help).to.include({ code: 0, stderr: "" });
    expect(help.stdout).to.include("Exit codes:");
    expect(version).to.include({ code: 0, stderr: "" });
    expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it("ends with 2 on wrong usage, and names what may have been meant", async () => {
    const [verb, option, missing] = await Promise.all([
      jobmount(["strat"], { cwd }),
      jobmount(["config", "print", "--jsno"], { cwd }),
      jobmount(["preview"], { cwd }),
    ]);
    expect(verb.code).to.equal(2);
    expect(verb.stderr).to.include("unknown command 'strat'").and.to.include("start");
    expect(option.code).to.equal(2);
    expect(option.stderr).to.include("--json");
    expect(missing.code).to.equal(2);
    expect(missing.stderr).to.include("missing required argument 'cron'");
  });

  it("help of what is not there ends with 2 as well, and help of what is there shows it", async () => {
    const help = (...words: string[]) => jobmount(["help", ...words], { cwd });
    const [verb, word, none, there] = await Promise.all([
      help("shedules"),
      help("runs", "lst"),
      help("nosuch"),
      help("schedules", "create"),
    ]);
    for (const wrong of [verb, word, none]) expect(wrong).to.include({ code: 2, stdout: "" });
    expect(verb.stderr).to.equal(
      "error: unknown command 'shedules'\n(Did you mean schedules?)\n(--help says more)\n",
    );
    expect(word.stderr).to.include("unknown command 'lst'").and.to.include("(Did you mean list?)");
    expect(none.stderr).to.equal("error: unknown command 'nosuch'\n(--help says more)\n");
    expect(there.code).to.equal(0);
    expect(there.stdout).to.match(/^Usage: jobmount schedules create /);
  });

  it("lists every wrong setting on stderr and ends with 78, without a stack", async () => {
    for (const args of [["start"], ["config", "check"], ["migrate", "up"]]) {
      const env = { PORT: "http", JOBMOUNT_LEASE: "1ms", JOBMOUNT_SECRET_KEY: "hunter22" };
      const { code, stdout, stderr } = await jobmount(args, { cwd, env });
      expect(code).to.equal(78);
      expect(stdout).to.equal("");
      expect(stderr)
        .to.include("3 settings are wrong")
        .and.to.match(/^ {2}PORT: "http" is not allowed/m);
      expect(stderr)
        .not.to.include("hunter22")
        .and.not.to.match(/^\s+at /m);
    }
    expect(existsSync(join(cwd, "data"))).to.equal(false);
  });

  it("warns about a setting that it does not know, and goes on", async () => {
    const { code, stderr } = await jobmount(["config", "check"], { cwd, env: { JOBMOUNT_WACTH: "poll" } });
    expect(code).to.equal(0);
    expect(stderr).to.include("JOBMOUNT_WACTH is not a setting and is ignored; did you mean JOBMOUNT_WATCH?");
  });

  it("L3: prints the settings in force with secrets masked", async () => {
    const env = { JOBMOUNT_ADMIN_TOKEN: "hunter22".repeat(4), DATA_DATABASE_URL: "mysql://u:hunter22@h/db" };
    const { code, stdout, stderr } = await jobmount(["config", "print", "--json"], { cwd, env });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).not.to.include("hunter22");
    const rows = JSON.parse(stdout) as { name: string; value: string; from: string }[];
    expect(rows.find((row) => row.name === "DATA_DATABASE_URL")?.value).to.equal("mysql://u:***@h/db");
    expect(rows.find((row) => row.name === "PORT")).to.include({ value: "3000", from: "default" });
  });

  it("ends a verb quietly when the reader of its output goes away", async () => {
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(process.execPath, [...nodeArguments, "config", "print"], {
        cwd,
        env: environment(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.stdout.destroy();
      child.once("close", (exitCode) => (stderr ? reject(new Error(stderr)) : resolve(exitCode)));
    });
    expect(code).to.equal(0);
  });

  describe("migrate", () => {
    it("says what is missing, runs it, and is harmless when run twice", async () => {
      const folder = tempFolder();
      const before = await jobmount(["migrate", "status"], { cwd: folder });
      expect(before.code).to.equal(0);
      expect(before.stdout).to.match(/^missing \w+$/m);
      const up = await jobmount(["migrate", "up"], { cwd: folder });
      expect(up.code).to.equal(0);
      expect(up.stdout).to.match(/^ran \w+$/m);
      const again = await jobmount(["migrate", "up", "--json"], { cwd: folder });
      expect(again).to.include({ code: 0, stderr: "" });
      expect(JSON.parse(again.stdout)).to.deep.equal({ ran: [], missing: [] });
    });

    it("status looks, and makes neither a folder nor a file where no database is", async () => {
      const folder = tempFolder();
      const { code, stdout, stderr } = await jobmount(["migrate", "status"], { cwd: folder });
      expect(code).to.equal(0);
      expect(stdout).to.match(/^missing \w+$/m);
      expect(stderr).to.match(
        /^There is no database at .*data\/jobmount\.db yet; every migration is missing\.\n/,
      );
      expect(readdirSync(folder)).to.deep.equal([]);
      const { missing } = JSON.parse(
        (await jobmount(["migrate", "status", "--json"], { cwd: folder })).stdout,
      );
      await jobmount(["migrate", "up"], { cwd: folder });
      const rest = await jobmount(["migrate", "status", "--json"], { cwd: folder });
      expect([missing.length > 0, JSON.parse(rest.stdout).missing]).to.deep.equal([true, []]);
    });

    it("ends with 78 and one sentence when the database is away, without its password", async () => {
      const env = {
        TASK_DATABASE_URL: `mysql://someone:hunter22@127.0.0.1:${await closedPort()}/jobs`,
        JOBMOUNT_SECRET_KEY: "k".repeat(32),
      };
      const { code, stderr } = await jobmount(["migrate", "up"], { cwd, env });
      expect(code).to.equal(78);
      expect(stderr).to.match(
        /^the database at mysql:\/\/someone:\*\*\*@127\.0\.0\.1:\d+\/jobs does not answer/,
      );
      expect(stderr.trim().split("\n")).to.have.length(1);
    });
    it("says of an SQLite path that is a folder, or no database, what it may be, and speaks of no server", async () => {
      writeFileSync(
        join(cwd, "words.txt"),
        "no database, but words enough to fill what a header would be\n".repeat(4),
      );
      for (const path of [cwd, join(cwd, "words.txt")]) {
        const { code, stderr } = await jobmount(["migrate", "up"], {
          cwd,
          env: { TASK_DATABASE_URL: `sqlite:${path}` },
        });
        expect(code, stderr).to.equal(78);
        expect(stderr).to.include(`the SQLite file ${path} cannot be opened: `);
        expect(stderr).to.match(/Set TASK_DATABASE_URL to sqlite: and the path of a file .*\.\n$/);
        expect(stderr).to.not.include("server");
      }
    });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
