import { expect } from "chai";
import { Audit, type AuditEvent, type AuditStore } from "../../src/access/audit.ts";
import { systemClock } from "../../src/clock.ts";
import { DbAuditStore } from "../../src/db/audit-store.ts";
import { ExpectedError } from "../../src/errors.ts";
import { silentLogger } from "../../src/log.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { Face, type Json } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC } from "../support/http-doubles.ts";

onEveryDatabase("the audit log", (databases) => {
  let face: Face;
  let audit: Audit;
  let acme = "";
  /** Stands between the audit log and its database. */
  let broken = false;
  let begun: AuditEvent[] = [];

  before(async () => {
    const store = new DbAuditStore(await databases.fresh());
    const watched: AuditStore = {
      insert: (events) => {
        if (broken) return Promise.reject(new ExpectedError(503, "database_away", "away"));
        begun.push(...events.filter(({ outcome }) => outcome === "begun"));
        return store.insert(events);
      },
      end: (id, end) => store.end(id, end),
      addRepeats: (id, times) => store.addRepeats(id, times),
      list: (filter) => store.list(filter),
    };
    audit = new Audit({ store: watched, clock: systemClock, log: silentLogger });
    face = new Face((deps) => ({ ...deps, audit, trustedProxies: ["127.0.0.1"] }));
    face.world.addSource("acme", catalogEntry("acme", "open", { spec: OPEN_SPEC }));
    await face.start();
    acme = await face.token({ role: "admin", sources: ["acme"] });
  });
  after(() => face.stop());

  const rows = async (query: string, token?: string): Promise<readonly Json[]> =>
    (await face.ask("GET", `/audit-events?${query}`, { token })).json.data;

  const create = (body: object, token?: string) =>
    face.ask("POST", "/schedules", {
      body: { job: "billing.sync-orders", cron: "0 2 * * *", ...body },
      token,
    });

  it("every change is one row: who, what, to what, when, from where, with what end", async () => {
    const made = await create({ params: { token: "xoxb-secret" } }, face.tokens.editor);
    const id = String(made.json.id);
    await face.ask("POST", `/schedules/${id}/pause`, {
      body: { reason: "holiday" },
      token: face.tokens.operator,
    });
    await face.ask("PATCH", `/schedules/${id}`, {
      body: { name: "nightly", params: { token: "xoxb-other", batchSize: 7 } },
      headers: { "if-match": "*" },
    });
    await face.ask("DELETE", `/schedules/${id}`);
    const found = (await rows(`target=${id}`)).map((row) => row);
    expect(found.map((row) => [row["action"], row["outcome"], row["status"]])).to.deep.equal([
      ["schedules.delete", "done", 204],
      ["schedules.update", "done", 200],
      ["schedules.pause", "done", 200],
      ["schedules.create", "done", 201],
    ]);
    expect(found[2]).to.deep.include({
      source: "default",
      address: "127.0.0.1",
      detail: { asked: { reason: "holiday" } },
    });
    expect(found[2]!["actor"]).to.deep.include({ type: "token", name: "operator", role: "operator" });
    const { before, after } = found[1]!["detail"] as Json;
    expect([before!["name"], after!["name"]]).to.deep.equal([null, "nightly"]);
    expect(found[0]!["detail"]).to.have.nested.property("before.name", "nightly");
    expect(JSON.stringify(found), "no secret").not.to.include("xoxb");
    expect(Math.abs(Date.parse(String(found[0]!["at"])) - Date.now())).to.be.below(60_000);
  });

  it("the row is there before the change is tried: no change without a row, whatever happens then", async () => {
    begun = [];
    const original = face.deps.schedules.create.bind(face.deps.schedules);
    let seen: readonly AuditEvent[] = [];
    face.deps.schedules.create = (async (...args: Parameters<typeof original>) => {
      seen = (await audit.list({ limit: 1 }, (await face.deps.access.authenticate(face.tokens.admin))!))
        .events;
      return original(...args);
    }) as typeof original;
    await create({ params: { token: "x" } });
    expect(seen[0]).to.include({ action: "schedules.create", outcome: "begun", id: begun[0]!.id });

    const before = face.world.schedules.rows.length;
    broken = true;
    const refused = await create({ params: { token: "x" } });
    broken = false;
    expect(refused.status).to.equal(503);
    expect(face.world.schedules.rows.length, "nothing is changed unrecorded").to.equal(before);
  });

  it("refusals are rows too: too small a role, a wrong field, a state that does not allow it", async () => {
    await create({ name: "refused" }, face.tokens.viewer);
    await create({ params: { token: "x" }, cron: "never" });
    await face.ask("PATCH", "/schedules/sch_nothing", { body: { name: "x" }, headers: { "if-match": "*" } });
    await audit.flush();
    const found = await rows("outcome=refused&action=schedules&limit=3");
    expect(found.map((row) => [row["action"], row["status"], row["code"]])).to.deep.equal([
      ["schedules.update", 404, "not_found"],
      ["schedules.create", 422, "validation"],
      ["schedules.create", 403, "forbidden"],
    ]);
  });

  it("a wrong token a hundred times is one row with its number, not a hundred rows", async () => {
    for (let i = 0; i < 100; i++) await face.ask("GET", "/jobs", { token: "jbm_wrong" });
    await audit.flush();
    const found = await rows("action=access&outcome=refused");
    const wrong = found.filter((row) => String(row["code"]) !== "no_token");
    expect(wrong.length).to.be.below(4);
    expect(wrong.reduce((sum, row) => sum + 1 + Number(row["repeats"]), 0)).to.equal(100);
    expect(wrong[0]).to.deep.include({ actor: null, target: "GET /api/v1/jobs" });
  });

  it("a sign-in is written down before its token is made: killed in between, it is a row that begun", async () => {
    const admin = (await face.deps.access.authenticate(face.tokens.admin))!;
    const { code } = await face.deps.access.createSignInCode({ name: "eve" }, admin);
    const { tokens } = face.world;
    const redeem = tokens.redeemCode.bind(tokens);
    let found: readonly Json[] = [];
    tokens.redeemCode = async (...given) => {
      found = await rows("action=sign-in&outcome=begun");
      return redeem(...given);
    };
    expect((await face.fetch(`/sign-in?code=${code}`, { method: "POST" })).status).to.equal(200);
    tokens.redeemCode = redeem;
    expect(found).to.have.length(1);
    expect(JSON.stringify(found)).not.to.include(code);
    expect(await rows("action=sign-in&outcome=begun")).to.deep.equal([]);
  });

  it("a sign-in says which token it made, and for what; a wrong token at /metrics is a row too", async () => {
    const admin = (await face.deps.access.authenticate(face.tokens.admin))!;
    const { code } = await face.deps.access.createSignInCode(
      { name: "ada", role: "operator", sources: ["default"] },
      admin,
    );
    const used = await face.fetch(`/sign-in?code=${code}`, { method: "POST" });
    const { id } = (await face.ask("GET", "/me", { token: String(used.json.token) })).json;
    await audit.flush();
    const [signed] = await rows("action=sign-in&outcome=done&limit=1");
    expect(signed).to.deep.include({ target: id, source: "default", status: 200 });
    expect(signed!["detail"]).to.deep.equal({
      made: { token: id, name: "ada", role: "operator", sources: ["default"] },
    });
    await face.fetch("/metrics", {
      headers: { authorization: "Bearer jbm_nothing", "x-forwarded-for": "203.0.113.77" },
    });
    await audit.flush();
    expect((await rows("action=access&limit=1"))[0]).to.deep.include({
      target: "GET /metrics",
      address: "203.0.113.77",
      status: 401,
    });
  });

  it("nobody without a token can wash it away: used links, one network and many addresses are counted on few rows", async () => {
    const from = (address: string) => ({ "x-forwarded-for": address });
    const signIn = (address: string) =>
      face.fetch("/sign-in?code=used", {
        method: "POST",
        headers: { accept: "text/html,*/*;q=0.8", ...from(address) },
      });
    const first = await signIn("192.0.2.1");
    expect([first.status, first.headers.get("content-type")]).to.deep.equal([
      410,
      "text/html; charset=utf-8",
    ]);
    expect(first.text).to.include("was used already");
    const statuses: number[] = [];
    for (let i = 1; i < 100; i++) statuses.push((await signIn("192.0.2.1")).status);
    expect(statuses.at(-1), "the same wrong code again and again has to wait").to.equal(429);
    await audit.flush();
    const links = await rows("action=sign-in&outcome=refused&limit=200");
    expect(links.map((row) => row["status"])).to.have.members([410, 429]);
    expect(links.reduce((sum, row) => sum + 1 + Number(row["repeats"]), 0)).to.equal(100);

    const before = (await rows("action=access&limit=200")).length;
    const ask = (address: string) => face.ask("GET", "/jobs", { token: null, headers: from(address) });
    for (let i = 0; i < 30; i++) await ask(`2001:db8:1:2::${i.toString(16)}`);
    await audit.flush();
    expect((await rows("action=access&limit=200")).length - before, "one network of IPv6").to.equal(1);
    for (let i = 0; i < 100; i++) await ask(`198.51.100.${i}`);
    await audit.flush();
    const found = await rows("action=access&limit=200");
    expect(found.length - before, "a hundred addresses").to.be.at.most(61);
    expect(found[0]).to.deep.include({ address: null, target: "from many addresses" });
    expect(
      found.slice(0, found.length - before).reduce((sum, row) => sum + 1 + Number(row["repeats"]), 0),
    ).to.equal(130);
  });

  it("runs by hand are rows without a second commit before their answer; questions and dry runs are none", async () => {
    begun = [];
    const run = await face.ask("POST", "/jobs/default:open/runs", { body: {} });
    const id = String(run.json.id);
    await eventually(async () => expect(await rows(`target=${id}`)).to.have.length(1));
    expect(begun).to.deep.equal([]);
    await face.ask("POST", "/jobs/default:open/validate", { body: {} });
    await face.ask("POST", "/schedules/preview", { body: { cron: "0 2 * * *" } });
    await face.ask("POST", "/scheduler/resume", { body: { dryRun: true } });
    expect(begun).to.deep.equal([]);
  });

  it("a token of one source sees the rows of that source alone, page by page, whatever it asks for", async () => {
    await face.ask("POST", "/sources/acme/pause", { token: acme });
    await face.ask("POST", "/sources/acme/resume");
    await face.ask("POST", "/jobs/default:open/pause", { token: acme });
    await audit.flush();
    const seen: Json[] = [];
    let cursor = "";
    do {
      const { json } = await face.ask("GET", `/audit-events?limit=1${cursor}`, { token: acme });
      seen.push(...json.data);
      cursor = json["page"]!["hasMore"] ? `&cursor=${String(json["page"]!["next"])}` : "";
    } while (cursor !== "");
    expect(seen.map((row) => [row["action"], row["outcome"], row["source"]])).to.deep.equal([
      ["jobs.pause", "refused", "acme"],
      ["sources.resume", "done", "acme"],
      ["sources.pause", "done", "acme"],
    ]);
    expect(await rows("source=default", acme)).to.deep.equal([]);
    expect((await rows("source=acme")).length).to.equal(3);
    expect(await rows("since=1h&until=30m")).to.deep.equal([]);
  });

  it("a token's secret, a link's code and the values of params are in no row", async () => {
    const issued = await face.ask("POST", "/tokens", {
      body: { name: "x", role: "viewer", sources: ["acme"] },
    });
    const all = JSON.stringify(await rows("limit=200"));
    expect(all).to.include('"tokens.create"');
    expect(all).not.to.include(String(issued.json.token));
    expect((await rows("action=tokens", acme))[0]).to.deep.include({
      target: issued.json.id,
      source: "acme",
    });
  });
});
