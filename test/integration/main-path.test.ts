// The main job on both databases: a mounted folder becomes scheduled, isolated, recorded runs, seen over REST and SQL.
import { expect } from "chai";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/db/open.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

onEveryDatabase("main path", function (databases) {
  let service: Service;
  let database: string;

  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
    service = await Service.start({
      jobs: ["noop", "echo", "slow", "fails", "counts", "keeps_state"],
      database,
    });
  });
  after(() => service.stop());

  const rows = async (statement: string) => {
    const opened = await openDatabase({ url: database });
    try {
      return await opened.read.all(statement);
    } finally {
      await opened.close();
    }
  };

  it("lists the loaded jobs with their params schema", async () => {
    const { status, json } = await service.get("/jobs");
    expect(status).to.equal(200);
    expect(json.data.map((job: Json) => [job["key"], job["loadState"]])).to.deep.equal([
      ["counts", "ready"],
      ["echo", "ready"],
      ["fails", "ready"],
      ["keeps_state", "ready"],
      ["noop", "ready"],
      ["slow", "ready"],
    ]);
  });

  it("A1: a triggered run ends with its counts, over REST and in the table", async () => {
    const run = await service.run("counts", { success: 3, failed: 2, skipped: 1 });
    expect(run["state"]).to.equal("succeeded");
    expect(run["records"]).to.deep.equal({ processed: 6, success: 3, failed: 2, skipped: 1 });
    expect(run["cause"]).to.contain("2 records failed");
    const [row] = await rows(
      `SELECT state, records_processed, records_success, records_failed FROM task_runs WHERE id = '${run["id"]}'`,
    );
    expect({ ...row }).to.deep.include({
      state: "succeeded",
      records_processed: 6,
      records_success: 3,
      records_failed: 2,
    });
  });

  it("R2: the run names the exact version, and the log lines are kept in order", async () => {
    const run = await service.run("echo", { text: "hello" });
    const job = (await service.get("/jobs/echo")).json;
    expect(run["version"]).to.equal(job.version["hash"]);
    const { json } = await service.get(`/runs/${run["id"]}/logs`);
    expect(json.data.length).to.be.greaterThan(0);
    expect(json.data.map((line: Json) => line["seq"])).to.deep.equal(
      json.data.map((_: Json, i: number) => i + 1),
    );
  });

  it("X8: a failing job is tried again as declared, and ends failed with file and line of its own source", async () => {
    const run = await service.run("fails", { attempts: 5 });
    expect(run["state"]).to.equal("failed");
    expect(run["reason"]).to.equal("error");
    expect(run["attempt"]).to.equal(3);
    expect(run.error["file"]).to.equal("fails/job.ts");
    const { json } = await service.get(`/runs/${run.id}`);
    expect(json.attempts.map((attempt: Json) => attempt["attempt"])).to.deep.equal([1, 2, 3]);
  });

  it("durable values last from run to run", async () => {
    await service.run("keeps_state");
    const second = await service.run("keeps_state");
    expect(JSON.stringify(second["result"])).to.match(/2/);
  });

  it("S1: a schedule made over REST fires each second, exactly once a second", async function () {
    this.timeout(20_000);
    const made = await service.call("POST", "/schedules", {
      job: "noop",
      cron: "* * * * * *",
      overlap: "allow_all",
    });
    expect(made.status, made.text).to.equal(201);
    const id = made.json["id"];
    await eventually(async () => (await service.get(`/runs?schedule=${id}`)).json.data.length >= 3, 10_000);
    const { json } = await service.get(`/schedules/${id}`);
    const removed = await service.call("DELETE", `/schedules/${id}`, undefined, {
      "if-match": `"${json["revision"]}"`,
    });
    expect(removed.status).to.equal(204);
    const fired = (
      await rows(`SELECT fire_at FROM task_runs WHERE schedule_id = '${id}' ORDER BY fire_at`)
    ).map((row) => Number(row["fire_at"]));
    fired.forEach((at, i) => expect(at).to.equal(fired[0]! + i * 1000));
  });

  it("R1: a saved change is what runs next; a broken file keeps the last good version, told with its line", async function () {
    this.timeout(20_000);
    const file = join(service.tasks, "noop", "job.ts");
    const good = readFileSync(file, "utf8");
    const before = (await service.get("/jobs/noop")).json.version["hash"];
    writeFileSync(file, `${good}\n// changed\n`);
    const changed = await eventually(async () => {
      const hash = (await service.get("/jobs/noop")).json.version["hash"];
      return hash !== before && hash;
    });
    writeFileSync(file, "export class Job extends {{{");
    const job = await eventually(async () => {
      const { json } = await service.get("/jobs/noop");
      return json["loadState"] === "stale" && json;
    });
    expect(job.loadError["file"]).to.equal("noop/job.ts");
    expect(job.loadError["line"]).to.equal(1);
    expect(job.version["hash"]).to.equal(changed);
    expect((await service.run("noop"))["version"]).to.equal(changed);
    expect((await service.get("/load-errors")).json.data.length).to.equal(1);
    writeFileSync(file, good);
    await eventually(async () => (await service.get("/jobs/noop")).json["loadState"] === "ready");
    expect((await service.get("/load-errors")).json.data.length).to.equal(0);
  });

  it("R4: a removed task directory makes its job missing, and it returns", async function () {
    this.timeout(30_000);
    const file = join(service.tasks, "noop", "job.ts");
    const good = readFileSync(file, "utf8");
    rmSync(file);
    await eventually(async () => (await service.get("/jobs/noop")).json["loadState"] === "missing", 15_000);
    expect((await service.call("POST", "/jobs/noop/runs", {})).status).to.equal(409);
    const made = await service.call("POST", "/schedules", { job: "noop", every: "1s" });
    const { id } = made.json;
    const suspended = await eventually(async () => (await service.get(`/schedules/${id}`)).json.suspended);
    expect(suspended).to.include({ reason: "job_missing", until: null });
    expect(suspended.cause).to.equal('skipped: the folder of the job "noop" is gone');
    // Two fires more, and still no row: a suspension is one row, written when it ends.
    const since = Date.parse(made.json.firedThrough);
    await eventually(() => Date.now() - since > 3_000, 10_000);
    expect((await service.get(`/runs?schedule=${id}`)).json.data).to.deep.equal([]);
    writeFileSync(file, good);
    const [range, run] = await eventually(async () => {
      const { json } = await service.get(`/runs?schedule=${id}&sort=queuedAt`);
      return json.data.length > 1 && json.data;
    }, 20_000);
    expect([range.state, range.reason]).to.deep.equal(["skipped", "job_missing"]);
    expect(range.fireCount).to.be.at.least(2);
    expect(run.state).to.be.oneOf(["queued", "running", "succeeded"]);
    expect(Date.parse(run.fireAt)).to.equal(Date.parse(range.fireThrough) + 1_000);
    await service.call("DELETE", `/schedules/${id}`);
  });

  it("A6: livez and readyz need no token", async () => {
    expect((await fetch(`${service.url}/livez`)).status).to.equal(200);
    expect((await fetch(`${service.url}/readyz`)).status).to.equal(200);
  });

  it("A4: SIGTERM ends it with exit code 0, and a running attempt is given back without using a try", async function () {
    this.timeout(30_000);
    const { json } = await service.call("POST", "/jobs/slow/runs", { params: { ms: 60_000 } });
    await eventually(async () => (await service.get(`/runs/${json["id"]}`)).json["state"] === "running");
    expect(await service.terminate()).to.equal(0);
    const [row] = await rows(`SELECT state, attempt, tries_used FROM task_runs WHERE id = '${json["id"]}'`);
    expect({ ...row }).to.deep.include({ state: "queued", attempt: 1, tries_used: 0 });
    await service.startAgain();
    await eventually(async () => (await service.get(`/runs/${json["id"]}`)).json["state"] === "running");
  });
});
