// Two processes on one server, the second with an empty mount: it runs versions from the database alone, and breaks nothing.
import { expect } from "chai";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";

const job = (says: string, more = "") => `import { readFileSync } from "node:fs";
import { defineJob } from "jobmount";
import { word } from "./word";
export class Job extends defineJob({ name: "Says", files: ["*.txt"], retries: { attempts: 3 }${more} }) {
  execute() { return { says: "${says}", word, data: readFileSync(this.file("data.txt"), "utf8") }; }
}
`;

onEveryDatabase("a process with an empty mount", function (databases) {
  if (databases.name === "sqlite") return;
  let one: Service;
  let two: Service;
  const env = { JOBMOUNT_HEARTBEAT: "200ms", JOBMOUNT_LEASE: "1s", JOBMOUNT_SWEEP: "200ms" };
  const save = (service: Service, key: string, files: Record<string, string>): void => {
    mkdirSync(join(service.tasks, key), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(service.tasks, key, name), text);
  };
  const state = async (service: Service, key = "says") => (await service.get(`/jobs/${key}`)).json.loadState;

  before(async function () {
    this.timeout(60_000);
    const database = await databases.freshUrl();
    one = await Service.start({ jobs: [], database, env });
    save(one, "says", {
      "job.ts": job("one"),
      "word.ts": 'export const word = "w";',
      "data.txt": "some data",
    });
    await eventually(async () => (await state(one)) === "ready", 15_000);
    two = await Service.start({ jobs: [], database, env });
  });
  after(async () => {
    await one.stop();
    await two.stop();
  });

  it("runs that need a package which is not there are left to the process that has it", async function () {
    this.timeout(60_000);
    save(one, "native_says/node_modules/native", {
      "package.json": '{ "name": "native", "version": "1.0.0", "gypfile": true }',
      "index.js": 'module.exports = "from the package";',
    });
    save(one, "native_says", {
      "job.ts": `import { defineJob } from "jobmount";
import native from "native";
export class Job extends defineJob({ name: "Native", retries: { attempts: 1 } }) { execute() { return { native }; } }
`,
    });
    await eventually(async () => (await state(two, "native_says")) === "ready", 15_000);
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) {
      ids.push((await two.call("POST", "/jobs/native_says/runs", {})).json.id);
      // Others of the same source are not held up by them.
      if (n % 4 === 0) expect((await two.run("says")).state).to.equal("succeeded");
    }
    const workers = new Set<string>();
    for (const id of ids) {
      const run = await eventually(async () => {
        const { json } = await two.get(`/runs/${id}`);
        return ["succeeded", "failed"].includes(json.state) && json;
      }, 30_000);
      expect(`${run.state} ${run.reason}: ${run.cause}`).to.equal("succeeded null: null");
      workers.add(run.worker);
    }
    expect(workers.size, "processes that ran them").to.equal(1);
  });

  it("knows the jobs, and calls none of them missing", async () => {
    expect(readdirSync(two.tasks)).to.deep.equal([]);
    await eventually(async () => (await state(two)) === "ready", 15_000);
    expect(await state(one)).to.equal("ready");
    const { json } = await two.get("/sources");
    expect(json.data.find((source: { name: string }) => source.name === "default").state).to.equal(
      "unavailable",
    );
  });

  it("follows what the other one publishes, within seconds and over REST", async function () {
    this.timeout(60_000);
    save(one, "says", { "job.ts": job("two", ', version: "2.0.0"') });
    await eventually(async () => (await two.get("/jobs/says")).json.version.declared === "2.0.0", 15_000);
    save(one, "later", { "job.ts": job("later"), "word.ts": 'export const word = "w";', "data.txt": "1" });
    await eventually(async () => (await state(two, "later")) === "ready", 15_000);
    expect(await state(one, "later")).to.equal("ready");
    const pinned = await two.call("POST", "/jobs/says/pin", {
      version: (await two.get("/jobs/says/versions")).json.data[1].hash,
    });
    expect(pinned.json.pinned, pinned.text).to.equal(true);
    await eventually(async () => (await one.get("/jobs/says")).json.pinned === true, 15_000);
    await two.call("POST", "/jobs/says/unpin");
    await eventually(async () => (await one.get("/jobs/says")).json.pinned === false, 15_000);
  });

  it("a folder of its own that lacks a job takes nothing from the one who publishes", async function () {
    this.timeout(60_000);
    save(two, "other", { "job.ts": job("other") });
    const from = Date.now();
    // Long enough for several scans and looks; the other one's word is what counts all the time.
    await eventually(async () => {
      expect(await state(one), "not missing").to.equal("ready");
      expect(await state(one, "other")).to.equal(undefined);
      return Date.now() - from > 2_500;
    }, 15_000);
    rmSync(join(two.tasks, "other"), { recursive: true });
  });

  it("R2: runs a version from the database alone, with its code, its helper and its data, when the other one is gone", async function () {
    this.timeout(60_000);
    await one.terminate();
    const run = await two.run("says");
    expect(run.state, run.cause).to.equal("succeeded");
    expect(run.result).to.deep.equal({ says: "two", word: "w", data: "some data" });
    expect(run.maxAttempts, "what the job declares counts here too").to.equal(3);
    const old = (await two.get("/jobs/says/versions")).json.data[1];
    const source = (await two.get(`/jobs/says/versions/${old.hash}/source`)).json;
    expect(source.files.map((file: { path: string }) => file.path)).to.deep.equal([
      "says/data.txt",
      "says/job.ts",
      "says/word.ts",
    ]);
  });

  it("publishes what its own folder holds once the other one was silent for a lease", async function () {
    this.timeout(60_000);
    save(two, "says", {
      "job.ts": job("three"),
      "word.ts": 'export const word = "x";',
      "data.txt": "other data",
    });
    await eventually(async () => (await two.run("says")).result?.says === "three", 20_000, 200);
    await eventually(async () => (await state(two, "later")) === "missing", 20_000);
    await one.startAgain();
    expect((await one.run("says")).result.says).to.equal("three");
  });
});
