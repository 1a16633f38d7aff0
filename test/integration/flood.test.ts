// X10: a flood of output is kept up to its cap, and the service stays about as large as it was.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { peakMiB, residentMiB } from "../support/processes.ts";
import { type Json, Service } from "../support/service.ts";

/** By each of the ways there are: past the log, through Node's streams, and as messages of its log. */
const FLOODS = `import { writeSync } from "node:fs";
import { defineJob } from "jobmount";
const LINE = "x".repeat(99) + "\\n";
export class Job extends defineJob({ name: "Floods", requiredParams: { way: { type: "string" }, mb: { type: "integer" } } }) {
  execute() {
    const { way, mb } = this.params;
    if (way === "raw") for (let i = 0; i < mb * 10; i++) writeAll(Buffer.from(LINE.repeat(1_000)));
    for (let i = 0; i < mb * 10_000; i++) {
      if (way === "console") console.log(LINE.trim());
      if (way === "log") this.log.info(LINE.trim(), { i });
    }
  }
}
function writeAll(chunk: Buffer) {
  for (let at = 0; at < chunk.length;)
    try { at += writeSync(1, chunk, at); } catch (error) { if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error; }
}
`;

const MB = 40;
const KEPT = 10 * 1024 * 1024;

onEveryDatabase("X10: a flood of output", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(90_000);
    service = await Service.start({ jobs: [], database: await databases.freshUrl() });
    mkdirSync(join(service.tasks, "floods"), { recursive: true });
    writeFileSync(join(service.tasks, "floods", "job.ts"), FLOODS);
    await eventually(async () => (await service.get("/jobs/floods")).json.loadState === "ready", 60_000);
  });
  after(async function () {
    this.timeout(60_000);
    await service.stop();
  });

  const flood = async (way: string, mb: number): Promise<Json> => {
    const { id } = (await service.call("POST", "/jobs/floods/runs", { params: { way, mb } })).json;
    return eventually(async () => {
      const { json } = await service.get(`/runs/${id}`);
      return json.finishedAt !== null && json;
    }, 120_000);
  };

  it("is kept up to the cap of the log, and leaves the service about as large as it was", async function () {
    this.timeout(400_000);
    for (const way of ["raw", "console", "log"]) await flood(way, 0);
    const before = residentMiB(service.pid);
    const grown: number[] = [];
    for (const way of ["raw", "console", "log"]) {
      const run = await flood(way, MB);
      expect(run.state, run.cause).to.equal("succeeded");
      // Each line counts for its text and 64 bytes more.
      expect(run.log.bytes + 64 * run.log.lines, way).to.be.within(0.95 * KEPT, KEPT + 1_000);
      expect(run.log.bytes + run.log.droppedBytes, way).to.be.at.least(0.98 * MB * 1e6);
      grown.push(peakMiB(service.pid) - before);
    }
    // Measured: 26 MiB on SQLite and 17 on MariaDB; 95 and 110 with the engine left to itself.
    expect(grown.at(-1), `${before} MiB before, then more by ${grown.join(", ")}`).to.be.lessThan(45);
  });
});
