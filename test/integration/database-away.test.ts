// A server that goes away and comes back: callers get 503, nothing stays broken, and a stop is not kept waiting.
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, startMariadb } from "../support/mariadb.ts";
import { Service } from "../support/service.ts";

(mariadbAvailable() ? describe : describe.skip)("a database that goes away", function () {
  this.timeout(60_000);

  it("A6 X5: REST says 503, readyz is red, and SIGTERM ends the service within its drain and 5 s", async () => {
    const server = await startMariadb();
    const env = { JOBMOUNT_DRAIN_TIMEOUT: "1s" };
    const service = await Service.start({ jobs: ["slow", "noop"], database: await server.database(), env });
    try {
      const run = await service.call("POST", "/jobs/slow/runs", { params: { ms: 60_000 } });
      await eventually(async () => (await service.get(`/runs/${run.json.id}`)).json.state === "running");
      await server.stop();
      for (const [method, path] of [
        ["GET", "/runs"],
        ["GET", "/schedules"],
        ["POST", "/jobs/noop/runs"],
      ] as const) {
        const reply = await service.call(method, path, method === "POST" ? {} : undefined);
        expect([path, reply.status]).to.deep.equal([path, 503]);
      }
      await eventually(async () => (await fetch(`${service.url}/readyz`)).status === 503, 10_000);
      const from = performance.now();
      expect(await service.terminate()).to.equal(0);
      expect(performance.now() - from).to.be.below(6_000);
    } finally {
      await service.stop();
      await server.stop();
    }
  });
});
