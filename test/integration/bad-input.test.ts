// A mount in which nearly everything is wrong, under a real service on both databases: listed, and nothing else affected.
import { expect } from "chai";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { mkfifo } from "../support/mkfifo.ts";
import { type Json, ROOT, Service } from "../support/service.ts";

onEveryDatabase("R1, R5: a mount full of mistakes", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(90_000);
    service = await Service.start({ jobs: ["echo"], database: await databases.freshUrl() });
    const { tasks } = service;
    cpSync(join(ROOT, "test/fixtures/broken_tasks"), tasks, { recursive: true });
    mkdirSync(join(tasks, "huge"));
    writeFileSync(join(tasks, "huge/job.ts"), `// ${"x".repeat(5 * 1024 * 1024)}`);
    mkdirSync(join(tasks, "a_folder/job.ts"), { recursive: true });
    mkdirSync(join(tasks, "a_fifo"));
    await mkfifo(join(tasks, "a_fifo/job.ts"));
    mkdirSync(join(tasks, "links_out"));
    symlinkSync("/etc/hostname", join(tasks, "links_out/job.ts"));
    mkdirSync(join(tasks, "loop"));
    symlinkSync("..", join(tasks, "loop/up"));
  });
  after(() => service.stop());

  it("every one is listed with a sentence that says what to do; what is fine runs on, and the service is well", async function () {
    this.timeout(90_000);
    const listed = await eventually(
      async () => {
        const { json } = await service.get("/load-errors?limit=200");
        return json.data.length >= 32 && json.data;
      },
      60_000,
      200,
    ).catch(async (error: Error) => {
      const { json } = await service.get("/load-errors?limit=200");
      throw new Error(`${error.message}: ${json.data.map((one: Json) => one.job).join(" ")}`);
    });
    for (const one of listed as Json[]) {
      expect(one.hint, `${one.job}: ${one.message}`).to.be.a("string").and.match(/\w{2}/);
      expect(one.code, one.job).to.match(/^(E\d{3}|syntax|resolve)$/);
      expect(JSON.stringify(one), one.job).not.to.contain(service.folder);
    }
    const names = (listed as Json[]).map((one) => one.job);
    expect(names).to.include.members([
      "Bad Name",
      "a_fifo",
      "a_folder",
      "default_only",
      "empty",
      "flat_task.ts",
      "huge",
      "index_file/index.ts",
      "javascript/job.js",
      "job.ts",
      "links_out",
      "loop/up",
      "member_field",
      "member_taken",
      "missing_package",
      "only_code",
      "outside",
      "two_jobs",
      "upper_case/Job.ts",
    ]);
    const invalid = await service.get("/jobs?loadState=invalid&limit=100");
    const shown = (invalid.json.data as Json[]).map(({ key, loadError }) => [key, loadError.code]);
    expect(shown).to.deep.include.members([
      ["Bad Name", "E101"],
      ["flat_task.ts", "E102"],
    ]);
    const one = (await service.get("/jobs/default:flat_task.ts")).json;
    expect(one).to.deep.include({ loadState: "invalid", version: null, schedules: [], recentRuns: [] });
    expect((await service.call("POST", "/jobs/default:flat_task.ts/runs", {})).status).to.equal(404);
    await eventually(async () => (await service.get("/jobs/fine")).json.loadState === "ready", 15_000);
    expect((await service.run("fine")).state).to.equal("succeeded");
    expect((await service.run("byte_order_mark")).state).to.equal("succeeded");
    expect((await service.run("echo", { text: "still here" })).state).to.equal("succeeded");
    expect((await service.get("/readyz")).status).to.equal(200);
    expect(service.output).not.to.match(/^\s+at .*\(/m);
  });
});
