// PATCH /jobs/{key}: what an admin sets above what the job declares, and whether it runs at all.
import { expect } from "chai";
import { Face } from "../support/face.ts";

const JOB = "/jobs/billing.sync-orders";

describe("PATCH /jobs/{key}", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  const patch = (body: unknown, ifMatch = "*", token?: string) =>
    face.ask("PATCH", JOB, { body, headers: { "if-match": ifMatch }, token });
  beforeEach(async () => {
    const nothing = { timeout: null, retries: null, overlap: null, concurrency: null, maxFailedShare: null };
    expect((await patch({ ...nothing, notes: null, enabled: null })).status).to.equal(200);
  });

  it("sets what is given, shows it as what holds, and takes it back with null", async () => {
    const set = await patch({ timeout: "30m", retries: { attempts: 3 }, concurrency: 2, notes: "slow" });
    expect(set.status, set.text).to.equal(200);
    const retries = { attempts: 3, backoffMs: 10_000, factor: 1, maxMs: 3_600_000 };
    expect(set.json).to.deep.include({ timeoutMs: 1_800_000, retries, concurrency: 2, notes: "slow" });
    expect(set.json["overrides"]).to.deep.equal({ timeoutMs: 1_800_000, retries, concurrency: 2 });
    const more = await patch({ retries: { attempts: 5 }, timeout: null, overlap: "allow_all" });
    expect(more.json["overrides"]).to.deep.equal({
      retries: { ...retries, attempts: 5 },
      concurrency: 2,
      overlap: "allow_all",
    });
    expect(more.json["timeoutMs"]).to.equal(3_600_000);
    const read = await face.ask("GET", JOB);
    expect(read.json).to.deep.equal(more.json);
    expect((await face.ask("GET", "/jobs?q=sync-orders")).json.data[0]).to.deep.include({ notes: "slow" });
  });

  it("a dry run answers what it would do, and sets nothing", async () => {
    const would = await patch({ enabled: false, notes: "x", dryRun: true });
    expect(would.status, would.text).to.equal(200);
    expect(would.json).to.deep.include({ dryRun: true, runs: 0, skipped: 0 });
    expect((await face.ask("GET", JOB)).json).to.deep.include({ enabled: true, notes: null });
    expect((await patch({ enabled: "no", dryRun: true })).status).to.equal(422);
    expect((await patch({ enabled: false, dryRun: true }, '"999"')).status).to.equal(412);
  });

  it("keeps to If-Match: 428 without one, 412 for another revision, and one of two wins", async () => {
    const read = await face.ask("GET", JOB);
    const etag = read.headers.get("etag")!;
    expect(etag).to.equal(`"${String(read.json["revision"])}"`);
    expect((await face.ask("PATCH", JOB, { body: { notes: "a" } })).status).to.equal(428);
    const first = await patch({ notes: "a" }, etag);
    expect(first.status).to.equal(200);
    expect(first.headers.get("etag")).not.to.equal(etag);
    const second = await patch({ notes: "b" }, etag);
    expect([second.status, second.json["code"] ?? second.json["type"]]).to.include(412);
    expect((await face.ask("GET", JOB)).json["notes"]).to.equal("a");
  });

  for (const [body, pointer] of [
    [{ timeout: "1ms" }, "/timeout"],
    [{ timeoutMs: 1.5 }, "/timeoutMs"],
    [{ timeout: "1m", timeoutMs: 5_000 }, "/timeout"],
    [{ retries: { attempts: 0 } }, "/retries/attempts"],
    [{ retries: { backoff: "1s" } }, "/retries/attempts"],
    [{ overlap: "never" }, "/overlap"],
    [{ concurrency: 0 }, "/concurrency"],
    [{ concurrency: 10_001 }, "/concurrency"],
    [{ maxFailedShare: 1.1 }, "/maxFailedShare"],
    [{ notes: "x".repeat(4_001) }, "/notes"],
    [{ enabled: "no" }, "/enabled"],
    [{ name: "other" }, "/name"],
  ] as const)
    it(`A3: ${JSON.stringify(body).slice(0, 60)} is 422 at ${pointer}, and changes nothing`, async () => {
      const before = (await face.ask("GET", JOB)).json;
      const refused = await patch(body);
      expect(refused.status, refused.text).to.equal(422);
      expect(refused.json.errors.map((error) => error["pointer"])).to.include(pointer);
      expect((await face.ask("GET", JOB)).json).to.deep.equal(before);
    });

  it("a job that is switched off is refused by every way to start it, and its schedules say why", async () => {
    const made = await face.ask("POST", "/schedules", {
      body: { job: "billing.sync-orders", cron: "0 2 * * *", params: { token: "xoxb-123456" } },
    });
    const id = String(made.json["id"]);
    const run = await face.ask("POST", `${JOB}/runs`, { body: { params: { token: "xoxb-123456" } } });
    face.world.finish(String(run.json["id"]));
    expect((await patch({ enabled: false })).json).to.deep.include({ enabled: false });
    const range = { from: "2026-12-01T00:00:00Z", to: "2026-12-03T00:00:00Z" };
    for (const [path, body] of [
      [`${JOB}/runs`, { params: { token: "xoxb-123456" } }],
      [`/schedules/${id}/run`, {}],
      [`/schedules/${id}/backfill`, range],
      [`/runs/${String(run.json["id"])}/retry`, {}],
    ] as const) {
      const refused = await face.ask("POST", path, { body });
      expect(refused.status, `${path}: ${refused.text}`).to.equal(409);
      expect(refused.json["detail"]).to.equal(
        'the job "billing/sync-orders" is switched off, so nothing of it runs; ' +
          'PATCH /jobs/billing.sync-orders with {"enabled": true} switches it on',
      );
    }
    await patch({ enabled: true });
    expect((await face.ask("POST", `/schedules/${id}/run`, { body: {} })).status).to.equal(202);
  });

  it("A2: an operator may not; who sees another source finds no such job", async () => {
    expect((await patch({ notes: "x" }, "*", face.tokens.operator)).status).to.equal(403);
    const other = await face.token({ role: "admin", sources: ["elsewhere"] });
    expect((await patch({ notes: "x" }, "*", other)).status).to.equal(404);
  });

  it("is in the audit log with what was and what is", async () => {
    await patch({ timeout: "2m" });
    const { json } = await face.ask("GET", "/audit-events?limit=200");
    const event = json.data.find((one) => one["detail"]?.["asked"]?.["timeout"] === ("2m" as unknown));
    expect(event).to.deep.include({ action: "jobs.update", target: "default:billing/sync-orders" });
    expect(event!["detail"]!["before"]).to.deep.include({ timeoutMs: 3_600_000, overrides: {} });
    expect(event!["detail"]!["after"]).to.deep.include({
      timeoutMs: 120_000,
      overrides: { timeoutMs: 120_000 },
    });
    expect(Object.keys(event!["detail"]!["after"]!)).not.to.include("schedules");
  });
});
