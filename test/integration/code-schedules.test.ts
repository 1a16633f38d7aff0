// Schedules that jobs suggest in their code, and what the service's log says of jobs as they come and fail.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";

const job = (name: string, every: string, body = "") => `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "${name}", schedules: [{ every: "${every}" }] }) { execute() { ${body} } }
`;

describe("schedules declared in code", function () {
  this.timeout(30_000);
  let service: Service;
  afterEach(() => service.stop());

  const save = (key: string, text: string) => {
    mkdirSync(join(service.tasks, key), { recursive: true });
    writeFileSync(join(service.tasks, key, "job.ts"), text);
  };
  const schedulesOf = async (key: string) => (await service.get(`/schedules?job=${key}`)).json.data;

  it("are only shown unless asked: nothing fires that no admin accepted", async () => {
    service = await Service.start({ jobs: [] });
    save("mine", job("Mine", "1h"));
    const shown = await eventually(async () => {
      const { json, status } = await service.get("/jobs/mine");
      return status === 200 && json.suggestedSchedules;
    });
    expect(shown).to.have.length(1);
    expect(await schedulesOf("mine")).to.deep.equal([]);
  });

  it("are created at the load with JOBMOUNT_CODE_SCHEDULES=apply, once, also when the job is saved again", async () => {
    service = await Service.start({ jobs: [], env: { JOBMOUNT_CODE_SCHEDULES: "apply" } });
    save("mine", job("Mine", "1h"));
    await eventually(async () => (await schedulesOf("mine")).length === 1);
    save("mine", job("Mine, again", "1h"));
    await eventually(async () => (await service.get("/jobs/mine")).json.name === "Mine, again");
    expect(await schedulesOf("mine")).to.have.length(1);
  });

  it("the log tells what loaded, what does not load and which run failed", async () => {
    service = await Service.start({ jobs: [] });
    save("mine", job("Mine", "1h", 'throw new Error("nope")'));
    await eventually(() => /loaded.*mine/.test(service.output));
    await service.run("mine");
    await eventually(() => /failed: nope \(mine\/job\.ts:2\)/.test(service.output));
    save("mine", "export const x = ;");
    await eventually(() => /does not load: .*version [0-9a-f]{12} serves on/.test(service.output));
  });
});
