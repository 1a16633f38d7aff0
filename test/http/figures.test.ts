import { expect } from "chai";
import { readFileSync } from "node:fs";
import { SKIPPED_REASONS } from "../../src/schedules/schedule.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC, taskRun } from "../support/http-doubles.ts";

const HOUR = 3_600_000;

describe("figures and looks ahead", () => {
  const face = new Face();
  const now = Date.parse("2027-03-20T00:00:00Z");
  let acme = "";
  let off = "";
  before(async () => {
    face.world.clock.time = now;
    face.world.addSource("acme", catalogEntry("acme", "own", { spec: OPEN_SPEC }));
    await face.start();
    acme = await face.token({ role: "viewer", sources: ["acme"] });
    const make = (source: string, jobKey: string, fields: object) =>
      face.deps.schedules.create({ source, jobKey, fields }, "test");
    const { id: tens } = await make("default", "open", {
      name: "tens",
      every: "10m",
      anchorAt: "2027-03-20T00:05:00Z",
    });
    await make("default", "open", { name: "nightly", cron: "30 2 * * *", timeZone: "Europe/Berlin" });
    off = (await make("default", "open", { name: "off", cron: "* * * * *", enabled: false })).id;
    await make("acme", "own", { name: "own", cron: "0 1 * * *", timeZone: "UTC" });
    for (let i = 0; i < 20; i++) {
      const startedAt = now - HOUR * 2 + i * 600_000 - (i === 7 ? 60_000 : 0);
      face.world.runs.push(
        taskRun({
          id: `run_${String(i).padStart(2, "0")}`,
          jobKey: "open",
          trigger: "schedule",
          scheduleId: tens,
          state: i === 3 ? "failed" : "succeeded",
          queuedAt: startedAt,
          startedAt,
          finishedAt: startedAt + (i === 19 ? 599_000 : i >= 17 ? 590_000 : 30_000),
          records: { processed: 2, success: 1, failed: 1, skipped: 0 },
        }),
      );
    }
    face.world.runs.push(taskRun({ id: "run_99", source: "acme", jobKey: "own", queuedAt: now }));
  });
  after(() => face.stop());

  it("a job's figures: states, durations, records, how often it was to run and did", async () => {
    const { json } = await face.ask("GET", "/jobs/default:open/stats");
    expect(json.runs).to.deep.equal({ succeeded: 19, failed: 1 });
    expect(json["durationMs"]).to.deep.equal({ p50: 30_000, p95: 599_000, of: 19 });
    expect(json["records"]).to.deep.equal({ processed: 40, success: 20, failed: 20, skipped: 0 });
    // Every ten minutes, and once a night five minutes beside one of them (01:30Z against :25 and :35).
    expect(json["cadence"]).to.deep.equal({ declaredMs: 600_000, shortestMs: 300_000, achievedMs: 600_000 });
  });

  it("what schedules began that are gone or switched off is no part of how often the others begin", async () => {
    const more = Array.from({ length: 60 }, (_, i) => {
      const startedAt = now - HOUR * 2 + i * 60_000;
      const scheduleId = i % 2 === 0 ? "sch_gone" : off;
      return taskRun({
        ...{ id: `run_x${i}`, jobKey: "open", trigger: "schedule", scheduleId, state: "cancelled" },
        ...{ queuedAt: startedAt, startedAt, finishedAt: startedAt + 1 },
      });
    });
    face.world.runs.push(...more);
    const { json } = await face.ask("GET", "/jobs/default:open/stats");
    face.world.runs.splice(-more.length);
    expect(json.runs).to.deep.include({ cancelled: 60 });
    expect(json["cadence"]).to.deep.include({ declaredMs: 600_000, achievedMs: 600_000 });
  });

  it("runs by the hour and by state, of what the token may see, the empty hours too", async () => {
    const { json } = await face.ask("GET", "/stats/hours?since=3h");
    const hours = json["hours"] as unknown as { at: string; runs: object }[];
    expect(json["since"]).to.equal("2027-03-19T21:00:00.000Z");
    expect(hours.map(({ runs }) => runs)).to.deep.equal([
      {},
      { succeeded: 5, failed: 1 },
      { succeeded: 6 },
      { succeeded: 6, queued: 1 },
    ]);
    const own = await face.ask("GET", "/stats/hours", { token: acme });
    expect((own.json["hours"] as unknown as unknown[]).length).to.equal(24);
    expect(JSON.stringify(own.json["hours"]))
      .to.include('"runs":{"queued":1}')
      .and.not.to.include("succeeded");
    expect((await face.ask("GET", "/stats/hours?since=8d")).status).to.equal(422);
  });

  it("warns when runs take at least 0.8 of the time between two fires, and not before", async () => {
    const { json } = await face.ask("GET", "/jobs/default:open/stats");
    expect(json["warnings"]).to.have.length(1);
    expect(json["warnings"]![0]).to.deep.include({ code: "close_to_overlap" });
    expect(String(json["warnings"]![0]!["message"])).to.include("fires meet a run that is still going on");
    const own = await face.ask("GET", "/jobs/acme:own/stats");
    expect(own.json["warnings"]).to.deep.equal([]);
    expect(own.json["durationMs"]).to.deep.equal({ p50: null, p95: null, of: 0 });
    expect(own.json["cadence"]).to.deep.include({ declaredMs: 24 * HOUR, achievedMs: null });
  });

  it("the overview counts what lists list, within what a token may see", async () => {
    const { json } = await face.ask("GET", "/stats");
    expect(json["ended"]).to.deep.include({
      succeeded: { count: 19, capped: false },
      failed: { count: 1, capped: false },
    });
    expect(json["open"]!["queued"]).to.deep.equal({ count: 1, capped: false });
    expect(json["schedules"]).to.deep.equal({ all: 4, enabled: 3, dueWithinHour: 7 });
    expect(json["next"]).to.equal("2027-03-20T00:05:00.000Z");
    const list = await face.ask("GET", "/runs?state=failed&since=24h&count=true");
    expect(list.json["page"]!["count"]).to.equal(1);
    const limited = (await face.ask("GET", "/stats", { token: acme })).json;
    expect(limited["ended"]!["succeeded"]).to.deep.equal({ count: 0, capped: false });
    expect(limited["schedules"]).to.deep.include({ all: 1 });
    expect([limited["jobs"], limited["next"]]).to.deep.equal([1, "2027-03-20T01:00:00.000Z"]);
  });

  it("the next fires of all schedules come in order, and of one source to whom it belongs", async () => {
    const { json } = await face.ask("GET", "/upcoming?limit=11");
    const fires = json.data.map((fire) => [String(fire["at"]).slice(11, 16), fire["scheduleName"]]);
    expect(fires.slice(0, 7)).to.deep.equal([
      ["00:05", "tens"],
      ["00:15", "tens"],
      ["00:25", "tens"],
      ["00:35", "tens"],
      ["00:45", "tens"],
      ["00:55", "tens"],
      ["01:00", "own"],
    ]);
    expect(fires[10]).to.deep.equal(["01:30", "nightly"]);
    expect(json.data[10]).to.deep.include({ local: "2027-03-20T02:30:00+01:00", timeZone: "Europe/Berlin" });
    expect(json["page"]).to.deep.include({ hasMore: true });
    const limited = await face.ask("GET", "/upcoming?days=2", { token: acme });
    expect(limited.json.data.map((fire) => fire["scheduleName"])).to.deep.equal(["own", "own"]);
  });

  it("the next clock changes name the schedules that they touch, and no others", async () => {
    const { json } = await face.ask("GET", "/clock-changes?days=30");
    expect(json.data).to.have.length(1);
    expect(json.data[0]).to.deep.include({
      at: "2027-03-28T01:00:00.000Z",
      timeZone: "Europe/Berlin",
      offsetBefore: "+01:00",
      offsetAfter: "+02:00",
    });
    const touched = json.data[0]!["schedules"] as typeof json.data;
    expect(touched.map((one) => one["name"])).to.deep.equal(["nightly"]);
    expect(String(touched[0]!["message"])).to.include("02:30 does not exist and fires at 03:00 instead");
    expect((await face.ask("GET", "/clock-changes", { token: acme })).json.data).to.deep.equal([]);
  });

  it("a schedule that the code suggests is made by accepting it, with other params where given", async () => {
    const made = await face.ask("POST", "/jobs/billing.sync-orders/suggested-schedules/0/accept", {
      body: { params: { batchSize: 7 } },
      headers: { "idempotency-key": "accept" },
    });
    expect(made.status).to.equal(201);
    expect(made.json).to.deep.include({ cron: "0 2 * * *", origin: "code" });
    expect(made.json["params"]).to.deep.equal({ token: { secret: true }, batchSize: 7 });
    const again = await face.ask("POST", "/jobs/billing.sync-orders/suggested-schedules/0/accept", {
      body: { params: { batchSize: 7 } },
      headers: { "idempotency-key": "accept" },
    });
    expect(again.json.id).to.deep.equal(made.json.id);
    const twice = await face.ask("POST", "/jobs/billing.sync-orders/suggested-schedules/0/accept");
    expect([twice.status, twice.json.code]).to.deep.equal([409, "already_accepted"]);
    expect(twice.json.detail).to.include(made.json.id);
    for (const n of ["1", "-1", "x"]) {
      const { status } = await face.ask("POST", `/jobs/billing.sync-orders/suggested-schedules/${n}/accept`);
      expect(status, n).to.equal(404);
    }
  });

  it("metrics are text for Prometheus, with a token of the whole installation, and name no run", async () => {
    await face.ask("GET", "/runs/run_00");
    const { status, headers, text } = await face.ask("GET", "//metrics", { token: face.tokens.viewer });
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.match(/^text\/plain; version=/);
    for (const name of [
      "jobmount_runs_total",
      "jobmount_run_duration_seconds",
      "jobmount_run_start_delay_seconds",
      "jobmount_records_total",
      "jobmount_runs_in_progress",
      "jobmount_task_last_success_timestamp_seconds",
      "jobmount_fires_skipped_total",
      "jobmount_task_load_errors",
      "jobmount_queue_runs",
      "jobmount_beat_lag_seconds",
      "jobmount_http_request_duration_seconds",
      "process_cpu_seconds_total",
    ])
      expect(text).to.include(`# TYPE ${name} `);
    expect(text).to.match(
      /http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/runs\/:id",status="200"\} 1/,
    );
    expect(text).not.to.include("run_00");
    expect(
      text.split("\n").filter((line) => !/^(#.*|[a-z0-9_]+(\{[^}]*\})? [-+0-9.eNaInf]+|)$/.test(line)),
    ).to.deep.equal([]);
    expect((await face.ask("GET", "//metrics", { token: acme })).status).to.equal(403);
    expect((await face.ask("GET", "//metrics", { token: null })).status).to.equal(401);
  });

  it("the dashboard draws metrics that there are", async () => {
    const { text } = await face.ask("GET", "//metrics", { token: face.tokens.viewer });
    const file = readFileSync(new URL("../../helm/dashboards/jobmount.json", import.meta.url), "utf8");
    const named = [...file.matchAll(/jobmount_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
    expect(named.filter((name) => !text.includes(`# TYPE ${name} `))).to.deep.equal([]);
    expect(new Set(named).size).to.be.above(4);
  });

  it("the alert rules name metrics that there are", async () => {
    const { text } = await face.ask("GET", "//metrics", { token: face.tokens.viewer });
    const rules = readFileSync(new URL("../../docs/alerts.yaml", import.meta.url), "utf8");
    const named = new Set(
      [...rules.matchAll(/jobmount_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, "")),
    );
    expect([...named].filter((name) => !text.includes(`# TYPE ${name} `))).to.deep.equal([]);
    expect(named.size).to.be.above(4);
    const reasons = /reason=~"([^"]+)"/.exec(rules)![1]!.split("|");
    expect(SKIPPED_REASONS).to.include.members(reasons);
  });
});
