import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, ordersSpec, taskRun } from "../support/http-doubles.ts";

describe("GET /jobs and /jobs/{key}", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());

  it("a job has the contract's fields, with its key written with dots", async () => {
    face.world.runs.push(
      taskRun({
        id: "run_1",
        state: "succeeded",
        startedAt: 1_800_000_000_100,
        finishedAt: 1_800_000_000_350,
      }),
    );
    await face.deps.schedules.create(
      {
        source: "default",
        jobKey: "billing/sync-orders",
        fields: { cron: "* * * * *", params: { token: "xoxb-123456" } },
      },
      "local",
    );
    const { status, json } = await face.ask("GET", "/jobs/billing.sync-orders");
    expect(status).to.equal(200);
    expect(json).to.deep.include({
      key: "billing.sync-orders",
      source: "default",
      name: "Sync orders",
      description: "Brings the orders over",
      loadState: "ready",
      loadError: null,
      version: { hash: "9c41f02a", loadedAt: "2027-01-15T08:00:00.000Z", declared: "1.2.0" },
      pinned: false,
      enabled: true,
      paramGroups: [],
      timeoutMs: 3_600_000,
      overlap: "skip",
      isolation: "reuse",
      nextRunAt: "2027-01-02T03:05:00.000Z",
    });
    expect(json.requiredParams).to.deep.equal({ token: { type: "password", label: "Token" } });
    expect(json.paramsSchema).to.deep.include({ type: "object", required: ["token"] });
    expect(json.recentRuns).to.deep.equal([
      {
        id: "run_1",
        state: "succeeded",
        reason: null,
        fireAt: null,
        startedAt: "2027-01-15T08:00:00.100Z",
        finishedAt: "2027-01-15T08:00:00.350Z",
        durationMs: 250,
      },
    ]);
    expect(json["schedules"]).to.have.length(1);
    expect(Object.values(json["schedules"]!)[0]).to.deep.include({
      cron: "* * * * *",
      params: { token: { secret: true }, batchSize: 100 },
    });
  });

  it("a list that is asked to be brief has what its rows show, and little of each run", async () => {
    const { json, text } = await face.ask("GET", "/jobs?brief=true&q=sync");
    const [job] = json.data;
    expect(json.data).to.have.length(1);
    expect(Object.keys(job!)).to.have.members([
      "key",
      "source",
      "name",
      "loadState",
      "enabled",
      "pinned",
      "paused",
      "schedule",
      "scheduleCount",
      "recentRuns",
      "nextRunAt",
    ]);
    expect(job!["recentRuns"]).to.deep.equal([{ id: "run_1", state: "succeeded", durationMs: 250 }]);
    expect(job!["schedule"]).to.include({ sentence: "Every minute (UTC)" });
    expect(job).to.include({ name: "Sync orders", scheduleCount: 1, nextRunAt: "2027-01-02T03:05:00.000Z" });
    expect(text).not.to.include("paramsSchema");
    const bare = await face.ask("GET", "/jobs?brief=true&recentRuns=0&q=sync");
    expect(bare.json.data[0]!["recentRuns"]).to.deep.equal([]);
    const whole = await face.ask("GET", "/jobs?recentRuns=1&q=sync");
    expect([whole.json.data[0]!["recentRuns"]!.length, whole.json.data[0]!["timeoutMs"]]).to.deep.equal([
      1, 3_600_000,
    ]);
    expect((await face.ask("GET", "/jobs?recentRuns=31")).status).to.equal(422);
  });

  it("L3: secrets that an author left in the code are not shown", async () => {
    const { json, text } = await face.ask("GET", "/jobs/billing.sync-orders");
    expect(json.suggestedSchedules).to.deep.equal([
      { cron: "0 2 * * *", params: { token: { secret: true }, batchSize: 5 } },
    ]);
    expect(text).not.to.include("in-the-code");
  });

  it("a job that never loaded has the same fields, and its error with file, line and frame", async () => {
    const error = {
      code: "E007",
      message: "The default is none of the options",
      file: "broken/job.ts",
      line: 4,
      column: 7,
      frame: "> 4 | default: 'x'",
      hint: "Take one of the options",
      hash: "0f",
      since: 1_800_000_000_000,
    };
    face.world.entries.push(
      catalogEntry("default", "broken", {
        spec: null,
        currentVersion: null,
        loadedAt: null,
        loadState: "error",
        loadError: error,
      }),
    );
    const broken = (await face.ask("GET", "/jobs/broken")).json;
    const whole = (await face.ask("GET", "/jobs/open")).json;
    expect(Object.keys(broken).sort()).to.deep.equal(Object.keys(whole).sort());
    expect(broken).to.deep.include({ name: "broken", loadState: "error", version: null, paramsSchema: null });
    expect(broken.loadError).to.deep.equal({
      ...error,
      serving: null,
      since: "2027-01-15T08:00:00.000Z",
    });
    expect((await face.ask("POST", "/jobs/broken/validate", { body: {} })).status).to.equal(409);
    expect((await face.ask("POST", "/jobs/broken/runs", { body: {} })).status).to.equal(409);
    face.world.loadErrors.push({
      source: "default",
      key: "broken",
      loadState: "error",
      error,
      serving: null,
    });
    const listed = await face.ask("GET", "/load-errors");
    expect(listed.json.data[0]).to.deep.include({ job: "broken", source: "default", code: "E007", line: 4 });
    face.world.entries.pop();
    face.world.loadErrors.pop();
  });

  it("the list pages through every job once, in one order, and filters", async () => {
    const keys: string[] = [];
    let cursor = "";
    for (let page = 0; page < 5; page++) {
      const { json } = await face.ask("GET", `/jobs?limit=1${cursor}`);
      keys.push(...json.data.map((job) => `${String(job["source"])}:${String(job["key"])}`));
      if (json.page!["next"] === null) break;
      expect(json.page).to.include({ hasMore: true });
      cursor = `&cursor=${String(json.page!["next"])}`;
    }
    expect(keys).to.deep.equal(["default:billing.sync-orders", "default:open"]);
    const list = async (query: string) =>
      (await face.ask("GET", `/jobs?${query}`)).json.data.map((job) => job["key"]);
    expect(await list("source=default")).to.deep.equal(["billing.sync-orders", "open"]);
    expect(await list("source=!default")).to.deep.equal(["cleanup"]);
    expect(await list("source=builtin")).to.deep.equal(["cleanup"]);
    expect(await list("q=BILL")).to.deep.equal(["billing.sync-orders"]);
    expect(await list("loadState=error,stale")).to.deep.equal([]);
  });
});

describe("how a job is addressed", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    face.world.addSource("acme", catalogEntry("acme", "open"), catalogEntry("acme", "only-here"));
    face.world.entries.push(catalogEntry("acme", "My.Job", { loadState: "invalid", spec: null }));
  });
  after(() => face.stop());

  const ask = (key: string) => face.ask("GET", `/jobs/${key}`);

  it("by its key with dots, with the slash escaped, and by source:key", async () => {
    for (const key of ["billing.sync-orders", "billing%2Fsync-orders", "default:billing.sync-orders"]) {
      const answer = await ask(key);
      expect(answer.json, key).to.include({ key: "billing.sync-orders", source: "default" });
    }
    expect((await ask("only-here")).json).to.include({ source: "acme" });
  });

  it("a bare key that several mounted sources have is a 409 that names the addresses", async () => {
    const answer = await ask("open");
    expect([answer.status, answer.json.code]).to.deep.equal([409, "ambiguous_job"]);
    expect(answer.json.detail).to.include("acme:open, default:open");
    expect((await ask("acme:open")).json).to.include({ source: "acme" });
  });

  it("a built-in job is always named with its source; a bare key never means it, but is told so", async () => {
    expect((await ask("builtin:cleanup")).json).to.include({ source: "builtin", key: "cleanup" });
    const bare = await ask("cleanup");
    expect(bare.status).to.equal(404);
    expect(bare.json.detail).to.include('Did you mean "builtin:cleanup"?');
  });

  it("an unknown source, a misspelt key and names of nothing are 404", async () => {
    expect((await ask("nowhere:open")).status).to.equal(404);
    expect((await ask("acme:only-her")).json.detail).to.include('Did you mean "acme:only-here"?');
    for (const key of ["__proto__", "constructor", ":", "a:b:c", "a..b", "%00"]) {
      expect((await ask(key)).status, key).to.equal(404);
    }
  });

  it("a folder whose name cannot be a key is found by what the list shows of it", async () => {
    expect((await ask("acme:My.Job")).json).to.include({ loadState: "invalid" });
  });
});

describe("POST /jobs/{key}/runs and /validate", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  beforeEach(() => face.world.runs.splice(0));

  const RUNS = "/jobs/billing.sync-orders/runs";

  it("A1: answers 202 with Location and the run, whose secrets are masked", async () => {
    const answer = await face.ask("POST", RUNS, {
      token: face.tokens.operator,
      body: { params: { token: "xoxb-123456" }, priority: 2, delayMs: 1000 },
    });
    expect(answer.status).to.equal(202);
    const { id } = answer.json as unknown as { id: string };
    expect(answer.headers.get("location")).to.equal(`/api/v1/runs/${id}`);
    expect(answer.json).to.deep.include({
      state: "queued",
      job: "billing.sync-orders",
      trigger: "api",
      actor: { type: "token", name: "operator" },
      params: { token: { secret: true }, batchSize: 100 },
      priority: 2,
      progress: null,
      cancel: null,
    });
    expect(answer.text).not.to.include("xoxb").and.not.to.include("$sealed");
    const stored = await face.fetch(`/api/v1/runs/${id}`, {
      headers: { authorization: `Bearer ${face.tokens.viewer}` },
    });
    expect(stored.json).to.include({ id });
  });

  it("a trigger without any body is one without params", async () => {
    const answer = await face.ask("POST", "/jobs/open/runs");
    expect(answer.status).to.equal(202);
    const missing = await face.ask("POST", RUNS);
    expect([missing.status, missing.json.errors[0]!["pointer"]]).to.deep.equal([422, "/params/token"]);
  });

  it("Prefer: wait=N answers when the run has ended, with its end", async () => {
    const asked = face.ask("POST", "/jobs/open/runs", {
      body: {},
      headers: { prefer: "respond-async, wait=30" },
    });
    const run = await eventually(() => face.world.runs[0]);
    face.world.finish(run.id, { records: { processed: 3, success: 3, failed: 0, skipped: 0 } });
    const answer = await asked;
    expect([answer.status, answer.json.state as unknown]).to.deep.equal([202, "succeeded"]);
    expect(answer.headers.get("preference-applied")).to.equal("wait=30");
    expect(answer.json.records).to.include({ processed: 3 });
  });

  it("Prefer: wait=N answers after N seconds although the run goes on; a Prefer without sense is ignored", async () => {
    const answer = await face.ask("POST", "/jobs/open/runs", { body: {}, headers: { prefer: "wait=1" } });
    expect([answer.status, answer.json.state as unknown]).to.deep.equal([202, "queued"]);
    const ignored = await face.ask("POST", "/jobs/open/runs", { body: {}, headers: { prefer: "wait=soon" } });
    expect([ignored.status, ignored.headers.get("preference-applied")]).to.deep.equal([202, null]);
  });

  it("validate answers the values as the job would get them, and starts nothing", async () => {
    const answer = await face.ask("POST", "/jobs/billing.sync-orders/validate", {
      token: face.tokens.viewer,
      body: { params: { token: "xoxb-123456" } },
    });
    expect(answer.json).to.deep.equal({ params: { token: { secret: true }, batchSize: 100 } });
    expect(face.world.runs).to.deep.equal([]);
  });

  it("a param may be called constructor", async () => {
    const body = '{"params":{"constructor":"x"}}';
    const answer = await face.ask("POST", "/jobs/open/runs", {
      raw: body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).to.equal(202);
    expect(face.world.runs[0]!.params).to.have.own.property("constructor", "x");
  });

  it("a spec that calls a param secret by now hides values that were saved before", async () => {
    const spec = ordersSpec({
      requiredParams: {},
      optionalParams: { note: { type: "string", secret: true } },
    });
    face.world.entries.push(catalogEntry("default", "later-secret", { spec }));
    face.world.runs.push(
      taskRun({
        id: "run_9",
        jobKey: "later-secret",
        params: { note: "plain", deep: [{ a: { $sealed: "x" } }] },
      }),
    );
    const { json } = await face.ask("GET", "/runs/run_9");
    expect(json.params).to.deep.equal({ note: { secret: true }, deep: [{ a: { secret: true } }] });
  });

  it("the next run is of all schedules of the jobs of a page, however many there are", async function () {
    this.timeout(30_000);
    face.world.schedules.rows.splice(0);
    const make = (jobKey: string, cron: string) => {
      // Ids are in the order of time, and lists in the order of ids.
      face.world.clock.time += 1;
      const fields = { cron, timeZone: "UTC" };
      return face.deps.schedules.create({ source: "default", jobKey, fields }, "local");
    };
    for (let i = 0; i < 1_001; i++) await make("open", "0 2 1 6 *");
    // The last of them all is the first to fire.
    await make("open", "* * * * *");
    const last = (await face.ask("GET", "/jobs/open")).json;
    expect(last["nextRunAt"]).to.equal("2027-01-02T03:05:00.000Z");
    const listed = (await face.ask("GET", "/jobs")).json.data.find((job) => String(job["key"]) === "open")!;
    expect(listed["nextRunAt"]).to.equal("2027-01-02T03:05:00.000Z");
    face.world.schedules.rows.splice(0);
  });
});
