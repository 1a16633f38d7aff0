// A server that goes away and comes back: callers get 503, nothing stays broken, and a stop is not kept waiting.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { serve } from "../../src/cli/serve.ts";
import { loadConfig } from "../../src/config.ts";
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

  it("S5 A4: a server that falls silent is a 503 within its time-out, and SIGTERM ends the service all the same", async () => {
    const server = await startMariadb();
    const env = { JOBMOUNT_DRAIN_TIMEOUT: "1s" };
    const service = await Service.start({ jobs: ["noop"], database: await server.database(), env });
    try {
      process.kill(server.pid, "SIGSTOP");
      const asked = performance.now();
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          service.call("POST", "/jobs/noop/runs", {}, { "idempotency-key": `k${i}` }),
        ),
      );
      expect(performance.now() - asked).to.be.below(20_000);
      expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([503]));
      const from = performance.now();
      expect(await service.terminate()).to.equal(0);
      expect(performance.now() - from).to.be.below(6_000);
    } finally {
      process.kill(server.pid, "SIGCONT");
      await service.stop();
      await server.stop();
    }
  });

  for (const stop of ["at once", "once that has failed"] as const) {
    it(`S5 A4: a server that falls silent as the service says that it listens ends it with no error, stopped ${stop}`, async () => {
      const server = await startMariadb();
      const cwd = mkdtempSync(join(tmpdir(), "jobmount-silent-"));
      mkdirSync(join(cwd, "external_tasks"));
      const { config } = loadConfig(
        {
          PORT: "0",
          TASK_DATABASE_URL: await server.database(),
          JOBMOUNT_SECRET_KEY: "k".repeat(32),
          JOBMOUNT_DRAIN_TIMEOUT: "1s",
          JOBMOUNT_LOG_LEVEL: "error",
        },
        { cwd },
      );
      const stopping = new AbortController();
      const context = { cwd, env: {}, terminal: { live: false, colours: false }, signal: stopping.signal };
      let asked = 0;
      try {
        await serve(context as unknown as CliContext, config, {}, (_report, _log, app) => {
          process.kill(server.pid, "SIGSTOP");
          const ask = () => {
            asked = performance.now();
            stopping.abort("SIGTERM");
          };
          if (stop === "at once") return void setTimeout(ask, 100);
          // The same call as `serve` makes: when this one has failed, so has that one.
          void app.told().then(() => setTimeout(ask, 500));
        });
        expect(performance.now() - asked).to.be.below(6_000);
      } finally {
        process.kill(server.pid, "SIGCONT");
        await server.stop();
        rmSync(cwd, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
});
