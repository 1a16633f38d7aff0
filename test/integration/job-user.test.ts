// A service that runs as root starts jobs as another user, who reaches what jobs need and nothing of the service's.
import { expect } from "chai";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobmount, tempFolder } from "../cli/jobmount.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/processes.ts";
import { canRunAsRoot } from "../support/left-out.ts";
import { Service } from "../support/service.ts";

const USER = 48_211;

/** Tells who it is, what it can read, and leaves a process that no mark, group or parent leads to. */
const WHO = `import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Who", files: ["*.csv"], requiredParams: { secrets: { type: "list", of: "string" } } }) {
  async execute() {
    const can = (path: string) => {
      try { accessSync(path, constants.R_OK); return true; } catch { return false; }
    };
    const pidFile = join(this.dataDir, "stray");
    spawn("setsid", ["sh", "-c", "(setsid env -i sh -c 'echo $$ > " + pidFile + "; exec /bin/sleep 600' &) ; exit 0"], { stdio: "ignore" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    writeFileSync(join(this.tempDir, "mine"), "x");
    return {
      uid: process.getuid!(),
      gid: process.getgid!(),
      groups: process.getgroups!(),
      caps: /CapBnd:\\s*(\\S+)/.exec(readFileSync("/proc/self/status", "utf8"))![1],
      readable: this.params.secrets.filter(can),
      file: readFileSync(this.file("some.csv"), "utf8"),
      stray: Number(readFileSync(pidFile, "utf8")),
    };
  }
}
`;

describe("the user of jobs", function () {
  this.timeout(60_000);
  before(function () {
    // Only root can start jobs as somebody else.
    if (!canRunAsRoot("the user of jobs")) this.skip();
  });

  it("X7: jobs run as JOBMOUNT_JOB_USER, reach nothing of the service, and leave nothing behind", async () => {
    const service = await Service.start({ jobs: [], env: { JOBMOUNT_JOB_USER: `${USER}:${USER}` } });
    try {
      // The folder of a test is closed to others; an installation's is not.
      chmodSync(service.folder, 0o711);
      const folder = join(service.tasks, "who");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "some.csv"), "a;b");
      writeFileSync(join(folder, "job.ts"), WHO);
      await eventually(async () => (await service.get("/jobs/who")).status === 200, 15_000);
      const data = join(service.folder, "data");
      const secrets = ["", "secret.key", "jobmount.db", "jobmount.db-wal", "children", "spool"];
      const run = await service.run("who", { secrets: secrets.map((name) => join(data, name)) });
      expect(run.state, run.cause).to.equal("succeeded");
      expect(run.result).to.include({ uid: USER, gid: USER, caps: "0000000000000000", file: "a;b" });
      expect(run.result.groups, "its own alone").to.deep.equal([USER]);
      expect(run.result.readable).to.deep.equal([]);
      expect(statSync(join(data, "files", "default")).uid).to.equal(USER);
      await eventually(() => !isAlive(run.result.stray), 15_000);
    } finally {
      await service.stop();
    }
  });

  it("a user that does not exist is told at the start, with what to do", async () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, "external_tasks"));
    const { code, stderr } = await jobmount(["start"], {
      cwd,
      env: { PORT: "0", JOBMOUNT_JOB_USER: "nobody_of_this_name" },
    });
    expect(code).to.equal(78);
    expect(stderr).to.include('JOBMOUNT_JOB_USER: there is no user "nobody_of_this_name" here');
  });
});
