// R7 on a real service and both databases: what a new version's params mean for schedules, at once and over restarts.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const job = (required: string, size: string, body = "") => `import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Sync",
  requiredParams: { token: { type: "password" }${required} },
  optionalParams: { size: { type: "integer", default: 1${size} } },
}) { execute() { ${body} return { size: this.params.size, token: this.params.token.length }; } }
`;
const SECRET = "xoxb-12345678";

onEveryDatabase("R7: a new version's params and the schedules", function (databases) {
  let service: Service;
  before(async function () {
    this.timeout(60_000);
    service = await Service.start({ jobs: [], database: await databases.freshUrl() });
  });
  after(() => service.stop());

  const save = (text: string): void => {
    mkdirSync(join(service.tasks, "sync"), { recursive: true });
    writeFileSync(join(service.tasks, "sync", "job.ts"), text);
  };
  const created = async (name: string, params: Json, more: Json = {}): Promise<string> => {
    const body = { job: "sync", name, every: "1s", params, ...more };
    const { json, status, text } = await service.call("POST", "/schedules", body);
    expect(status, text).to.equal(201);
    return json.id;
  };
  const get = async (id: string): Promise<Json> => (await service.get(`/schedules/${id}`)).json;
  const held = (id: string): Promise<Json> =>
    eventually(async () => (await get(id)).held as Json, 15_000) as Promise<Json>;
  const released = (id: string) => eventually(async () => (await get(id)).held === null, 15_000);
  /** Fires of a held schedule that were found out by a run: those due before the hold may wait in the queue already. */
  const foundOut = async (id: string, hold: Json): Promise<Json[]> =>
    (await service.get(`/runs?schedule=${id}&reason=params`)).json.data.filter(
      (run: Json) => Date.parse(run.fireAt) >= Date.parse(hold.at),
    );

  it("holds those that do not fit, with reason and pointer of each field, and no other; releases them by itself", async function () {
    this.timeout(60_000);
    save(job("", ", max: 100"));
    await eventually(async () => (await service.get("/jobs/sync")).json.loadState === "ready", 15_000);
    const big = await created("big", { token: SECRET, size: 90 });
    const small = await created("small", { token: SECRET, size: 5 });
    save(job("", ", max: 50"));
    const hold = await held(big);
    expect(hold.reason).to.match(
      /^the saved params do not fit version [0-9a-f]{7}: size must be at most 50, but is 90$/,
    );
    expect(hold.errors).to.have.length(1);
    expect(hold.errors[0]).to.deep.include({ pointer: "/params/size", code: "max" });
    expect((await get(small)).held).to.equal(null);
    await eventually(() => /its params changed: size: max 100 -> 50/.test(service.output));
    expect(service.output).to.match(/held: the saved params do not fit/);
    expect((await get(big)).nextFires).to.deep.equal([]);

    // Held means that nothing new runs; what was queued or ran at that moment may end yet. The other one goes on.
    const runsOf = async (id: string) =>
      (await service.get(`/runs?schedule=${id}&state=succeeded&limit=200`)).json.data.length;
    const open = async () =>
      (await service.get(`/runs?schedule=${big}&state=queued,running,retrying`)).json.data.length;
    await eventually(async () => (await open()) === 0, 60_000);
    const before = await runsOf(big);
    const other = await runsOf(small);
    await eventually(async () => (await runsOf(small)) > other + 1, 15_000);
    expect(await runsOf(big)).to.equal(before);

    save(job("", ", max: 95"));
    await released(big);
    await eventually(async () => (await runsOf(big)) > before, 15_000);
    const [range] = (await service.get(`/runs?schedule=${big}&reason=held`)).json.data;
    expect(range).to.deep.include({ state: "skipped", reason: "held" });
    expect(range.cause).to.contain("size must be at most 50, but is 90");
    expect(await foundOut(big, hold)).to.deep.equal([]);
    for (const id of [big, small]) await service.call("DELETE", `/schedules/${id}`);
  });

  it("an edit that makes the params fit releases it in the same step; one of a secret works too", async function () {
    this.timeout(60_000);
    const id = await created("edited", { token: SECRET, size: 3 }, { every: "1h" });
    save(job(', region: { type: "string" }', ""));
    const hold = await held(id);
    expect(hold.errors.map((one: Json) => one.pointer)).to.deep.equal(["/params/region"]);
    // It is held before the version serves that it does not fit; until then its params are those of the old one.
    await eventually(async () => "region" in (await service.get("/jobs/sync")).json.requiredParams, 15_000);
    const patch = (params: Json) =>
      service.call("PATCH", `/schedules/${id}`, { params }, { "if-match": "*" });
    expect((await patch({ size: 4 })).status, "it still lacks the region").to.equal(422);
    const mended = await patch({ region: "eu" });
    expect(mended.status, mended.text).to.equal(200);
    expect(mended.json.held).to.equal(null);
    save(job(', region: { type: "select", options: ["us"] }', ""));
    await held(id);
    save(job("", "").replace('"password"', '"password", minLength: 40'));
    await eventually(
      async () => /token must have at least 40 characters$/.test((await held(id)).reason),
      15_000,
    );
    expect(JSON.stringify(await get(id))).not.to.contain(SECRET);
    await service.call("DELETE", `/schedules/${id}`);
  });

  it("also for a pin, and for what changed while the service was down: before anything fires", async function () {
    this.timeout(60_000);
    save(job("", ", max: 10"));
    const narrow = await eventually(async () => {
      const { json } = await service.get("/jobs/sync");
      return json.optionalParams.size?.max === 10 && json.version.hash;
    }, 15_000);
    save(job("", ", max: 1000"));
    await eventually(
      async () => (await service.get("/jobs/sync")).json.optionalParams.size.max === 1000,
      15_000,
    );
    const id = await created("wide", { token: SECRET, size: 500 });
    await service.call("POST", "/jobs/sync/pin", { version: narrow });
    await held(id);
    await service.call("POST", "/jobs/sync/unpin");
    await released(id);
    await service.terminate();
    save(job("", ", max: 20"));
    await service.startAgain();
    expect(await foundOut(id, await held(id))).to.deep.equal([]);
    await service.call("DELETE", `/schedules/${id}`);
  });

  it("a retry by hand runs the version that ran or the one that serves, as asked", async function () {
    this.timeout(60_000);
    save(job("", "", "this.log.info('old');").replace("size: this.params.size", 'says: "old"'));
    const says = async (run: Json) => run.result?.says;
    await eventually(async () => {
      const run = await service.run("sync", { token: SECRET });
      return (await says(run)) === "old";
    }, 15_000);
    const first = await service.run("sync", { token: SECRET });
    save(job("", "").replace("size: this.params.size", 'says: "new"'));
    await eventually(
      async () => (await says(await service.run("sync", { token: SECRET }))) === "new",
      15_000,
    );
    const again = async (body: Json): Promise<Json> =>
      (await service.call("POST", `/runs/${first.id}/retry`, body, { prefer: "wait=20" })).json;
    const same = await again({ version: "same" });
    expect(same).to.deep.include({ state: "succeeded", version: first.version, retryOf: first.id });
    expect(same.result.says).to.equal("old");
    const current = await again({ version: "current" });
    expect(current.result.says).to.equal("new");
  });
});
