// The very first start: what it creates without being asked, and what a start that failed leaves for the next one.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { ROOT, Service } from "../support/service.ts";

const OWN = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Mine", schedules: [{ every: "1s" }] }) { execute() {} }
`;

describe("the first start", function () {
  this.timeout(90_000);

  it("schedules the examples as they were shipped, and no job of a tenant that is called like one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jobmount-service-"));
    cpSync(join(ROOT, "external_tasks"), join(folder, "examples"), { recursive: true });
    for (const key of ["heartbeat", "import_cities"]) {
      mkdirSync(join(folder, "theirs", key), { recursive: true });
      writeFileSync(join(folder, "theirs", key, "job.ts"), OWN);
    }
    const env = { EXTERNAL_TASKS_PATH: "examples=./examples,theirs=./theirs" };
    const service = await Service.start({ folder, env });
    try {
      const { json } = await service.get("/schedules");
      const scheduled = json.data.map(
        ({ source, job }: { source: string; job: string }) => `${source}:${job}`,
      );
      expect(scheduled.sort()).to.deep.equal(["examples:heartbeat", "examples:import_cities"]);
    } finally {
      await service.stop();
    }
  });

  it("is left to the next start by one that finds its port taken, and told once", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const folder = mkdtempSync(join(tmpdir(), "jobmount-service-"));
    cpSync(join(ROOT, "external_tasks", "heartbeat"), join(folder, "external_tasks", "heartbeat"), {
      recursive: true,
    });
    const failed = spawnSync(process.execPath, [join(ROOT, "bin", "jobmount.mjs"), "start"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], PORT: String(port) },
      encoding: "utf8",
    });
    expect(failed.status, failed.stderr).to.equal(78);
    expect(failed.stdout + failed.stderr)
      .to.include(`${port}`)
      .and.not.include("jbm_");
    taken.close();
    const service = await Service.start({ folder, env: { JOBMOUNT_ADMIN_TOKEN: "" } });
    try {
      await eventually(() => /export JOBMOUNT_TOKEN=jbm_/.test(service.output));
      expect(service.output).to.include("created the schedule that heartbeat suggests");
      await service.terminate();
      await service.startAgain();
      await service.terminate();
      expect(service.output).to.include("listens on").and.not.include("jbm_");
      expect(service.output).to.not.include("created the schedule");
    } finally {
      await service.stop();
    }
  });
});
