// A thousand random edits in ten seconds over fifty jobs of a real service, while the schedules of others fire. On SQLite
// alone: what a storm asks of a database is the same few statements that test/contract/catalog-store holds on both.
import { expect } from "chai";
import { mkdirSync } from "node:fs";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";
import { Storm } from "../support/storm.ts";
import { Victim } from "../support/victim.ts";

const JOBS = 50;
const EDITS = 1_000;
const STORM_MS = 10_000;
/** The catalog has one second; a machine that is busy with other things gets more. */
const SETTLED_MS = 20_000;

const text = (name: string, value = `"${name}"`, head = ""): string =>
  `import { defineJob } from "jobmount";
${head}
export class Job extends defineJob({ name: "${name}" }) {
  execute() { return { says: String(${value}) }; }
}
`;

describe("R3: a storm of edits of a real service", () => {
  let service: Service;
  let storm: Storm;
  const jobs = async (): Promise<Map<string, Json>> => {
    const { json } = await service.get("/jobs?source=default&limit=200");
    return new Map(json.data.map((job: Json) => [job.key, job]));
  };

  before(async function () {
    this.timeout(60_000);
    service = await Service.start({ jobs: ["echo"] });
    mkdirSync(service.tasks, { recursive: true });
    storm = new Storm(service.tasks, JOBS, text);
    await eventually(
      async () => [...(await jobs()).values()].filter((job) => job.loadState === "ready").length === JOBS + 1,
      40_000,
      100,
    );
  });
  after(() => service.stop());

  it("after it the catalog equals the folder, the next runs are of what it holds, and nobody else's run was late", async function () {
    this.timeout(60_000);
    const victim = await Victim.of(service, "echo", { text: "calm" });
    const calm = (await jobs()).get("echo").version;
    const startedAt = performance.now();
    for (let edit = 0; edit < EDITS; edit++) {
      storm.edit();
      const due = startedAt + ((edit + 1) * STORM_MS) / EDITS;
      await eventually(() => performance.now() >= due, STORM_MS, 1);
    }
    const held = storm.held();
    await eventually(
      async () => {
        const all = await jobs();
        for (const [key, { loadState, name }] of held) {
          const job = all.get(key);
          expect(`${key} ${job?.loadState}`).to.equal(`${key} ${loadState}`);
          if (name !== null) expect(job.name).to.equal(name);
        }
        return true;
      },
      SETTLED_MS,
      100,
    );
    expect((await jobs()).get("echo").version, "of a job that nobody touched").to.deep.equal(calm);
    const ready = [...held].filter(([, { loadState }]) => loadState === "ready").slice(0, 4);
    for (const [key, { name }] of ready) {
      const [edit] = /\d+$/.exec(name!)!;
      expect((await service.run(key)).result.says).to.be.oneOf([name, edit]);
    }
    await victim.wasOnTime();
  });
});
