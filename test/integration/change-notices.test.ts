// What an open page is told: every state of every run, whoever moved it, here and in other processes.
import { expect } from "chai";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { readEvents } from "../support/event-stream.ts";
import { type Json, Service } from "../support/service.ts";

/** Told within this after it happened; on a machine that has other things to do. */
const SOON_MS = 5_000;

/** Its first attempt fails at once; the second one comes two seconds later and takes two. */
const TWICE = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Twice", retries: { attempts: 2, backoff: "2s" } }) {
  async execute() {
    if (this.run.attempt === 1) throw new Error("not yet");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
`;

onEveryDatabase("change notices", function (databases) {
  const services: Service[] = [];
  let url: string;
  const start = async (jobs: readonly string[]) => {
    const service = await Service.start({ jobs, database: url });
    services.push(service);
    return service;
  };
  /** Every hint that a page of `service` is told from now on. */
  const listen = async (service: Service): Promise<Json[]> => {
    const told: Json[] = [];
    let isOpen = false;
    void (async () => {
      for await (const { event, data } of readEvents(service, "/api/v1/events")) {
        isOpen = true;
        if (event === "changes") told.push(...(data.changes as Json[]));
      }
    })().catch(() => undefined);
    await eventually(() => isOpen || undefined);
    return told;
  };
  const ofRun = (told: Json[], state: string) =>
    told.find((one) => one.kind === "run" && one.state === state);
  before(async function () {
    this.timeout(90_000);
    url = await databases.freshUrl();
    const service = await start(["slow", "noop"]);
    mkdirSync(join(service.tasks, "twice"));
    writeFileSync(join(service.tasks, "twice", "job.ts"), TWICE);
    await eventually(
      async () => (await service.get("/jobs/twice")).json["loadState"] === "ready" || undefined,
      20_000,
    );
  });
  after(async function () {
    this.timeout(60_000);
    for (const service of services) await service.stop();
  });

  it("of a schedule: that its run begins, while it runs, and that one was skipped", async function () {
    this.timeout(60_000);
    const [service] = services as [Service];
    const told = await listen(service);
    const { json } = await service.call("POST", "/schedules", {
      job: "slow",
      every: "2s",
      params: { ms: 3_000 },
    });
    const running = await eventually(() => ofRun(told, "running"), SOON_MS + 4_000);
    expect((await service.get(`/runs/${running.id}`)).json.state, "while it runs").to.equal("running");
    await eventually(() => ofRun(told, "succeeded"), SOON_MS + 4_000);
    await eventually(() => ofRun(told, "skipped"), SOON_MS + 6_000);
    await service.call("DELETE", `/schedules/${json.id}`, undefined, { "if-match": "*" });
  });

  it("of a retry: that it waits, and that its next attempt runs", async function () {
    this.timeout(60_000);
    const [service] = services as [Service];
    const told = await listen(service);
    const { json: run } = await service.call("POST", "/jobs/twice/runs", { params: {} });
    const states = () => told.filter(({ id }) => id === run.id).map(({ state }) => state as string);
    await eventually(() => states().includes("retrying") || undefined, SOON_MS);
    const waits = states().length;
    await eventually(() => states().slice(waits).includes("running") || undefined, SOON_MS + 2_000);
    await eventually(() => states().includes("succeeded") || undefined, SOON_MS + 3_000);
  });

  if (databases.name === "mariadb") {
    it("of another process: its runs from beginning to end, and what its requests changed", async function () {
      this.timeout(120_000);
      const [here] = services as [Service];
      const there = await start(["slow", "noop"]);
      // Everything is run and asked for there.
      const told = await listen(there);
      const { json: run } = await here.call("POST", "/jobs/slow/runs", { params: { ms: 4_000 } });
      const states = () => told.filter(({ id }) => id === run.id).map(({ state }) => state as string);
      await eventually(() => states().includes("running") || undefined, SOON_MS);
      await eventually(() => states().includes("succeeded") || undefined, SOON_MS + 4_000);
      const { json: schedule } = await here.call("POST", "/schedules", { job: "noop", cron: "0 3 1 1 *" });
      await eventually(() => told.some(({ id }) => id === schedule.id) || undefined, SOON_MS);
      await here.call("POST", `/schedules/${schedule.id}/pause`, { reason: "not now" });
      await eventually(() => told.some(({ state }) => state === "schedules.pause") || undefined, SOON_MS);
    });
  }

  it("costs next to nothing while a page is open and nothing happens", async function () {
    this.timeout(60_000);
    const [service] = services as [Service];
    // Milliseconds of processor time of the whole process, as the kernel counts them.
    const worked = () => {
      const fields = readFileSync(`/proc/${service.pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * 10;
    };
    const over = async (ms: number) => {
      const before = worked();
      await new Promise((resolve) => setTimeout(resolve, ms));
      return (worked() - before) / ms;
    };
    await listen(service);
    // The looks of the pages of the tests before are the same looks: they are done once for all.
    expect(await over(8_000), "share of a core").to.be.below(0.05);
  });
});
