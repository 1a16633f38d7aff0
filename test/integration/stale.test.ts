// R1 on a real service whose clock is stepped by a week: a job that does not load for so long is told of, and held if so set.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { faketimeAvailable, SteppedClock } from "../support/faketime.ts";
import { mariadbAvailable, startMariadb } from "../support/mariadb.ts";
import { type Json, Service } from "../support/service.ts";

const DAY = 24 * 3_600;
const job = (text: string) => `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Says" }) { execute() { return { says: "${text}" }; } }
`;

interface World {
  clock: SteppedClock;
  /** The clock that counts: the service's own on SQLite, the server's for all on MariaDB. */
  env: Record<string, string>;
  database?: string;
  stop(): Promise<void>;
}

async function sqlite(): Promise<World> {
  const clock = new SteppedClock();
  return { clock, env: clock.env, stop: async () => clock.remove() };
}

async function mariadb(): Promise<World> {
  const clock = new SteppedClock();
  const server = await startMariadb({ env: { ...process.env, ...clock.env } });
  const stop = async () => {
    await server.stop();
    clock.remove();
  };
  return { clock, env: {}, database: await server.database(), stop };
}

describe("R1: a job that has not loaded for a week", () => {
  const bySqlite = faketimeAvailable();
  const worlds: [string, boolean, () => Promise<World>][] = [
    ["sqlite", bySqlite, sqlite],
    ["mariadb", bySqlite && mariadbAvailable(), mariadb],
  ];
  for (const [name, available, make] of worlds) {
    for (const then of ["hold", "serve"] as const) {
      (available ? it : it.skip)(
        then === "hold"
          ? `is told of, measured, and its schedules are held until it loads, with JOBMOUNT_STALE_THEN=hold (${name})`
          : `is told of, and its last good version serves on unless something else is set (${name})`,
        async function () {
          this.timeout(120_000);
          const world = await make();
          const env = { ...world.env, JOBMOUNT_LEASE: "60s", JOBMOUNT_STALE_THEN: then };
          const service = await Service.start({ jobs: [], database: world.database, env });
          try {
            await live(service, world.clock, then);
          } finally {
            await service.stop();
            await world.stop();
          }
        },
      );
    }
  }
});

async function live(service: Service, clock: SteppedClock, then: "hold" | "serve"): Promise<void> {
  const save = (text: string): void => {
    for (const key of ["says", "other"]) {
      mkdirSync(join(service.tasks, key), { recursive: true });
      if (key === "says" || text === job("first")) writeFileSync(join(service.tasks, key, "job.ts"), text);
    }
  };
  const becomes = (state: string) =>
    eventually(async () => (await service.get("/jobs/says")).json.loadState === state, 15_000);
  const schedule = async (key: string): Promise<string> =>
    (await service.call("POST", "/schedules", { job: key, every: "1s" })).json.id;
  const newest = async (id: string): Promise<Json> =>
    (await service.get(`/runs?schedule=${id}&state=succeeded&limit=1`)).json.data[0];
  /** It fired at this instant or later. */
  const firesAfter = (id: string, at: number) =>
    eventually(async () => Date.parse((await newest(id))?.fireAt ?? 0) >= at, 30_000, 100);
  const staleSeconds = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${service.token}` };
    const text = await (await fetch(`${service.url}/metrics`, { headers })).text();
    return Number(/^jobmount_task_stale_seconds\{task="says",source="default"\} (\S+)$/m.exec(text)?.[1]);
  };

  save(job("first"));
  await becomes("ready");
  await eventually(async () => (await service.get("/jobs/other")).json.loadState === "ready", 15_000);
  const [says, other] = [await schedule("says"), await schedule("other")];
  await firesAfter(says, 1);
  save("export class Job extends");
  await becomes("stale");
  const since = Date.parse((await service.get("/jobs/says")).json.loadError.since);
  expect(await staleSeconds()).to.be.within(0, 30);

  clock.step(6 * DAY);
  await firesAfter(says, since + 6 * DAY * 1000);
  expect(service.output, "before its time").to.not.include("has not loaded for");

  clock.step(7 * DAY + 60);
  await firesAfter(other, since + 7 * DAY * 1000);
  expect(await staleSeconds()).to.be.above(7 * DAY);
  await eventually(() => service.output.includes("it has not loaded for 7d"), 90_000, 200);
  if (then === "serve") {
    await firesAfter(says, since + 7 * DAY * 1000);
    expect((await newest(says)).result).to.deep.equal({ says: "first" });
    return;
  }
  const suspended = await eventually(async () => {
    return (await service.get(`/schedules/${says}`)).json.suspended as Json;
  }, 30_000);
  expect(suspended).to.include({ reason: "job_stale", until: null });
  expect(suspended.cause).to.match(/^skipped: the code of the job "says" has not loaded for 7d: ./);
  expect(Date.parse(suspended.since)).to.equal(since + 7 * DAY * 1000);
  expect(Date.parse((await newest(says)).fireAt), "none after it").to.be.at.most(since + 7 * DAY * 1000);

  save(job("second"));
  await becomes("ready");
  await eventually(async () => (await newest(says)).result.says === "second", 30_000, 100);
  const skipped = (await service.get(`/runs?schedule=${says}&reason=job_stale`)).json.data;
  expect(skipped, "one row for all of it").to.have.length(1);
  expect(skipped[0].fireThrough).to.be.a("string");
  expect((await service.get(`/runs?schedule=${other}&reason=job_stale`)).json.data).to.deep.equal([]);
  expect(await staleSeconds()).to.be.NaN;
}
