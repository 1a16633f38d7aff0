// Leases with real processes: no clock that steps makes a living run look dead, and who slept overwrites nothing.
import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { mariadbAvailable, startMariadb } from "../support/mariadb.ts";
import { Service } from "../support/service.ts";
import { faketimeLibrary, SteppedClock } from "../support/stepped-clock.ts";

/** Writes down each start and end; ends when the file `go` is there. */
const HELD = `import { appendFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Held", retries: { attempts: 3, backoff: "100ms" } }) {
  async execute() {
    const line = (what: string) => appendFileSync(join(this.dataDir, "held"), [what, this.run.id, this.run.attempt].join(" ") + "\\n");
    line("start");
    while (!existsSync(join(this.dataDir, "go"))) {
      this.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    line("end");
    return { attempt: this.run.attempt };
  }
}
`;

// Not less: beside the other suites a whole service may stand still for more than a second.
const LEASE_MS = 4_000;
const ENV = {
  JOBMOUNT_LEASE: `${LEASE_MS}ms`,
  JOBMOUNT_HEARTBEAT: "300ms",
  JOBMOUNT_SWEEP: "300ms",
  JOBMOUNT_GRACE: "300ms",
};
const HOUR = 3_600;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

class Replicas {
  readonly files = mkdtempSync(join(tmpdir(), "jobmount-held-"));
  readonly all: Service[] = [];

  constructor(readonly database: string) {}

  async start(env: Record<string, string> = {}): Promise<Service> {
    const service = await Service.start({
      jobs: [],
      database: this.database,
      env: { ...ENV, JOBMOUNT_FILES_DIR: this.files, ...env },
    });
    this.all.push(service);
    mkdirSync(join(service.tasks, "held"), { recursive: true });
    writeFileSync(join(service.tasks, "held", "job.ts"), HELD);
    await eventually(async () => (await service.get("/jobs/held")).json["loadState"] === "ready", 15_000);
    return service;
  }

  lines(): string[] {
    const file = join(this.files, "default", "held");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  go(): void {
    writeFileSync(join(this.files, "default", "go"), "");
  }

  async end(): Promise<void> {
    for (const service of this.all) await service.stop();
    rmSync(this.files, { recursive: true, force: true, maxRetries: 5 });
  }
}

const trigger = async (service: Service) =>
  String((await service.call("POST", "/jobs/held/runs", {})).json["id"]);
/** Seconds by which the shared now of the service is off this process's clock. */
const offsetOf = async (service: Service) =>
  (Date.parse((await service.get("/meta")).json["now"]) - Date.now()) / 1_000;
const endOf = (service: Service, id: string) =>
  eventually(async () => {
    const { json } = await service.get(`/runs/${id}`);
    return json["finishedAt"] !== null && json;
  }, 20_000);

onEveryDatabase("a clock that steps by an hour", (databases) => {
  it("reaps nothing that lives, on whichever replica it steps, forwards and back", async function () {
    this.timeout(90_000);
    if (faketimeLibrary() === undefined) this.skip();
    const clocks = [new SteppedClock(), new SteppedClock()];
    const replicas = new Replicas(await databases.freshUrl());
    try {
      const first = await replicas.start(clocks[0]!.env);
      if (databases.name === "mariadb") await replicas.start(clocks[1]!.env);
      const id = await trigger(first);
      await eventually(() => replicas.lines().length === 1, 10_000);
      for (const clock of clocks) {
        for (const seconds of [HOUR, 0]) {
          clock.step(seconds);
          // On a server the shared now is the server's.
          if (databases.name === "sqlite" && clock === clocks[0])
            await eventually(async () => Math.abs((await offsetOf(first)) - seconds) < 60, 10_000);
          await wait(2 * LEASE_MS);
        }
      }
      clocks[0]!.step(HOUR);
      expect((await first.get(`/runs/${id}`)).json).to.include({ state: "running", attempt: 1 });
      replicas.go();
      expect(await endOf(first, id)).to.include({ state: "succeeded", attempt: 1 });
      expect(replicas.lines()).to.deep.equal([`start ${id} 1`, `end ${id} 1`]);
    } finally {
      await replicas.end();
      for (const clock of clocks) clock.remove();
    }
  });
});

(mariadbAvailable() ? describe : describe.skip)("leases between replicas", function () {
  this.timeout(90_000);

  it("a step of the database's own clock reaps nothing that lives", async function () {
    if (faketimeLibrary() === undefined) this.skip();
    const clock = new SteppedClock();
    const server = await startMariadb({ env: clock.env });
    const replicas = new Replicas(await server.database());
    try {
      const first = await replicas.start();
      await replicas.start();
      const id = await trigger(first);
      await eventually(() => replicas.lines().length === 1, 10_000);
      for (const seconds of [HOUR, 0, -HOUR]) {
        clock.step(seconds);
        await eventually(async () => Math.abs((await offsetOf(first)) - seconds) < 60, 15_000);
        await wait(2 * LEASE_MS);
      }
      replicas.go();
      expect(await endOf(first, id)).to.include({ state: "succeeded", attempt: 1 });
      expect(replicas.lines()).to.deep.equal([`start ${id} 1`, `end ${id} 1`]);
    } finally {
      await replicas.end();
      await server.stop();
      clock.remove();
    }
  });

  it("X2 X8: a service that was stopped beyond its lease overwrites nothing of what came after", async () => {
    const server = await startMariadb();
    const replicas = new Replicas(await server.database());
    try {
      const first = await replicas.start();
      const id = await trigger(first);
      await eventually(() => replicas.lines().length === 1, 10_000);
      const second = await replicas.start();
      process.kill(first.pid, "SIGSTOP");
      try {
        await eventually(async () => (await second.get(`/runs/${id}`)).json["attempt"] === 2, 20_000);
        await eventually(() => replicas.lines().includes(`start ${id} 2`), 10_000);
      } finally {
        process.kill(first.pid, "SIGCONT");
      }
      // What it held is over by its next beat; the attempt that came after goes on.
      await eventually(async () => {
        const { attempts } = (await first.get(`/runs/${id}`)).json;
        return attempts.length >= 2 && attempts[0]["reason"] === "lost";
      }, 10_000);
      await wait(LEASE_MS);
      expect((await second.get(`/runs/${id}`)).json).to.include({ state: "running", attempt: 2 });
      replicas.go();
      const run = await endOf(second, id);
      expect(run).to.deep.include({ state: "succeeded", attempt: 2, result: { attempt: 2 } });
      expect(replicas.lines().filter((line) => line.startsWith("end"))).to.deep.equal([`end ${id} 2`]);
    } finally {
      await replicas.end();
      await server.stop();
    }
  });

  it("A6: after an outage longer than the lease nothing that lived through it is lost", async () => {
    const server = await startMariadb();
    const replicas = new Replicas(await server.database());
    try {
      const first = await replicas.start();
      const second = await replicas.start();
      const ids = [await trigger(first), await trigger(second)];
      await eventually(() => replicas.lines().length === 2, 10_000);
      await server.crash();
      await wait(2 * LEASE_MS);
      await server.startAgain();
      await wait(2 * LEASE_MS);
      replicas.go();
      for (const id of ids) expect(await endOf(first, id)).to.include({ state: "succeeded", attempt: 1 });
      expect(replicas.lines()).to.have.length(4);
    } finally {
      await replicas.end();
      await server.stop();
    }
  });
});
