// Pausing, resuming, skipping, copying, backfilling and explaining over REST.
import { expect } from "chai";
import { Face, type Json } from "../support/face.ts";

const NOW = "2027-01-02T03:04:05.678Z";

describe("controls of schedules over REST", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  beforeEach(() => {
    face.world.schedules.rows.splice(0);
    face.world.schedules.pauses.rows.splice(0);
    face.world.runs.splice(0);
  });

  const create = async (body: object = {}) => {
    const { json } = await face.ask("POST", "/schedules", {
      body: { job: "open", cron: "0 * * * *", ...body },
    });
    return String(json.id);
  };
  const post = (path: string, body?: object, token = face.tokens.operator) =>
    face.ask("POST", path, { token, body });
  const errorsOf = (json: Json) => json.errors.map((error) => String(error["pointer"]));

  it("pause: by whom, why, until when; shown, with no next fire before its end", async () => {
    const id = await create();
    const paused = await post(`/schedules/${id}/pause`, { reason: "deploy", until: "2h" });
    expect(paused.status).to.equal(200);
    expect(paused.headers.get("etag")).to.equal('"2"');
    const until = "2027-01-02T05:04:05.678Z";
    expect(paused.json.paused).to.deep.equal({ by: "token:operator", reason: "deploy", at: NOW, until });
    expect(paused.json.suspended).to.deep.equal({
      reason: "paused",
      scope: "schedule",
      cause: "skipped: the schedule was paused by token:operator: deploy",
      since: NOW,
      until,
    });
    expect(Object.values(paused.json.nextFires!)[0]).to.include({ at: "2027-01-02T06:00:00.000Z" });
    const again = await post(`/schedules/${id}/pause`, {
      reason: "deploy",
      until: "2027-01-02T05:04:05.678Z",
    });
    expect(again.json.revision, "the same pause again is no change").to.equal(2);
    const kept = await post(`/schedules/${id}/pause`);
    expect(kept.json.paused, "what is left out stays").to.deep.equal(paused.json.paused);
    const open = await post(`/schedules/${id}/pause`, { reason: null, until: null });
    expect(open.json.paused).to.deep.equal({ by: "token:operator", reason: null, at: NOW, until: null });
    expect(open.json.nextFires).to.deep.equal([]);
    expect((await face.ask("GET", "/jobs/open")).json.nextRunAt).to.equal(null);
  });

  it("resume: dryRun says what would happen and changes nothing", async () => {
    const id = await create();
    await post(`/schedules/${id}/pause`);
    face.world.clock.time += 3 * 3_600_000;
    try {
      const would = await post(`/schedules/${id}/resume`, { dryRun: true });
      expect(would.json).to.deep.equal({
        dryRun: true,
        runs: 0,
        skipped: 3,
        skippedFrom: "2027-01-02T04:00:00.000Z",
        skippedThrough: "2027-01-02T06:00:00.000Z",
        nextFireAt: "2027-01-02T07:00:00.000Z",
      });
      expect(face.world.schedules.rows[0]).to.include({ revision: 2 });
      const resumed = await post(`/schedules/${id}/resume`, { reason: "done" });
      expect(resumed.json).to.include({ paused: null, suspended: null, revision: 3 });
      expect((await post(`/schedules/${id}/resume`)).json.revision).to.equal(3);
    } finally {
      face.world.clock.time -= 3 * 3_600_000;
    }
  });

  it("enabling says by dryRun what it would do; a patch of nothing is no revision", async () => {
    const id = await create({ enabled: false });
    const patch = (body: object) =>
      face.ask("PATCH", `/schedules/${id}`, { body, headers: { "if-match": "*" } });
    face.world.clock.time += 3_600_000;
    try {
      const would = await patch({ enabled: true, dryRun: true });
      expect(would.json).to.include({
        dryRun: true,
        runs: 0,
        skipped: 1,
        nextFireAt: "2027-01-02T05:00:00.000Z",
      });
      expect(face.world.schedules.rows[0]).to.include({ enabled: false, revision: 1 });
      expect((await patch({ enabled: false, cron: "0 * * * *" })).headers.get("etag")).to.equal('"1"');
      expect((await patch({ enabled: true })).json).to.include({
        enabled: true,
        revision: 2,
        suspended: null,
      });
    } finally {
      face.world.clock.time -= 3_600_000;
    }
  });

  it("skip-next: the next fires are left out, the same ones when asked again, and 0 takes it back", async () => {
    const id = await create();
    const skip = (count?: number) => post(`/schedules/${id}/skip-next`, { count, reason: "holiday" });
    const first = await skip();
    expect(first.json.skipNext).to.deep.equal([
      { at: "2027-01-02T04:00:00.000Z", by: "token:operator", reason: "holiday" },
    ]);
    expect(Object.values(first.json.nextFires!)[0]).to.include({ at: "2027-01-02T05:00:00.000Z" });
    expect((await skip(1)).json.revision).to.equal(2);
    expect(Object.values((await skip(3)).json.skipNext!)).to.have.length(3);
    expect((await skip(0)).json.skipNext).to.deep.equal([]);
  });

  it("copy: starts paused, takes what is to be different, asks for secrets again, and can be repeated", async () => {
    const id = await create({
      job: "billing.sync-orders",
      name: "Nightly",
      params: { token: "xoxb-12345678", batchSize: 7 },
      catchUp: { policy: "all", max: 3 },
    });
    const copy = (body: object, key = "copy-1") =>
      face.ask("POST", `/schedules/${id}/copy`, {
        token: face.tokens.editor,
        body,
        headers: { "idempotency-key": key },
      });
    const refused = await copy({}, "copy-0");
    expect([refused.status, errorsOf(refused.json)]).to.deep.equal([422, ["/params/token"]]);
    const made = await copy({ params: { token: "xoxb-abcdefgh" }, every: "15m" });
    expect(made.status).to.equal(201);
    expect(made.json).to.deep.include({
      job: "billing.sync-orders",
      name: "Nightly (copy)",
      everyMs: 900_000,
      params: { token: { secret: true }, batchSize: 7 },
      catchUp: { policy: "all", windowMs: 3_600_000, max: 3 },
      nextFires: [],
      revision: 1,
    });
    expect(made.json.paused).to.include({ reason: `a copy of ${id}: resume it once it is as it should be` });
    expect(made.json.id).not.to.equal(id);
    const again = await copy({ params: { token: "xoxb-abcdefgh" }, every: "15m" });
    expect([again.status, again.json.id]).to.deep.equal([201, made.json.id]);
    expect(face.world.schedules.rows).to.have.length(2);
  });

  it("a job, a source and everything are paused and resumed, and shown where they are", async () => {
    const id = await create();
    const scopeOf = async (path: string) => (await face.ask("GET", path)).json;
    const job = await post("/jobs/open/pause", { reason: "migration" });
    expect(job.json).to.deep.equal({
      scope: "job",
      source: "default",
      job: "open",
      paused: { by: "token:operator", reason: "migration", at: NOW, until: null },
    });
    expect((await scopeOf("/jobs/open")).paused).to.include({ reason: "migration" });
    expect((await scopeOf(`/schedules/${id}`)).suspended).to.include({
      scope: "job",
      cause: 'skipped: the job "open" was paused by token:operator: migration',
    });
    expect((await scopeOf(`/schedules/${id}`)).nextFires).to.deep.equal([]);
    await post("/sources/default/pause");
    await post("/scheduler/pause", { until: "1h" });
    const sources = (await scopeOf("/sources")).data
      .filter((source) => source["paused"] !== null)
      .map((source) => source["name"]);
    expect(
      (await post("/sources/default/rescan")).json["paused"],
      "whoever rescans it sees that too",
    ).to.be.an("object");
    expect(sources).to.deep.equal(["default"]);
    const all = await scopeOf("/scheduler");
    expect(all).to.include({ scope: "all", source: null, job: null });
    expect(all.paused).to.include({ until: "2027-01-02T04:04:05.678Z" });
    expect(Object.values(all.pauses!).map((pause) => pause["scope"])).to.deep.equal(["job", "source", "all"]);
    expect(Object.values(all.replicas!)[0]).to.deep.equal({ replica: "wrk_a", upSince: NOW, seenAt: NOW });
    expect((await post("/jobs/open/resume", { dryRun: true })).json).to.include({
      dryRun: true,
      schedules: 1,
    });
    expect(errorsOf((await post("/scheduler/resume", { reason: "x".repeat(501) })).json)).to.deep.equal([
      "/reason",
    ]);
    for (const path of ["/jobs/open", "/sources/default", "/scheduler"]) {
      const { json } = await post(`${path}/resume`, { reason: "all is there" });
      expect(json.paused, path).to.equal(null);
      expect(json["ended"]).to.include({ endedBy: "token:operator", endedReason: "all is there" });
    }
    expect(Object.values((await scopeOf("/scheduler"))["endedPauses"] as object)).to.have.length(3);
    expect((await scopeOf(`/schedules/${id}`)).suspended).to.equal(null);
  });

  it("A2: a token limited to sources pauses those, and neither others nor everything", async () => {
    const limited = await face.token({ role: "operator", sources: ["builtin"] });
    expect((await post("/scheduler/pause", {}, limited)).status).to.equal(403);
    expect((await post("/sources/default/pause", {}, limited)).status).to.equal(404);
    expect((await post("/jobs/open/pause", {}, limited)).status).to.equal(404);
    expect((await post("/sources/builtin/pause", {}, limited)).status).to.equal(200);
    await post("/jobs/open/pause");
    const seen = (await face.ask("GET", "/scheduler", { token: limited })).json.pauses!;
    expect(Object.values(seen).map((pause) => pause["source"])).to.deep.equal(["builtin"]);
    const id = await create();
    for (const path of ["pause", "resume", "skip-next"])
      expect((await post(`/schedules/${id}/${path}`, {}, limited)).status, path).to.equal(404);
    expect((await face.ask("GET", `/schedules/${id}/explain`, { token: limited })).status).to.equal(404);
  });

  it("backfill: dry run, cap, what ran is left out; a batch that filters, is told of and is cancelled", async () => {
    const id = await create({ params: { note: "x" } });
    const range = { from: "2027-01-01T00:00:00Z", to: "2027-01-01T23:59:00Z" };
    const backfill = (body: object, key?: string) =>
      face.ask("POST", `/schedules/${id}/backfill`, {
        token: face.tokens.operator,
        body: { ...range, ...body },
        headers: key === undefined ? {} : { "idempotency-key": key },
      });
    const dry = await backfill({ dryRun: true, max: 5 });
    expect([dry.status, dry.json.runs, dry.json.batch]).to.deep.equal([200, 24, null]);
    expect(face.world.runs).to.have.length(0);
    const capped = await backfill({ max: 5 });
    expect([capped.status, errorsOf(capped.json)]).to.deep.equal([422, ["/max"]]);
    const made = await backfill({}, "once");
    expect(made.status).to.equal(202);
    expect(made.json).to.include({ schedule: id, runs: 24, leftOut: 0, from: "2027-01-01T00:00:00.000Z" });
    const batch = String(made.json.batch);
    expect(made.headers.get("location")).to.equal(`/api/v1/batches/${batch}`);
    const twin = await backfill({}, "once");
    expect([twin.status, twin.json.batch, face.world.runs.length]).to.deep.equal([202, batch, 24]);
    const [run] = (await face.ask("GET", `/runs?batch=${batch}&limit=200`)).json.data;
    expect(run).to.include({ trigger: "backfill", schedule: id, fireAt: null, batch, priority: -5 });
    expect(run!["params"]).to.deep.equal({ note: "x" });
    expect((await face.ask("GET", `/runs?batch=${batch}&limit=200`)).json.data).to.have.length(24);
    expect((await face.ask("GET", "/runs?batch=bat_none")).json.data).to.deep.equal([]);
    const again = await backfill({ dryRun: true });
    expect([again.json.runs, again.json.leftOut]).to.deep.equal([0, 24]);
    expect((await backfill({})).json).to.include({ batch: null, runs: 0, leftOut: 24 });
    expect((await backfill({ only: "all", dryRun: true })).json.runs).to.equal(24);
    face.world.runs[0]!.state = "failed";
    face.world.runs[1]!.state = "running";
    expect((await backfill({ only: "not_succeeded", dryRun: true })).json.runs).to.equal(1);
    const told = await face.ask("GET", `/batches/${batch}`);
    expect(told.json).to.deep.include({
      job: "open",
      runs: 24,
      states: { failed: 1, running: 1, queued: 22 },
    });
    const ended = await post(`/batches/${batch}/cancel`, { reason: "wrong day" });
    expect(ended.status).to.equal(202);
    expect(ended.json).to.deep.include({
      cancelled: 22,
      asked: 1,
      states: { failed: 1, running: 1, cancelled: 22 },
    });
    expect((await face.ask("GET", "/batches/bat_none")).status).to.equal(404);
  });

  it("explain: three lines and the facts, for an instant or a local time", async () => {
    const id = await create({ timeZone: "Europe/Berlin" });
    const told = await face.ask("GET", `/schedules/${id}/explain?at=tomorrow%2002:00`);
    expect(told.status).to.equal(200);
    expect(told.json).to.deep.include({
      schedule: id,
      job: "open",
      at: "2027-01-03T01:00:00.000Z",
      local: "2027-01-03 02:00 +01:00",
      timeZone: "Europe/Berlin",
      verdict: "will_fire",
      row: null,
      nextFire: { at: "2027-01-03T02:00:00.000Z", local: "2027-01-03 03:00 +01:00" },
    });
    expect(told.json.lines).to.have.length(3);
    expect((await face.ask("GET", `/schedules/${id}/explain`)).json.verdict).to.equal("not_made_yet");
    const wrong = await face.ask("GET", `/schedules/${id}/explain?at=teatime`);
    expect([wrong.status, errorsOf(wrong.json)]).to.deep.equal([422, ["/query/at"]]);
    expect((await face.ask("GET", "/schedules/sch_none/explain")).status).to.equal(404);
  });

  it("preview warns when it fires again before the job is usually done", async () => {
    const preview = (body: object) =>
      post("/schedules/preview", { cron: "*/5 * * * *", timeZone: "UTC", ...body });
    expect((await preview({ job: "open" })).json.warnings).to.deep.equal([]);
    const { id } = (await post("/jobs/open/runs", { params: {} })).json;
    face.world.finish(String(id), { startedAt: 0, finishedAt: 7 * 60_000 });
    const [warning] = Object.values((await preview({ job: "open" })).json.warnings!);
    expect(warning).to.deep.equal({
      code: "shorter_than_usual",
      message:
        "it fires again after 5m 0s, and the job usually takes 7m 0s (the median of its last 1 runs that succeeded): " +
        "with overlap skip, fires that meet a run are skipped",
    });
    const [other] = (await preview({ job: "open", overlap: "allow_all" })).json.warnings as unknown as Json[];
    expect(other!["message"]).to.match(/with overlap allow_all, runs go on beside each other$/);
    expect(errorsOf((await preview({ overlap: "all" })).json)).to.deep.equal(["/overlap"]);
    expect((await preview({ job: "open", cron: "*/15 * * * *" })).json.warnings).to.deep.equal([]);
    expect(errorsOf((await preview({ job: "opem" })).json)).to.deep.equal(["/job"]);
  });

  it("A3: wrong bodies are 422 naming the field, and nothing is changed", async () => {
    const id = await create();
    const before = JSON.stringify(face.world.schedules);
    const range = { from: "2027-01-01T00:00:00Z", to: "2027-01-01T02:00:00Z" };
    const wrong: [string, object, string][] = [
      ["pause", { until: "yesterday" }, "/until"],
      ["pause", { until: "2020-01-01T00:00:00Z" }, "/until"],
      ["pause", { until: "0s" }, "/until"],
      ["pause", { until: "999999999999d" }, "/until"],
      ["pause", { reason: "x".repeat(501) }, "/reason"],
      ["pause", { reason: "two\nlines" }, "/reason"],
      ["pause", { reason: 5 }, "/reason"],
      ["pause", { till: "2h" }, "/till"],
      ["resume", { dryRun: "yes" }, "/dryRun"],
      ["resume", { dryRun: null }, "/dryRun"],
      ["skip-next", { count: -1 }, "/count"],
      ["skip-next", { count: 51 }, "/count"],
      ["skip-next", { count: 1.5 }, "/count"],
      ["backfill", { ...range, from: undefined }, "/from"],
      ["backfill", { ...range, to: "2028-01-01T00:00:00Z" }, "/to"],
      ["backfill", { ...range, to: "2026-01-01T00:00:00Z" }, "/to"],
      ["backfill", { ...range, from: "1970-01-01T00:00:00Z" }, "/to"],
      ["backfill", { ...range, max: 0 }, "/max"],
      ["backfill", { ...range, max: 1001 }, "/max"],
      ["backfill", { ...range, only: "some" }, "/only"],
    ];
    for (const [path, body, pointer] of wrong) {
      const { status, json } = await post(`/schedules/${id}/${path}`, body);
      expect([status, ...errorsOf(json)], JSON.stringify(body)).to.deep.equal([422, pointer]);
    }
    expect((await post(`/schedules/${id}/backfill`, { from: null, to: null })).status).to.equal(422);
    expect((await post("/schedules/sch_none/pause")).status).to.equal(404);
    expect((await post("/sources/none/pause")).status).to.equal(404);
    expect(JSON.stringify(face.world.schedules)).to.equal(before);
  });
});
