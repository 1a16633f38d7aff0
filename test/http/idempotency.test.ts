import { expect } from "chai";
import { ExpectedError } from "../../src/errors.ts";
import { eventually } from "../support/eventually.ts";
import { BASE } from "../../src/http/route.ts";
import { routes } from "../../src/http/routes/index.ts";
import { Face } from "../support/face.ts";

describe("A1: Idempotency-Key", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());
  beforeEach(() => {
    face.world.runs.splice(0);
    face.world.schedules.rows.splice(0);
    face.world.idempotency.rows.clear();
  });

  const RUNS = "/jobs/billing.sync-orders/runs";
  const trigger = (key: string, params: object = { token: "xoxb-123456" }, token = face.tokens.operator) =>
    face.ask("POST", RUNS, { token, body: { params }, headers: { "idempotency-key": key } });

  it("the same request again gets the same run, as it is by then, and makes no second one", async () => {
    const first = await trigger("k1");
    const id = (first.json as unknown as { id: string }).id;
    face.world.finish(id);
    const second = await trigger("k1");
    expect([first.status, second.status]).to.deep.equal([202, 202]);
    expect(second.headers.get("location")).to.equal(first.headers.get("location"));
    expect(second.headers.get("idempotent-replayed")).to.equal("true");
    expect(second.json).to.include({ id, state: "succeeded" });
    expect(face.world.runs).to.have.length(1);
  });

  it("the same key with another body, or at another address, is a 422", async () => {
    await trigger("k1");
    const body = await trigger("k1", { token: "xoxb-123456", batchSize: 5 });
    expect([body.status, body.json.code]).to.deep.equal([422, "idempotency_key_reused"]);
    const path = await face.ask("POST", "/jobs/open/runs", {
      token: face.tokens.operator,
      body: { params: { token: "xoxb-123456" } },
      headers: { "idempotency-key": "k1" },
    });
    expect(path.status).to.equal(422);
    expect(face.world.runs).to.have.length(1);
  });

  it("keys belong to their token: two tokens may use the same one", async () => {
    await trigger("k1");
    const other = await trigger("k1", { token: "xoxb-123456" }, face.tokens.editor);
    expect([other.status, other.headers.get("idempotent-replayed")]).to.deep.equal([202, null]);
    expect(face.world.runs).to.have.length(2);
  });

  it("a twin while the first is waiting is answered as soon as the effect is committed", async () => {
    const waiting = face.ask("POST", "/jobs/open/runs", {
      body: {},
      headers: { "idempotency-key": "k1", prefer: "wait=30" },
    });
    const run = await eventually(() => face.world.runs[0]);
    const twin = await face.ask("POST", "/jobs/open/runs", {
      body: {},
      headers: { "idempotency-key": "k1" },
    });
    expect(twin.json).to.include({ id: run.id });
    face.world.finish(run.id);
    expect((await waiting).json).to.include({ state: "succeeded" });
    expect(face.world.runs).to.have.length(1);
  });

  it("a twin before the effect is committed is a 409", async () => {
    const ref = { actor: "held", key: "k1", digest: "" };
    await face.world.idempotency.begin(ref);
    const begin = face.world.idempotency.begin.bind(face.world.idempotency);
    face.world.idempotency.begin = (asked) => begin({ ...asked, actor: "held", digest: "" });
    const twin = await trigger("k1");
    face.world.idempotency.begin = begin;
    expect([twin.status, twin.json.code]).to.deep.equal([409, "idempotency_running"]);
    expect(face.world.runs).to.deep.equal([]);
  });

  it("of ten that come at once exactly one has an effect", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => trigger("k1")));
    expect(face.world.runs).to.have.length(1);
    for (const { status } of answers) expect([202, 409]).to.include(status);
  });

  it("a refused request gives its key back", async () => {
    const refused = await trigger("k1", {});
    expect(refused.status).to.equal(422);
    expect((await trigger("k1")).status).to.equal(202);
    expect(face.world.runs).to.have.length(1);
  });

  it("an error after the commit keeps the key: asking again finds the run instead of making a second", async () => {
    const { runs } = face.deps;
    const make = runs.trigger.bind(runs);
    runs.trigger = async (request) => {
      await make(request);
      throw new ExpectedError(503, "database_away", "The answer of the commit was lost.");
    };
    const lost = await trigger("k1");
    runs.trigger = make;
    expect(lost.status).to.equal(503);
    const again = await trigger("k1");
    expect([again.status, again.headers.get("idempotent-replayed")]).to.deep.equal([202, "true"]);
    expect(face.world.runs).to.have.length(1);
  });

  it("a key that cannot be marked as done is no reason to deny what was done", async () => {
    const finish = face.world.idempotency.finish.bind(face.world.idempotency);
    face.world.idempotency.finish = () => Promise.reject(new Error("away"));
    const answer = await face.ask("POST", "/schedules", {
      body: { job: "open", cron: "* * * * *" },
      headers: { "idempotency-key": "k1" },
    });
    face.world.idempotency.finish = finish;
    expect(answer.status).to.equal(201);
    expect(face.world.logged.splice(0)).to.have.length(1);
  });

  it("schedules are found again too; a token's secret is never shown a second time", async () => {
    const schedule = () =>
      face.ask("POST", "/schedules", {
        body: { job: "open", cron: "* * * * *" },
        headers: { "idempotency-key": "k2" },
      });
    const [first, second] = [await schedule(), await schedule()];
    expect([second.status, second.json.id]).to.deep.equal([201, first.json.id]);
    expect(second.headers.get("etag")).to.equal('"1"');
    expect(face.world.schedules.rows).to.have.length(1);

    const token = () =>
      face.ask("POST", "/tokens", {
        body: { name: "x", role: "viewer" },
        headers: { "idempotency-key": "k3" },
      });
    const [made, replayed] = [await token(), await token()];
    expect(made.json).to.have.property("token");
    expect([replayed.status, replayed.json.id]).to.deep.equal([201, made.json.id]);
    expect(replayed.json).not.to.have.property("token");
    expect((await face.ask("DELETE", `/tokens/${made.json.id}`)).status).to.equal(204);
    const gone = await token();
    expect([gone.status, gone.json.code], "it was made once").to.deep.equal([410, "idempotency_gone"]);
  });

  const again = async (method: string, path: string, key: string, body?: object) => {
    const answer = await face.ask(method, path, { body, headers: { "idempotency-key": key } });
    return { ...answer, replayed: answer.headers.get("idempotent-replayed") === "true" };
  };

  it("a skip that is sent again after the fire that it was for skips no other one", async () => {
    const made = await face.ask("POST", "/schedules", { body: { job: "open", cron: "0 2 * * *" } });
    const path = `/schedules/${made.json.id}`;
    const first = await again("POST", `${path}/skip-next`, "s1", {});
    const skipped = () => face.world.schedules.rows[0]!.skips.map(({ at }) => at);
    const [asked] = [skipped()];
    expect([first.status, first.replayed, asked.length]).to.deep.equal([200, false, 1]);
    // The fire has its row by now, and so it is no skip to come any more.
    face.world.schedules.rows[0]!.skips = [];
    const second = await again("POST", `${path}/skip-next`, "s1", {});
    expect([second.status, second.replayed, skipped()]).to.deep.equal([200, true, []]);
    expect(second.json.id).to.equal(made.json.id);
  });

  it("what was paused, resumed, pinned or scanned is not done again by the same key", async () => {
    const { id } = (await face.ask("POST", "/schedules", { body: { job: "open", cron: "0 2 * * *" } })).json;
    for (const path of [`/schedules/${id}`, "/jobs/open", "/sources/default", "/scheduler"]) {
      const paused = async () => {
        const shown = path === "/scheduler" ? path : path.startsWith("/sources") ? "/sources" : path;
        const { json } = await face.ask("GET", shown);
        // Those that are over are told too.
        return JSON.stringify({ ...json, endedPauses: [] }).includes('"reason":"because"');
      };
      const body = { reason: "because" };
      expect((await again("POST", `${path}/pause`, `p:${path}`, body)).status, path).to.equal(200);
      const pausedOnce = await paused();
      const dry = await again("POST", `${path}/resume`, "dry", { dryRun: true });
      expect([dry.status, dry.replayed]).to.deep.equal([200, false]);
      expect((await again("POST", `${path}/resume`, `r:${path}`, {})).replayed).to.equal(false);
      expect(await paused()).to.equal(false);
      const late = await again("POST", `${path}/pause`, `p:${path}`, body);
      expect([late.status, late.replayed, await paused()], path).to.deep.equal([200, true, false]);
      expect(pausedOnce, path).to.equal(true);
      expect((await again("POST", `${path}/resume`, `r:${path}`, {})).replayed, path).to.equal(true);
    }
  });

  it("every POST that changes something takes a key, but for those that are harmless again or cannot be", async () => {
    const without = routes.filter(
      ({ method, replay, audit }) => method === "POST" && !replay && audit !== "never",
    );
    expect(without.map(({ path }) => path.replace(BASE, "")).sort()).to.deep.equal([
      "/secrets/rotate",
      "/session",
      "/sign-in",
      "/sign-in-links",
    ]);
  });

  it("a key that is none is a 400; POSTs that make nothing ignore it", async () => {
    for (const key of ["a b", "x".repeat(256)]) expect((await trigger(key)).status).to.equal(400);
    expect(face.world.runs).to.deep.equal([]);
    await face.ask("POST", "/jobs/open/validate", { body: {}, headers: { "idempotency-key": "k4" } });
    expect(face.world.idempotency.rows.size).to.equal(0);
  });

  it("L3: what is kept of a request is a keyed digest, and of its secrets nothing", async () => {
    await trigger("k1", { token: "xoxb-123456" });
    await trigger("k2", { token: "xoxb-123456" });
    const rows = JSON.stringify([...face.world.idempotency.rows]);
    expect(rows).not.to.include("xoxb");
    expect([...face.world.idempotency.rows.values()][0]!.digest).to.match(/^[0-9a-f]{64}$/);
  });
});
