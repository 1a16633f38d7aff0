// The endpoints that set things right: durable values, runs that go, schedules as a whole and by hand; and the fleet.
import { expect } from "chai";
import { Face } from "../support/face.ts";
import { taskRun } from "../support/http-doubles.ts";

const STATE = "/jobs/open/state";

describe("the durable values of a job over REST", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  beforeEach(() => face.world.values.rows.clear());

  const put = (values: unknown, query = "") => face.ask("PUT", `${STATE}${query}`, { body: { values } });

  it("none, then what was put, and none again after DELETE", async () => {
    expect((await face.ask("GET", STATE)).json).to.deep.include({
      schedule: null,
      values: {},
      updatedAt: null,
    });
    expect((await put({ cursor: { page: 3 }, seen: ["a"] })).json["values"]).to.deep.equal({
      cursor: { page: 3 },
      seen: ["a"],
    });
    const { json } = await face.ask("GET", STATE, { token: face.tokens.viewer });
    expect(json).to.deep.include({ job: "open", source: "default", updatedAt: "2027-01-02T03:04:05.678Z" });
    expect((await face.ask("DELETE", STATE)).status).to.equal(204);
    expect((await face.ask("GET", STATE)).json["values"]).to.deep.equal({});
  });

  it("L3: a sealed value is not shown, and stays when it is sent back as it was shown", async () => {
    const sealed = { $sealed: "v1.0000" };
    await face.deps.jobValues.replace("default", "open", "", new Map([["token", sealed]]), 1);
    expect((await face.ask("GET", STATE)).json["values"]).to.deep.equal({ token: { secret: true } });
    const answer = await put({ token: { secret: true }, cursor: 1 });
    expect(answer.text).not.to.include("$sealed");
    const { values } = await face.deps.jobValues.of("default", "open", "");
    expect([...values]).to.deep.equal([
      ["token", sealed],
      ["cursor", 1],
    ]);
    const wrong = await put({ other: { secret: true } });
    expect([wrong.status, wrong.json.errors[0]!["pointer"]]).to.deep.equal([422, "/values/other"]);
  });

  it("names and sizes that this.state would not take are 422, and nothing is changed", async () => {
    await put({ kept: 1 });
    for (const values of [
      { "": 1 },
      { ["x".repeat(257)]: 1 },
      { big: "x".repeat(65_536) },
      { "\ud800": 1 },
      [],
      null,
    ])
      expect((await put(values)).status, JSON.stringify(values).slice(0, 40)).to.be.oneOf([400, 422]);
    expect((await face.ask("GET", STATE)).json["values"]).to.deep.equal({ kept: 1 });
  });

  it("a job that keeps values by schedule is asked for one of its own schedules", async () => {
    const create = (jobKey: string) =>
      face.deps.schedules.create(
        {
          source: "default",
          jobKey,
          fields: { cron: "0 2 * * *", ...(jobKey === "open" ? {} : { params: { token: "xoxb-123456" } }) },
        },
        "local",
      );
    const [own, other] = [await create("open"), await create("billing/sync-orders")];
    expect((await put({ cursor: 7 }, `?schedule=${own.id}`)).json["schedule"]).to.equal(own.id);
    expect((await face.ask("GET", STATE)).json).to.deep.include({ values: {}, schedules: [own.id] });
    const wrong = await put({ cursor: 7 }, `?schedule=${other.id}`);
    expect([wrong.status, wrong.json.errors[0]!["code"]]).to.deep.equal([422, "unknown_schedule"]);
  });
});

describe("DELETE /runs/{id}", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    const run = { jobKey: "open" };
    face.world.runs.push(
      taskRun({ ...run, id: "run_over", state: "failed", reason: "error" }),
      taskRun({ ...run, id: "run_waits" }),
      taskRun({ ...run, id: "run_skipped", state: "skipped", reason: "overlap" }),
    );
  });
  after(() => face.stop());

  it("one that has ended is gone; one that waits and one that tells of a skipped fire are 409", async () => {
    expect((await face.ask("DELETE", "/runs/run_over", { token: face.tokens.editor })).status).to.equal(403);
    expect((await face.ask("DELETE", "/runs/run_over")).status).to.equal(204);
    expect((await face.ask("DELETE", "/runs/run_over")).status).to.equal(404);
    for (const [id, code] of [
      ["run_waits", "not_finished"],
      ["run_skipped", "skipped"],
    ]) {
      const { status, json } = await face.ask("DELETE", `/runs/${id}`);
      expect([status, json.code as unknown]).to.deep.equal([409, code]);
    }
    expect(face.world.runs.map(({ id }) => id)).to.deep.equal(["run_waits", "run_skipped"]);
  });
});

describe("a schedule as a whole, and by hand", () => {
  const face = new Face();
  let id = "";
  before(async () => {
    await face.start();
    const made = await face.ask("POST", "/schedules", {
      body: {
        job: "billing.sync-orders",
        name: "nightly",
        cron: "0 2 * * *",
        timeZone: "Europe/Berlin",
        params: { token: "xoxb-123456", batchSize: 7 },
        timeoutMs: 5_000,
        maxRuns: 9,
      },
    });
    id = String(made.json.id);
  });
  after(() => face.stop());

  const put = (body: object, headers: Record<string, string> = { "If-Match": "*" }) =>
    face.ask("PUT", `/schedules/${id}`, { body, headers, token: face.tokens.editor });

  it("PUT sets what it says and takes back all the rest; a secret as it is shown stays", async () => {
    const sealed = face.world.schedules.rows[0]!.params["token"];
    const { status, json, headers } = await put({ everyMs: 900_000, params: { token: { secret: true } } });
    expect(status).to.equal(200);
    expect(json).to.deep.include({
      everyMs: 900_000,
      name: null,
      timeoutMs: null,
      maxRuns: null,
      timeZone: "UTC",
      params: { token: { secret: true }, batchSize: 100 },
    });
    expect(headers.get("etag")).to.equal('"2"');
    expect(face.world.schedules.rows[0]!.params["token"]).to.deep.equal(sealed);
  });

  it("PUT needs If-Match, says when, keeps the job, and checks params as POST does", async () => {
    const when = { cron: "0 3 * * *", params: { token: "xoxb-123456" } };
    expect((await put(when, {})).status).to.equal(428);
    expect((await put(when, { "If-Match": '"1"' })).status).to.equal(412);
    expect((await put({ params: { token: "xoxb-123456" } })).status).to.equal(422);
    expect((await put({ cron: "0 3 * * *" })).json.errors[0]!["pointer"]).to.equal("/params/token");
    expect((await put({ ...when, job: "open" })).json.errors[0]!["code"]).to.equal("fixed");
    expect((await put({ ...when, job: "billing.sync-orders" })).json["cron"]).to.equal("0 3 * * *");
  });

  it("POST …/run makes one run with its params and policies, once for one key, also while it is paused", async () => {
    await put({ cron: "0 3 * * *", params: { token: "xoxb-123456" }, timeout: "5s" });
    await face.ask("POST", `/schedules/${id}/pause`);
    const before = face.world.runs.length;
    const ask = () =>
      face.ask("POST", `/schedules/${id}/run`, {
        token: face.tokens.operator,
        headers: { "idempotency-key": "now" },
      });
    const { status, json } = await ask();
    expect(status).to.equal(202);
    expect(json).to.deep.include({ schedule: id, trigger: "manual", fireAt: null, state: "queued" });
    expect((await ask()).json.id).to.equal(json.id);
    expect(face.world.runs.length).to.equal(before + 1);
    const run = face.world.runs.at(-1)!;
    expect(run).to.deep.include({ exclusive: true, overrides: { timeoutMs: 5_000 } });
    expect(run.params["token"]).to.deep.equal({ $sealed: "v1.0000" });
  });

  it("a held schedule is not run by hand: 409 that says why", async () => {
    const row = face.world.schedules.rows[0]!;
    const held = { reason: "params", errors: [], version: null, since: 1 };
    Object.assign(row, { held });
    const { status, json } = await face.ask("POST", `/schedules/${id}/run`);
    expect([status, json.code as unknown]).to.deep.equal([409, "held"]);
    Object.assign(row, { held: null });
  });
});

describe("GET /workers and /timeline", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    face.world.addSource("acme");
    const now = face.world.clock.now();
    const run = { jobKey: "open", state: "running" as const, startedAt: now, attempt: 1 };
    face.world.runs.push(
      taskRun({ ...run, id: "run_a", owner: "wrk_a", queuedAt: now - 1_000 }),
      taskRun({ ...run, id: "run_b", owner: "wrk_gone", source: "acme", queuedAt: now - 90_000_000 }),
    );
    await face.deps.schedules.create(
      { source: "default", jobKey: "open", fields: { cron: "0 * * * *" } },
      "local",
    );
  });
  after(() => face.stop());

  it("every process that is there or holds runs, and to a token of some sources those that hold runs of theirs", async () => {
    const { json } = await face.ask("GET", "/workers");
    expect(
      json.data.map(({ worker, running, upSince }) => [worker, running, upSince === null]),
    ).to.deep.equal([
      ["wrk_a", 1, false],
      ["wrk_gone", 1, true],
    ]);
    const token = await face.token({ role: "viewer", sources: ["acme"] });
    const own = (await face.ask("GET", "/workers", { token })).json.data;
    expect(own.map(({ worker, running }) => [worker, running])).to.deep.equal([["wrk_gone", 1]]);
    const counted = (await face.ask("GET", "/workers?count=true", { token })).json.page;
    expect(counted).to.include({ count: 1 });
    const replicasOf = async (token?: string) =>
      Object.values((await face.ask("GET", "/scheduler", { token })).json.replicas!).map(
        (one) => (one as Record<string, unknown>)["replica"],
      );
    expect(await replicasOf()).to.deep.equal(["wrk_a"]);
    expect(await replicasOf(token), "nor by those that look for due fires").to.deep.equal([]);
  });

  it("past and planned in one window, and no more than it", async () => {
    const until = new Date(face.world.clock.now() + 3 * 3_600_000).toISOString();
    const { json } = await face.ask("GET", `/timeline?since=1h&until=${until}`);
    const ids = (json["runs"] as unknown as { id: string }[]).map((run) => run.id);
    expect(ids).to.deep.equal(["run_a"]);
    const planned = json["planned"] as unknown as { at: string }[];
    expect(planned.map(({ at }) => at.slice(11, 16))).to.deep.equal(["04:00", "05:00", "06:00"]);
    expect(json).to.deep.include({ moreRuns: false, morePlanned: false });
    const day = 86_400_000;
    const [from, to] = [2 * day, 2 * day + 3 * 3_600_000].map((ms) =>
      new Date(face.world.clock.now() + ms).toISOString(),
    );
    const ahead = (await face.ask("GET", `/timeline?since=${from}&until=${to}&limit=2`)).json;
    const later = ahead["planned"] as unknown as { at: string }[];
    expect(
      later.map(({ at }) => at.slice(8, 16)),
      "a window that begins behind the first fires",
    ).to.deep.equal(["04", "05"].map((hour) => `${from!.slice(8, 10)}T${hour}:00`));
    expect(ahead).to.deep.include({ morePlanned: true });
    const token = await face.token({ role: "viewer", sources: ["acme"] });
    expect((await face.ask("GET", "/timeline?since=48h&limit=2000")).status).to.equal(200);
    const own = (await face.ask("GET", "/timeline?since=48h", { token })).json;
    expect((own["runs"] as unknown as { id: string }[]).map(({ id }) => id)).to.deep.equal(["run_b"]);
    expect(own["planned"]).to.deep.equal([]);
    for (const query of [
      "since=2027-01-01T00:00:00Z&until=2026-01-01T00:00:00Z",
      "since=9000h&until=2030-01-01T00:00:00Z",
      "limit=2001",
    ])
      expect((await face.ask("GET", `/timeline?${query}`)).status).to.equal(422);
  });
});
