// Attempts with real processes: tried again as declared or overridden, each with its history; given back by a deploy.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const DRAIN_MS = 3_000;

const waits = (name: string, fields: string, onAbort: string) => `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "${name}", ${fields} optionalParams: { quick: { type: "boolean", default: false } } }) {
  async execute() {
    this.log.info("attempt " + this.run.attempt);
    // The service that comes after the deploy lets it end.
    if (this.run.attempt > 1) return { again: true };
    ${onAbort}
  }
}
`;

const JOBS: Record<string, string> = {
  ends_in_time: waits(
    "Ends in time",
    "",
    `await new Promise<void>((resolve) => { setTimeout(resolve, 60_000); this.signal.addEventListener("abort", () => resolve()); });
    return { inTime: true };`,
  ),
  gives_up: waits(
    "Gives up",
    "",
    `await new Promise<void>((resolve) => { setTimeout(resolve, 60_000); this.signal.addEventListener("abort", () => resolve()); });
    this.signal.throwIfAborted();`,
  ),
  deaf: waits(
    "Deaf",
    "",
    `process.on("SIGTERM", () => undefined);
    await new Promise<void>((resolve) => setTimeout(resolve, 60_000));`,
  ),
  cancels: waits(
    "Cancels",
    'onShutdown: "cancel",',
    `await new Promise<void>((resolve) => setTimeout(resolve, 60_000));`,
  ),
  fails: `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Fails", retries: { attempts: 2, backoff: "50ms" } }) {
  execute() {
    for (let n = 1; n <= this.run.attempt + 1; n++) this.log.info("line " + n);
    throw new Error("no " + this.run.attempt);
  }
}
`,
  floods: `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Floods", retries: { attempts: 2, backoff: "50ms" } }) {
  execute() {
    for (let n = 0; n < 1_000; n++) this.log.info("line " + (n + 10_000));
    throw new Error("no " + this.run.attempt);
  }
}
`,
};

const markOf = (lines: number) =>
  `[jobmount] ${lines} lines (${10 * lines} bytes) were dropped here: a run keeps 16384 bytes of log, its text and 64 bytes a line`;

onEveryDatabase("attempts", (databases) => {
  let service: Service;
  beforeEach(async function () {
    this.timeout(60_000);
    const env = {
      JOBMOUNT_DRAIN_TIMEOUT: `${DRAIN_MS}ms`,
      JOBMOUNT_CONCURRENCY: "8",
      JOBMOUNT_LOG_MAX: "16KiB",
    };
    service = await Service.start({ jobs: [], database: await databases.freshUrl(), env });
    for (const [key, text] of Object.entries(JOBS)) {
      mkdirSync(join(service.tasks, key), { recursive: true });
      writeFileSync(join(service.tasks, key, "job.ts"), text);
    }
    await eventually(
      async () =>
        (await service.get("/jobs")).json.data.filter((job: Json) => job["loadState"] === "ready").length ===
        Object.keys(JOBS).length,
      20_000,
    );
  });
  afterEach(() => service.stop());

  const ended = (id: string) =>
    eventually(async () => {
      const { json } = await service.get(`/runs/${id}`);
      return json["finishedAt"] !== null && json;
    }, 20_000);

  it("L1: the cap is that of the run: two attempts that each write over it keep what one may", async function () {
    this.timeout(60_000);
    const run = await ended(String((await service.run("floods"))["id"]));
    expect(run["attempt"]).to.equal(2);
    const { data } = (await service.get(`/runs/${run["id"]}/logs?limit=5000`)).json;
    const lines = data.filter((line: Json) => !line["text"].startsWith("[jobmount]"));
    // 10 characters and 64 bytes each, in 16 KiB: of the first attempt, and none of the second.
    expect(lines.length).to.equal(Math.floor((16 * 1024) / (10 + 64)));
    expect(new Set(lines.map((line: Json) => line["attempt"]))).to.deep.equal(new Set([1]));
    const marks = data.filter((line: Json) => line["text"].startsWith("[jobmount]"));
    expect(marks.map((line: Json) => [line["attempt"], line["text"]])).to.deep.equal([
      [1, markOf(1_000 - lines.length)],
      [2, markOf(1_000)],
    ]);
    expect(run["log"]).to.deep.equal({
      lines: lines.length + 2,
      bytes: 10 * lines.length,
      droppedBytes: 10 * (2_000 - lines.length),
      removedAt: null,
    });
  });

  it("X8: each tells why it ended, what ran, how long, and which lines of the log are its own", async function () {
    this.timeout(60_000);
    const run = await ended(String((await service.run("fails"))["id"]));
    const shown = run.attempts.map((one: Json) => [
      one["attempt"],
      one["state"],
      one["reason"],
      one["logLines"],
    ]);
    expect(shown).to.deep.equal([
      [1, "retrying", "error", { from: 1, to: 2 }],
      [2, "failed", "error", { from: 3, to: 5 }],
    ]);
    for (const one of run.attempts) {
      expect(one["version"]).to.equal(run["version"]);
      expect(one["durationMs"]).to.be.within(0, 20_000);
      expect(one["cause"]).to.equal(`no ${one["attempt"]} (fails/job.ts:5)`);
      const lines = (await service.get(`/runs/${run["id"]}/logs?attempt=${one["attempt"]}`)).json.data;
      expect([lines[0]["seq"], lines.at(-1)["seq"]]).to.deep.equal([
        one.logLines["from"],
        one.logLines["to"],
      ]);
    }
  });

  it("X8: a schedule's own retries go over the job's", async function () {
    this.timeout(60_000);
    const made = await service.call("POST", "/schedules", {
      job: "fails",
      at: new Date(Date.now() + 1_500).toISOString(),
      retries: { attempts: 3, backoff: "10ms" },
    });
    expect(made.status, made.text).to.equal(201);
    const run = await eventually(async () => {
      const { data } = (await service.get(`/runs?schedule=${made.json["id"]}`)).json;
      return data[0]?.["state"] === "failed" && data[0];
    }, 20_000);
    expect(run).to.include({ attempt: 3, maxAttempts: 3, triesUsed: 3 });
  });

  it("A4: a deploy lets end what ends in time, gives back the rest without using a try, and cancels what asks for it", async function () {
    this.timeout(90_000);
    const ids: Record<string, string> = {};
    for (const job of ["ends_in_time", "gives_up", "deaf", "cancels"])
      ids[job] = String((await service.call("POST", `/jobs/${job}/runs`, {})).json["id"]);
    await eventually(async () => {
      const { data } = (await service.get("/runs?state=running")).json;
      return (
        data.length === 4 &&
        (await Promise.all(data.map((run: Json) => service.get(`/runs/${run["id"]}/logs`)))).every(
          (reply) => reply.json.data.length === 1,
        )
      );
    }, 20_000);
    const from = performance.now();
    const gone = service.terminate();
    const unready = await eventually(async () => {
      const reply = await service.get("/readyz");
      return reply.status === 503 && reply.json;
    });
    expect(unready["checks"].map((check: Json) => check["name"])).to.include("draining");
    expect((await service.get(`/runs/${ids["deaf"]}`)).json["state"], "while it drains").to.equal("running");
    expect((await service.call("POST", "/jobs/deaf/runs", {})).json["code"]).to.equal("draining");
    expect(await gone).to.equal(0);
    expect(performance.now() - from).to.be.within(DRAIN_MS - 100, DRAIN_MS + 5_000);
    await service.startAgain();
    const runs: Record<string, Json> = {};
    for (const [job, id] of Object.entries(ids)) runs[job] = await ended(id);
    expect(runs["ends_in_time"]).to.deep.include({
      state: "succeeded",
      attempt: 1,
      result: { inTime: true },
    });
    expect(runs["cancels"]).to.deep.include({ state: "cancelled", reason: "shutdown", attempt: 1 });
    for (const job of ["gives_up", "deaf"]) {
      const { attempts, ...run } = runs[job]!;
      expect(run, job).to.deep.include({
        state: "succeeded",
        attempt: 2,
        triesUsed: 1,
        result: { again: true },
      });
      expect(attempts[0], job).to.include({
        state: "queued",
        reason: null,
        cause: "given back: the service stopped",
      });
    }
    const [deaf] = runs["deaf"]!["attempts"];
    const sent = deaf.steps.map((step: Json) => step["signal"]);
    expect(sent).to.deep.equal(["abort", "SIGTERM", "SIGKILL"]);
    const [abort, term, kill] = deaf.steps.map((step: Json) => Date.parse(step["at"]));
    expect(term - abort).to.be.within(DRAIN_MS - 2_050, DRAIN_MS);
    expect(kill - abort).to.be.within(DRAIN_MS - 50, DRAIN_MS + 2_000);
    expect(deaf["groupEmptyAt"]).not.to.equal(null);
  });
});
