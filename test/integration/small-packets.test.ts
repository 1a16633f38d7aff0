// A server of MySQL that takes short statements alone: whoever sends more hears which field it is, and nobody else does.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, type MariadbServer, startMariadb } from "../support/mariadb.ts";
import { Service } from "../support/service.ts";

const PACKET = 256 * 1024;
const TAKES = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Takes", optionalParams: {
  note: { type: "text" }, more: { type: "text" }, answer: { type: "integer", default: 0 }, lines: { type: "integer", default: 0 },
} }) {
  execute() {
    for (let i = 0; i < this.params.lines; i++) this.log.info("line " + i + " " + "x".repeat(1_000));
    return { length: this.params.note?.length ?? 0, answer: '"'.repeat(this.params.answer) };
  }
}
`;

describe("A3: a small max_allowed_packet", function () {
  this.timeout(120_000);
  let server: MariadbServer;
  let service: Service;
  before(async function () {
    if (!mariadbAvailable()) return this.skip();
    server = await startMariadb({ args: [`--max-allowed-packet=${PACKET}`] });
    service = await Service.start({ jobs: [], database: await server.database() });
    mkdirSync(join(service.tasks, "takes"), { recursive: true });
    writeFileSync(join(service.tasks, "takes", "job.ts"), TAKES);
    await eventually(async () => (await service.get("/jobs/takes")).json.loadState === "ready", 60_000);
  });
  after(async () => {
    await service?.stop();
    await server?.stop();
  });

  const trigger = (params: object) => service.call("POST", "/jobs/takes/runs", { params });
  const most = "x".repeat(PACKET);

  it("is told as 422 that names the field, and nothing is made", async () => {
    const count = async (path: string): Promise<number> =>
      (await service.get(`${path}?limit=200`)).json.data.length;
    const before = await count("/runs");
    for (const params of [{ note: most }, { note: "short", more: most + most.slice(0, PACKET / 2) }]) {
      const { status, json } = await trigger(params);
      expect(status).to.equal(422);
      const [error] = json.errors;
      expect(error).to.include({
        pointer: "more" in params ? "/params/more" : "/params/note",
        code: "too_large",
      });
      expect(error.message).to.include("max_allowed_packet");
    }
    // Neither of them is too much by itself.
    const half = most.slice(0, PACKET / 2);
    const both = await trigger({ note: half, more: half });
    expect(both.json.errors.map(({ pointer }: { pointer: string }) => pointer)).to.deep.equal(["/params"]);
    const schedule = { job: "takes", every: "1h", params: { note: most } };
    const { status, json } = await service.call("POST", "/schedules", schedule);
    expect([status, json.errors[0].pointer]).to.deep.equal([422, "/params/note"]);
    expect(await count("/runs")).to.equal(before);
    expect(await count("/schedules")).to.equal(0);
  });

  it("keeps nobody else from what they ask at the same time", async () => {
    const asked = Array.from({ length: 12 }, (_, i) => trigger({ note: i % 3 === 0 ? most : "y".repeat(i) }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses).to.deep.equal(Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 422 : 202)));
  });

  it("L1 L2: keeps no run from its end, whatever it says or answers", async () => {
    const talks = await service.run("takes", { lines: 1_000 });
    expect(talks.state, talks.cause).to.equal("succeeded");
    expect(talks.log.lines).to.equal(1_000);
    expect(talks.log.droppedBytes).to.equal(0);
    const lines = (await service.get(`/runs/${talks.id}/logs?limit=1000`)).json.data;
    expect(lines.at(-1).text).to.match(/^line 999 /);
    // Each of its characters is four in a statement: the run says that it has no room, instead of waiting for ever.
    const answers = await service.run("takes", { answer: 100_000 });
    expect([answers.state, answers.reason]).to.deep.equal(["failed", "invalid_result"]);
    expect(answers.cause).to.include("longer than max_allowed_packet");
  });
});
