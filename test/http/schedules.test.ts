import { expect } from "chai";
import { Face } from "../support/face.ts";

describe("schedules over REST", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  beforeEach(() => {
    face.world.schedules.rows.splice(0);
    face.world.schedules.actors.splice(0);
  });

  const create = (body: object = {}) =>
    face.ask("POST", "/schedules", {
      token: face.tokens.editor,
      body: { job: "open", cron: "* * * * *", ...body },
    });

  it("POST makes one: 201 with Location, ETag and the contract's fields", async () => {
    const answer = await create({ name: "nightly", params: { note: "x" } });
    expect(answer.status).to.equal(201);
    const { id } = face.world.schedules.rows[0]!;
    expect(answer.headers.get("location")).to.equal(`/api/v1/schedules/${id}`);
    expect(answer.headers.get("etag")).to.equal('"1"');
    expect(answer.json).to.deep.include({
      id,
      job: "open",
      source: "default",
      name: "nightly",
      cron: "* * * * *",
      dst: { gap: "next", repeat: "first" },
      timeZone: "UTC",
      params: { note: "x" },
      enabled: true,
      paused: null,
      held: null,
      overlap: "skip",
      catchUp: { policy: "latest", windowMs: 3_600_000, max: 100 },
      jitterMs: 0,
      timeoutMs: null,
      retries: null,
      startAt: null,
      endAt: null,
      maxRuns: null,
      maxFailedShare: null,
      sentence: "Every minute (UTC)",
      lastRun: null,
      revision: 1,
      firedThrough: "2027-01-02T03:04:05.678Z",
    });
    expect(answer.json.nextFires).to.have.length(5);
    expect(Object.values(answer.json.nextFires!)[0]).to.deep.equal({
      at: "2027-01-02T03:05:00.000Z",
      local: "2027-01-02T03:05:00+00:00",
    });
    expect(face.world.schedules.actors).to.deep.equal(["token:editor"]);
  });

  it("every and at are shown as the contract says", async () => {
    await create();
    const row = face.world.schedules.rows[0]!;
    row.when = { kind: "every", everyMs: 900_000, anchorAt: 1_800_000_000_000 };
    const every = (await face.ask("GET", `/schedules/${row.id}`)).json;
    expect(every).to.include({ everyMs: 900_000, anchorAt: "2027-01-15T08:00:00.000Z", dst: null });
    expect(every).not.to.have.property("cron");
    row.when = { kind: "at", at: 1_800_000_000_000 };
    expect((await face.ask("GET", `/schedules/${row.id}`)).json).to.include({
      at: "2027-01-15T08:00:00.000Z",
    });
  });

  it("PATCH needs If-Match: 428 without, 412 with an old one, and then it changes exactly once", async () => {
    await create();
    const { id } = face.world.schedules.rows[0]!;
    const patch = (headers: Record<string, string>) =>
      face.ask("PATCH", `/schedules/${id}`, { body: { name: "renamed" }, headers });
    expect((await patch({})).status).to.equal(428);
    for (const tag of ['"2"', '"0"', 'W/"1"', '"abc"', '"2", "3"', 'W/"1", "7"']) {
      expect((await patch({ "if-match": tag })).status, tag).to.equal(412);
    }
    expect((await patch({ "if-match": "nonsense" })).status).to.equal(400);
    expect(face.world.schedules.rows[0]).to.include({ name: null, revision: 1 });
    const changed = await patch({ "if-match": '"1"' });
    expect([changed.status, changed.headers.get("etag")]).to.deep.equal([200, '"2"']);
    expect(changed.json).to.include({ name: "renamed", revision: 2 });
    expect((await patch({ "if-match": '"1"' })).status).to.equal(412);
    expect((await patch({ "if-match": "2" })).status).to.equal(200);
    const one = await face.ask("PATCH", `/schedules/${id}`, {
      body: { name: "again" },
      headers: { "if-match": '"7", "2"' },
    });
    expect([one.status, one.headers.get("etag")], "one of several").to.deep.equal([200, '"3"']);
    const gone = await face.ask("PATCH", "/schedules/sch_none", {
      body: { name: "x" },
      headers: { "if-match": '"abc"' },
    });
    expect(gone.status, "what is not there is not there, whatever it should have been").to.equal(404);
    expect((await patch({ "if-match": "*" })).status).to.equal(200);
  });

  it("PATCH takes application/merge-patch+json too, null takes a field away, and the job cannot be changed", async () => {
    await create({ name: "nightly" });
    const { id } = face.world.schedules.rows[0]!;
    const merged = await face.ask("PATCH", `/schedules/${id}`, {
      raw: '{"name":null}',
      headers: { "content-type": "application/merge-patch+json", "if-match": "*" },
    });
    expect([merged.status, merged.json.name]).to.deep.equal([200, null]);
    const job = await face.ask("PATCH", `/schedules/${id}`, {
      body: { job: "x" },
      headers: { "if-match": "*" },
    });
    expect([job.status, job.json.errors[0]!["pointer"]]).to.deep.equal([422, "/job"]);
  });

  it("PATCH changes only what was sent", async () => {
    await create({ name: "nightly", catchUp: { policy: "all", max: 5 }, params: { note: "x" } });
    const before = face.world.schedules.rows[0]!;
    const answer = await face.ask("PATCH", `/schedules/${before.id}`, {
      body: { enabled: false, catchUp: { max: null } },
      headers: { "if-match": "*" },
    });
    expect(answer.status).to.equal(200);
    const { enabled, catchUp, revision, ...rest } = face.world.schedules.rows[0]!;
    expect({ enabled, catchUp, revision }).to.deep.equal({
      enabled: false,
      catchUp: { policy: "all", windowMs: 3_600_000, max: 100 },
      revision: 2,
    });
    expect(rest).to.deep.include({ name: "nightly", params: { note: "x" }, when: before.when });
  });

  it("DELETE answers 204, 412 when it was changed meanwhile, and then it is gone", async () => {
    await create();
    const { id } = face.world.schedules.rows[0]!;
    const remove = (headers: Record<string, string> = {}) =>
      face.ask("DELETE", `/schedules/${id}`, { headers });
    expect((await remove({ "if-match": '"9"' })).status).to.equal(412);
    expect(face.world.schedules.rows).to.have.length(1);
    const gone = await remove({ "if-match": '"1"' });
    expect([gone.status, gone.text]).to.deep.equal([204, ""]);
    expect((await remove()).status).to.equal(404);
    expect((await face.ask("GET", `/schedules/${id}`)).status).to.equal(404);
  });

  it("the list pages through all, and filters by job", async () => {
    for (const job of ["open", "billing.sync-orders", "builtin:cleanup"]) {
      await create({ job, params: job === "open" ? {} : { token: "xoxb-123456" } });
      face.world.clock.time += 1;
    }
    const first = await face.ask("GET", "/schedules?limit=2");
    expect(first.json.data.map((one) => one["job"])).to.deep.equal(["open", "billing.sync-orders"]);
    const second = await face.ask("GET", `/schedules?limit=2&cursor=${String(first.json.page!["next"])}`);
    expect(second.json.data.map((one) => one["job"])).to.deep.equal(["cleanup"]);
    expect(second.json.page).to.deep.equal({ next: null, hasMore: false });
    const ofJob = await face.ask("GET", "/schedules?job=open");
    expect(ofJob.json.data).to.have.length(1);
    expect((await face.ask("GET", "/schedules?job=opem")).status).to.equal(422);
  });

  it("the list counts, sorts and filters as the other lists do", async () => {
    for (const job of ["open", "billing.sync-orders", "builtin:cleanup", "open"]) {
      await create({ job, params: job === "open" ? {} : { token: "xoxb-123456" } });
      face.world.clock.time += 1;
    }
    const jobs = async (query: string) => {
      const { status, json, text } = await face.ask("GET", `/schedules?${query}`);
      expect(status, text).to.equal(200);
      return json.data.map((one) => one["job"]);
    };
    expect(await jobs("sort=createdAt")).to.deep.equal(["open", "billing.sync-orders", "cleanup", "open"]);
    expect(await jobs("sort=-createdAt&limit=2")).to.deep.equal(["open", "cleanup"]);
    const newest = await face.ask("GET", "/schedules?sort=-createdAt&limit=3&count=true");
    expect(newest.json.page).to.include({ hasMore: true, count: 4 });
    const cursor = `cursor=${String(newest.json.page!["next"])}`;
    expect(await jobs(`sort=-createdAt&limit=3&${cursor}`)).to.deep.equal(["open"]);
    expect((await face.ask("GET", `/schedules?${cursor}`)).json).to.include({ status: 400, code: "cursor" });
    expect(await jobs("job=open,builtin:cleanup")).to.deep.equal(["open", "cleanup", "open"]);
    expect(await jobs("job=!open")).to.deep.equal(["billing.sync-orders", "cleanup"]);
    expect(await jobs("source=builtin,none")).to.deep.equal(["cleanup"]);
    expect(await jobs("source=!builtin&job=!open")).to.deep.equal(["billing.sync-orders"]);
    expect(await jobs("job=default:long-gone")).to.deep.equal([]);
    const counted = async (query: string) =>
      (await face.ask("GET", `/schedules?count=true&limit=1&${query}`)).json.page;
    expect(await counted("job=open"))
      .to.include({ hasMore: true, count: 2 })
      .and.not.have.property("countCapped");
    const tenant = await face.token({ role: "viewer", sources: ["builtin"] });
    for (const query of ["", "&source=default", "&source=!builtin", "&job=default:open"]) {
      const { json } = await face.ask("GET", `/schedules?count=true${query}`, { token: tenant });
      expect(
        json.data.every((one) => (one["source"] as unknown) === "builtin"),
        query,
      ).to.equal(true);
      expect(json.page!["count"], query).to.equal(json.data.length);
    }
    const unknown = await face.ask("GET", "/schedules?job=opem,open,nothing");
    expect(unknown.json.errors.map(({ pointer, code }) => [pointer, code])).to.deep.equal([
      ["/query/job", "unknown_job"],
      ["/query/job", "unknown_job"],
    ]);
    expect((await face.ask("GET", "/schedules?sort=id")).status).to.equal(422);
  });

  it("preview answers sentence, next fires and warnings, and makes nothing", async () => {
    const answer = await face.ask("POST", "/schedules/preview", {
      token: face.tokens.viewer,
      body: { cron: "30 2 * * *", timeZone: "UTC", count: 1 },
    });
    expect(answer.json).to.deep.equal({
      sentence: "At 02:30, every day (UTC)",
      timeZone: "UTC",
      nextFires: [{ at: "2027-01-03T02:30:00.000Z", local: "2027-01-03T02:30:00+00:00" }],
      warnings: [],
    });
    expect(face.world.schedules.rows).to.deep.equal([]);
  });
});
