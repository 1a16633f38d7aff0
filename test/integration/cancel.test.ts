// X9 with real processes: a cancel ends a run at whatever it is, and the run tells how, also one of another replica.
import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onEveryDatabase, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const JOBS: Record<string, string> = {
  /** Tells its process and that it runs, then does as it is told. */
  stays: `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Stays",
  optionalParams: { how: { type: "select", options: ["ends", "cleans", "ignores", "loops"], default: "ends" } },
}) {
  async execute() {
    if (this.params.how === "ignores") process.on("SIGTERM", () => undefined);
    const helper = spawn("sleep", ["120"], { stdio: "ignore" });
    this.records.success(3);
    writeFileSync(join(this.dataDir, this.run.id), [process.pid, helper.pid].join(" "));
    if (this.params.how === "loops") for (;;);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 120_000);
      if (this.params.how === "ends") this.signal.addEventListener("abort", () => resolve());
      if (this.params.how === "cleans") this.signal.addEventListener("abort", () => setTimeout(resolve, 100));
    });
    this.log.info("after the signal");
  }
}
`,
  /** Fails once, and would be tried again in an hour. */
  again: `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Again", retries: { attempts: 2, backoff: "1h" } }) {
  execute() { throw new Error("not yet"); }
}
`,
  /** One at a time, so that a second one waits. */
  single: `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Single", concurrency: 1 }) {
  async execute() {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 120_000);
      this.signal.addEventListener("abort", () => resolve());
    });
  }
}
`,
  /** Out of time, deaf to the signal. */
  late: `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Late", timeout: "200ms" }) {
  async execute() { process.on("SIGTERM", () => undefined); await new Promise((r) => setTimeout(r, 120_000)); }
}
`,
};

const GRACE_MS = 400;
const ENV = { JOBMOUNT_GRACE: `${GRACE_MS}ms`, JOBMOUNT_HEARTBEAT: "300ms", JOBMOUNT_LEASE: "30s" };

function save(service: Service): void {
  for (const [key, text] of Object.entries(JOBS)) {
    mkdirSync(join(service.tasks, key), { recursive: true });
    writeFileSync(join(service.tasks, key, "job.ts"), text);
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

onEveryDatabase("cancelling over REST", function (databases: TestDatabase) {
  let service: Service;
  let database: string;
  const files = mkdtempSync(join(tmpdir(), "jobmount-stays-"));
  before(async function () {
    this.timeout(60_000);
    database = await databases.freshUrl();
    service = await Service.start({ jobs: [], database, env: { ...ENV, JOBMOUNT_FILES_DIR: files } });
    save(service);
    await eventually(async () => (await service.get("/jobs/single")).status === 200, 15_000);
    await eventually(async () => (await service.get("/jobs")).json.data.length === 4, 15_000);
  });
  after(async () => {
    await service.stop();
    rmSync(files, { recursive: true, force: true, maxRetries: 5 });
  });

  const trigger = async (job: string, params = {}, at = service) => {
    const { status, json, text } = await at.call("POST", `/jobs/${job}/runs`, { params });
    expect(status, text).to.equal(202);
    return String(json["id"]);
  };
  const get = async (id: string, at = service) => (await at.get(`/runs/${id}`)).json;
  const ended = (id: string, at = service) =>
    eventually(async () => {
      const run = await get(id, at);
      return ["cancelled", "failed", "succeeded"].includes(run["state"]) && run;
    }, 20_000);
  const cancel = (id: string, at = service) => at.call("POST", `/runs/${id}/cancel`, { reason: "because" });
  const pidsOf = (id: string) =>
    eventually(() => {
      const file = join(files, "default", id);
      const found = existsSync(file) ? /^(\d+) (\d+)$/.exec(readFileSync(file, "utf8")) : null;
      return found ? [Number(found[1]), Number(found[2])] : undefined;
    }, 20_000);
  const signals = (run: Json) => run.cancel.steps.map((step: Json) => step["signal"]);

  it("X9: a queued and a retrying run end at once, and never start", async function () {
    this.timeout(30_000);
    const first = await trigger("single");
    await eventually(async () => (await get(first))["state"] === "running");
    const waiting = await trigger("single");
    expect((await cancel(waiting)).json).to.deep.include({ state: "cancelled", reason: "user", attempt: 0 });
    const retrying = await trigger("again");
    await eventually(async () => (await get(retrying))["state"] === "retrying");
    expect((await cancel(retrying)).json).to.deep.include({ state: "cancelled", attempt: 1 });
    expect((await cancel(retrying)).status).to.equal(409);
    for (const id of [waiting, retrying])
      expect((await get(id)).cancel).to.include({ waited: true, reason: "because" });
    await cancel(first);
    expect((await ended(first)).cancel).to.include({ waited: false });
    expect((await get(waiting))["attempts"]).to.deep.equal([]);
  });

  for (const [how, sent] of [
    ["ends", ["abort"]],
    ["cleans", ["abort"]],
    ["ignores", ["abort", "SIGTERM", "SIGKILL"]],
    ["loops", ["abort", "SIGTERM"]],
  ] as const) {
    it(`X9 X7: one that ${how} on the signal gets ${sent.join(", ")}; it tells when, and nothing of it is left`, async function () {
      this.timeout(30_000);
      const id = await trigger("stays", { how });
      const pids = await pidsOf(id);
      const asked = await cancel(id);
      expect([asked.status, asked.json["cancel"]["by"], asked.json["cancel"]["reason"]]).to.deep.equal([
        202,
        "JOBMOUNT_ADMIN_TOKEN",
        "because",
      ]);
      const run = await ended(id);
      expect(run).to.include({ state: "cancelled", reason: "user" });
      expect(signals(run)).to.deep.equal(sent);
      const at = run.cancel.steps.map((step: Json) => Date.parse(step["at"]));
      expect(at[0]).to.be.at.least(Date.parse(run.cancel["requestedAt"]) - 1);
      if (sent.length > 1) expect(at[1] - at[0]).to.be.within(GRACE_MS - 20, GRACE_MS + 2_000);
      if (sent.length > 2) expect(at[2] - at[1]).to.be.within(1_980, 4_000);
      expect(Date.parse(run.cancel["groupEmptyAt"])).to.be.at.least(at.at(-1));
      expect(run.attempts[0]).to.deep.include({ steps: run.cancel.steps, state: "cancelled" });
      expect(pids.filter(isAlive), "processes of the attempt that live on").to.deep.equal([]);
      if (how === "cleans") expect(run.records["success"], "counts so far").to.equal(3);
    });
  }

  it("X9: cancelled while it starts, ten times over, a run is cancelled and none runs on", async function () {
    this.timeout(60_000);
    for (let n = 0; n < 10; n++) {
      const id = await trigger("stays", { how: "ends" });
      if (n % 2 === 1) await eventually(async () => (await get(id))["state"] !== "queued", 5_000, 1);
      expect((await cancel(id)).status).to.equal(202);
      const run = await ended(id);
      expect(run).to.include({ state: "cancelled", reason: "user" });
    }
    expect((await service.get("/runs?state=running")).json.data).to.deep.equal([]);
  });

  it("X3: an attempt that is out of time is ended in the same steps, and tells them", async function () {
    this.timeout(30_000);
    const run = await ended(await trigger("late"));
    expect(run).to.include({ state: "failed", reason: "timeout", cancel: null });
    const [attempt] = run.attempts;
    expect(attempt.steps.map((step: Json) => step["signal"])).to.deep.equal(["abort", "SIGTERM", "SIGKILL"]);
    expect(Date.parse(attempt["groupEmptyAt"])).to.be.at.least(Date.parse(attempt.steps[2]["at"]));
  });

  if (databases.name === "mariadb") {
    it("X9: a cancel reaches a run that another replica runs", async function () {
      this.timeout(60_000);
      // Knows no job, so it runs none; what it is asked it does.
      const other = await Service.start({ jobs: [], database, env: ENV });
      try {
        const id = await trigger("stays", { how: "ends" });
        const pids = await pidsOf(id);
        const from = performance.now();
        expect((await cancel(id, other)).status).to.equal(202);
        const run = await ended(id, other);
        expect(performance.now() - from).to.be.below(5_000);
        expect(signals(run)).to.deep.equal(["abort"]);
        expect(pids.filter(isAlive)).to.deep.equal([]);
      } finally {
        await other.stop();
      }
    });
  }
});
