import { expect } from "chai";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../src/cli/doctor-checks.ts";
import { openDatabase } from "../../src/db/open.ts";
import { storedTexts } from "../../src/db/run-rows.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { canRunAsRoot } from "../support/left-out.ts";
import { Service } from "../support/service.ts";
import { jobmount, tempFolder } from "./jobmount.ts";

describe("jobmount doctor", function () {
  this.timeout(60_000);
  const cwd = tempFolder();
  const findings = async (folder: string, env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await jobmount(["doctor", "--json"], { cwd: folder, env });
    return { code, found: JSON.parse(stdout || "[]") as Finding[], stderr };
  };
  const stateOf = (found: Finding[], check: string) => found.find((one) => one.check === check)?.state;

  it("says which walls stand, each tried on this machine", async () => {
    mkdirSync(join(cwd, "external_tasks"), { recursive: true });
    const { code, found } = await findings(cwd);
    expect(code).to.equal(0);
    for (const wall of ["end with the service", "guard", "memory and processes", "bounds by the kernel"])
      expect(stateOf(found, `wall, ${wall}`), wall).to.equal("ok");
    expect(stateOf(found, "wall, user of jobs"), "everybody is one user").to.equal("warn");
    expect(stateOf(found, "service"), "none runs here").to.equal("warn");
  });

  it("names the user of jobs where it can be another", async function () {
    if (!canRunAsRoot("the wall between users")) return this.skip();
    const { found } = await findings(cwd, { JOBMOUNT_JOB_USER: "48212:48212" });
    expect(found.find((one) => one.check === "wall, user of jobs")).to.deep.include({
      state: "ok",
      says: "jobs run as 48212:48212, without groups and capabilities",
    });
  });

  it("fails with 3 when something does not work, and says what to do", async () => {
    const { code, found } = await findings(cwd, { EXTERNAL_TASKS_PATH: join(cwd, "nowhere") });
    expect(code).to.equal(3);
    const source = found.find((one) => one.check === "source default");
    expect(source).to.deep.include({ state: "failed" });
    expect(source!.says).to.include("set EXTERNAL_TASKS_PATH");
  });

  it("--ready is 0 while the service can do its work, and 5 when there is none", async () => {
    const service = await Service.start({ jobs: ["noop"] });
    try {
      const ready = await jobmount(["doctor", "--ready"], { cwd: service.folder });
      expect(ready.stderr).to.equal("ready\n");
      expect(ready.code).to.equal(0);
      const { found } = await findings(service.folder);
      expect(stateOf(found, "service, database")).to.equal("ok");
      const secrets = found.find((one) => one.check === "secrets");
      expect(secrets, secrets?.says).to.include({ state: "ok" });
      expect(secrets!.says).to.match(
        /^0 leaked: the runs run_\w+ and run_\w+ wrote a made-up secret in \d+ forms, masked \d+ times; looked in the runs, their logs, their refused records, the files in /,
      );
    } finally {
      await service.stop();
    }
    const { code, stderr } = await jobmount(["doctor", "--ready"], { cwd });
    expect(code).to.equal(5);
    expect(stderr).to.include("No service answers");
  });

  (mariadbAvailable() ? it : it.skip)(
    "L3: on a server it looks through the rows of its runs as well",
    async () => {
      const database = await (await sharedMariadb()).database();
      const service = await Service.start({ jobs: [], database });
      try {
        const env = { TASK_DATABASE_URL: database, JOBMOUNT_SECRET_KEY: "k".repeat(32) };
        const { found } = await findings(service.folder, env);
        const secrets = found.find((one) => one.check === "secrets");
        expect(secrets, secrets?.says).to.include({ state: "ok" });
        expect(secrets!.says).to.match(/^0 leaked: .* their refused records, their rows, the files in /);
        const opened = await openDatabase({ url: database });
        try {
          const [, id] = /run_\w+ and (run_\w+)/.exec(secrets!.says)!;
          const texts = await storedTexts(opened, id!);
          expect(texts).to.have.length(5);
          for (const text of texts.slice(0, 4)) expect(text).to.include(id);
          expect(texts.join()).to.include("***").and.to.include("$sealed");
        } finally {
          await opened.close();
        }
      } finally {
        await service.stop();
      }
    },
  );
});
