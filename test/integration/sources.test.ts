// Sources of a real service on both databases: several at once, one whose folder is away, one that was renamed.
import { expect } from "chai";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";
import { jobmount, tempFolder } from "../cli/jobmount.ts";

const job = (says: string) =>
  `import { defineJob } from "jobmount";\nexport class Job extends defineJob({ name: "${says}" }) { execute() { return { says: "${says}" }; } }\n`;

const LEASE_MS = 600;

onEveryDatabase("sources", function (databases) {
  const folder = tempFolder();
  const save = (source: string, key: string, text: string): void => {
    mkdirSync(join(folder, source, key), { recursive: true });
    writeFileSync(join(folder, source, key, "job.ts"), text);
  };
  let database: string;
  let service: Service | undefined;
  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
  });
  let endedAt = 0;
  afterEach(async () => {
    await service?.terminate();
    endedAt = performance.now();
  });

  const start = async (paths: string, env: Record<string, string> = {}): Promise<Service> => {
    service = await Service.start({
      folder,
      database,
      env: {
        EXTERNAL_TASKS_PATH: paths,
        JOBMOUNT_HEARTBEAT: "100ms",
        JOBMOUNT_LEASE: `${LEASE_MS}ms`,
        ...env,
      },
    });
    return service;
  };
  const ready = (one: Service, address: string) =>
    eventually(async () => (await one.get(`/jobs/${address}`)).json.loadState === "ready", 15_000);

  it("R6: equal keys in two sources are two jobs, each by its address; a bare key means the one that is unique", async function () {
    this.timeout(60_000);
    save("acme", "sync", job("acme"));
    save("globex", "sync", job("globex"));
    save("globex", "only", job("only"));
    const one = await start("acme=./acme,globex=./globex");
    await ready(one, "acme:sync");
    await ready(one, "globex:sync");
    expect((await one.run("acme:sync")).result).to.deep.equal({ says: "acme" });
    expect((await one.run("globex:sync")).result).to.deep.equal({ says: "globex" });
    expect((await one.run("only")).result).to.deep.equal({ says: "only" });
    const ambiguous = await one.call("POST", "/jobs/sync/runs", {});
    expect(ambiguous.status).to.equal(409);
    expect(ambiguous.json.detail).to.contain("acme:sync, globex:sync");
    expect((await one.get("/jobs/builtin:sync")).status).to.equal(404);
    const made: string[] = [];
    for (const source of ["acme", "globex"]) {
      const { status, json } = await one.call("POST", "/schedules", {
        job: `${source}:sync`,
        name: source,
        every: "1s",
      });
      expect(status).to.equal(201);
      made.push(json.id);
    }
    const cli = async (...args: string[]) => {
      const env = { JOBMOUNT_URL: one.url, JOBMOUNT_TOKEN: one.token };
      return (await jobmount(args, { cwd: folder, env })).stdout;
    };
    const [runs, schedules, explained] = await Promise.all([
      cli("runs", "list", "--trigger", "api"),
      cli("schedules", "list"),
      cli("explain", made[1]!),
    ]);
    expect(runs)
      .to.match(/ acme:sync /)
      .and.to.match(/ globex:sync /)
      .and.to.match(/ globex:only /);
    expect(schedules)
      .to.match(/ acme:sync /)
      .and.to.match(/ globex:sync /);
    expect(explained).to.include("of the job globex:sync, at");
  });

  it("R4: a folder that goes away deletes nothing, serves on, and is said; back, it goes on", async function () {
    this.timeout(60_000);
    const one = await start("acme=./acme,globex=./globex");
    await ready(one, "acme:sync");
    renameSync(join(folder, "acme"), join(folder, "away"));
    const state = async () =>
      (await one.get("/sources")).json.data.find((source: Json) => source.name === "acme").state;
    await eventually(async () => (await state()) === "unavailable", 15_000);
    expect((await one.run("acme:sync")).result, "the last good version serves").to.deep.equal({
      says: "acme",
    });
    const ran = async () =>
      (await one.get("/runs?job=acme:sync&trigger=schedule&state=succeeded&limit=200")).json.data.length;
    const before = await ran();
    await eventually(async () => (await ran()) > before + 1, 15_000);
    renameSync(join(folder, "away"), join(folder, "acme"));
    await eventually(async () => (await state()) === "available", 15_000);
    await ready(one, "acme:sync");
  });

  it("R4: with JOBMOUNT_SOURCE_UNAVAILABLE=skip its fires are skipped meanwhile, in one row that says so, and no others", async function () {
    this.timeout(60_000);
    const one = await start("acme=./acme,globex=./globex", { JOBMOUNT_SOURCE_UNAVAILABLE: "skip" });
    await ready(one, "acme:sync");
    const schedule = (await one.get("/schedules?source=acme")).json.data[0];
    const count = async (query: string) => (await one.get(`/runs?${query}&limit=200`)).json.data.length;
    rmSync(join(folder, "acme"), { recursive: true });
    await eventually(async () => {
      const { suspended } = (await one.get(`/schedules/${schedule.id}`)).json;
      return suspended?.reason === "source_unavailable";
    }, 15_000);
    const other = await count("job=globex:sync&state=succeeded");
    const own = await count(`schedule=${schedule.id}&state=succeeded`);
    await eventually(async () => (await count("job=globex:sync&state=succeeded")) > other + 1, 15_000);
    expect(await count(`schedule=${schedule.id}&state=succeeded`)).to.be.at.most(own + 1);
    save("acme", "sync", job("acme"));
    await eventually(
      async () => (await count(`schedule=${schedule.id}&reason=source_unavailable`)) === 1,
      15_000,
    );
    const [row] = (await one.get(`/runs?schedule=${schedule.id}&reason=source_unavailable`)).json.data;
    expect(row.cause).to.contain('the folder of the source "acme" is away');
    await eventually(async () => (await count(`schedule=${schedule.id}&state=succeeded`)) > own + 1, 15_000);
  });

  it("a start that orphans schedules says so, with the next step; they are skipped visibly, and go on when it is back", async function () {
    this.timeout(60_000);
    // On a server another process may have it: nobody knows before it was silent for a lease.
    await eventually(() => performance.now() - endedAt > LEASE_MS, LEASE_MS * 2);
    const startedAt = Date.now();
    const one = await start("acme2=./acme,globex=./globex");
    await eventually(
      () => /the source "acme" is not configured any more: 1 schedule/.test(one.output),
      15_000,
    );
    await ready(one, "acme2:sync");
    const { data } = (await one.get("/sources")).json;
    await eventually(async () => {
      const orphan = (await one.get("/sources")).json.data.find((source: Json) => source.name === "acme");
      return /jobmount schedules list --source acme\..* those of "acme2": was it renamed\?/.test(
        orphan?.detail ?? "",
      );
    }, 15_000);
    expect(data.map((source: Json) => source.name)).to.include.members(["acme2", "globex", "builtin"]);
    const schedule = (await one.get("/schedules?source=acme")).json.data[0];
    await eventually(async () => {
      const { suspended } = (await one.get(`/schedules/${schedule.id}`)).json;
      return suspended?.reason === "source_unavailable" && /not configured/.test(suspended.cause);
    }, 15_000);
    const waiting = (await one.get("/runs?source=acme&state=queued")).json.data;
    // One that the service before it had queued and not begun waits for its source.
    const ours = waiting.filter((run: Json) => Date.parse(run.queuedAt) >= startedAt);
    expect(ours, "nothing is made for a worker that never comes").to.deep.equal([]);
    await one.terminate();
    const again = await start("acme=./acme,globex=./globex");
    await ready(again, "acme:sync");
    expect(again.output).not.to.contain("is not configured any more");
    await eventually(
      async () =>
        (await again.get(`/runs?schedule=${schedule.id}&reason=source_unavailable`)).json.data.length > 0,
      15_000,
    );
  });
});
