// Schedules that jobs suggest in their code, and what the service's log says of jobs as they come and fail.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, sharedMariadb } from "../support/mariadb.ts";
import { Service } from "../support/service.ts";

const suggesting = (name: string, suggested: object[], body = "") => `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "${name}", schedules: ${JSON.stringify(suggested)} }) { execute() { ${body} } }
`;
const job = (name: string, every: string, body = "") => suggesting(name, [{ every }], body);
const APPLY = { JOBMOUNT_CODE_SCHEDULES: "apply" };

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

  it("what an admin changed stays one schedule, and tells where it differs from the code", async () => {
    service = await Service.start({ jobs: [], env: APPLY });
    save("mine", suggesting("Mine", [{ cron: "0 2 * * *", timeZone: "Europe/Berlin" }]));
    const [made] = await eventually(async () => {
      const found = await schedulesOf("mine");
      return found.length > 0 && found;
    });
    expect(made).to.deep.include({ origin: "code", drift: [] });
    const edit = { cron: "0 5 * * *", name: "Ours" };
    await service.call("PATCH", `/schedules/${made.id}`, edit, { "if-match": "*" });
    save("mine", suggesting("Mine, again", [{ cron: "0 2 * * *", timeZone: "Europe/Berlin" }]));
    await eventually(async () => (await service.get("/jobs/mine")).json.name === "Mine, again");
    await service.terminate();
    await service.startAgain();
    const found = await schedulesOf("mine");
    expect(found).to.have.length(1);
    expect(found[0]).to.deep.include({ id: made.id, cron: "0 5 * * *", origin: "code", drift: ["cron"] });
    expect(found[0].suggested).to.deep.equal({ cron: "0 2 * * *", timeZone: "Europe/Berlin" });
    save("mine", suggesting("Mine, without", []));
    await eventually(async () => (await service.get("/jobs/mine")).json.name === "Mine, without");
    const { json } = await service.get(`/schedules/${made.id}`);
    expect(json).to.deep.include({ origin: "code", suggested: null, drift: [] });
  });

  it("the same times in two zones are two schedules; one that is deleted is made again at the next start", async () => {
    service = await Service.start({ jobs: [], env: APPLY });
    const zones = ["Europe/Berlin", "America/New_York"];
    save(
      "mine",
      suggesting(
        "Mine",
        zones.map((timeZone) => ({ cron: "0 2 * * *", timeZone })),
      ),
    );
    const made = await eventually(async () => {
      const found = await schedulesOf("mine");
      return found.length === 2 && found;
    });
    expect(made.map((one: { timeZone: string }) => one.timeZone)).to.deep.equal(zones);
    await service.call("DELETE", `/schedules/${made[1].id}`);
    await service.terminate();
    await service.startAgain();
    const again = await eventually(async () => {
      const found = await schedulesOf("mine");
      return found.length === 2 && found;
    });
    expect(again[1].timeZone).to.equal(zones[1]);
    expect(again[1].id).to.not.equal(made[1].id);
  });

  it("are created for jobs that were loaded before the service was told to apply them", async () => {
    const first = await Service.start({ jobs: [] });
    service = first;
    save("mine", job("Mine", "1h"));
    await eventually(async () => (await service.get("/jobs/mine")).status === 200);
    await first.terminate();
    service = await Service.start({ folder: first.folder, env: APPLY });
    await eventually(async () => (await schedulesOf("mine")).length === 1);
  });

  it("replicas that start together create each of them once", async function () {
    if (!mariadbAvailable()) return this.skip();
    const database = await (await sharedMariadb()).database();
    const suggested = Array.from({ length: 5 }, (_, n) => ({ every: `${n + 1}h` }));
    const start = () => {
      const folder = mkdtempSync(join(tmpdir(), "jobmount-service-"));
      mkdirSync(join(folder, "external_tasks", "mine"), { recursive: true });
      writeFileSync(join(folder, "external_tasks", "mine", "job.ts"), suggesting("Mine", suggested));
      return Service.start({ folder, database, env: APPLY });
    };
    service = await start();
    await eventually(async () => (await schedulesOf("mine")).length === 5);
    for (const { id } of await schedulesOf("mine")) await service.call("DELETE", `/schedules/${id}`);
    const replicas = await Promise.all([start(), start()]);
    try {
      await eventually(async () => (await schedulesOf("mine")).length >= 5);
      await Promise.all(replicas.map((replica) => replica.terminate()));
      expect(await schedulesOf("mine")).to.have.length(5);
    } finally {
      await Promise.all(replicas.map((replica) => replica.stop()));
    }
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
