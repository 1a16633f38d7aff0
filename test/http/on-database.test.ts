import { expect } from "chai";
import { Access } from "../../src/access/access.ts";
import { systemClock } from "../../src/clock.ts";
import { DbIdempotencyStore } from "../../src/db/idempotency-store.ts";
import { removeRuns } from "../../src/db/retention.ts";
import { DbRunQueries } from "../../src/db/run-queries.ts";
import { DbRunStore } from "../../src/db/run-store.ts";
import { DbTokenStore } from "../../src/db/token-store.ts";
import { Notices } from "../../src/runs/notices.ts";
import { Runs } from "../../src/runs/runs.ts";
import { onEveryDatabase } from "../support/databases.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC } from "../support/http-doubles.ts";

onEveryDatabase("the face on a database", (databases) => {
  let face: Face;
  before(async () => {
    const database = await databases.fresh();
    const store = new DbRunStore(database);
    const queries = new DbRunQueries(database);
    face = new Face((deps) => ({
      ...deps,
      access: new Access({ store: new DbTokenStore(database), clock: systemClock }),
      idempotency: new DbIdempotencyStore(database),
      runQueries: queries,
      clock: systemClock,
      runs: new Runs({
        insert: (runs, request) => store.insert(runs, request),
        byId: (id) => queries.byId(id),
        runningOf: (source, key) => store.runningOf(source, key),
        standingOf: () => "ready",
        specOf: () => OPEN_SPEC,
        saveParams: (_spec, params) => params,
        specOfVersion: () => Promise.resolve(OPEN_SPEC),
        requestCancel: (id, cancel, now) => store.requestCancel(id, cancel, now),
        failedRecordsOf: (id) => queries.failedRecordsOf(id),
        remove: async (id) => (await database.write((sql) => removeRuns(sql, [id]))) === 1,
        expect: () => undefined,
        wakeAt: () => undefined,
        notices: new Notices(),
        now: () => systemClock.now(),
      }),
    }));
    face.world.addSource("acme", catalogEntry("acme", "own", { spec: OPEN_SPEC }));
    await face.start();
  });
  after(() => face.stop());

  const trigger = (key?: string) =>
    face.ask("POST", "/jobs/open/runs", {
      token: face.tokens.operator,
      body: { params: { note: "x" } },
      headers: key === undefined ? {} : { "idempotency-key": key },
    });

  const idsOf = async (query: string) =>
    (await face.ask("GET", `/runs?${query}`)).json.data.map((run) => String(run["id"]));

  it("A1: ten twins with one key come to one row, and each is told that one or to ask again", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => trigger("twins")));
    const told = answers.filter((answer) => answer.status === 202).map((answer) => String(answer.json.id));
    const stored = await idsOf("limit=200");
    expect(stored).to.have.length(1);
    expect(new Set(told)).to.deep.equal(new Set(stored));
    expect(answers.filter((answer) => ![202, 409].includes(answer.status))).to.deep.equal([]);
    expect(String((await trigger("twins")).json.id)).to.equal(stored[0]);
  });

  it("what was triggered is there for the next request, and pages come in order without gap or twin", async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push(String((await trigger()).json.id));
    const seen: string[] = [];
    let cursor = "";
    do {
      const { json } = await face.ask("GET", `/runs?limit=2&count=true${cursor}`);
      expect(json.page!["count"]).to.equal(6);
      seen.push(...json.data.map((run) => String(run["id"])));
      cursor = json.page!["hasMore"] ? `&cursor=${String(json.page!["next"])}` : "";
    } while (cursor !== "");
    expect(seen).to.have.length(6);
    expect(new Set(seen).size).to.equal(6);
    expect(seen).to.include.members(made);
    expect(await idsOf("state=queued&trigger=api&since=1h&job=open&limit=200")).to.have.length(6);
    expect(await idsOf("state=!queued")).to.deep.equal([]);
    expect(await idsOf("reason=!timeout&recordsFailed=false&source=!acme")).to.have.length(6);
  });

  it("A2: tokens hold across the store: a limited one sees nothing of others, a revoked one nothing at all", async () => {
    const limited = await face.token({ role: "admin", sources: ["acme"] });
    const other = await trigger();
    const own = await face.ask("POST", "/jobs/acme:own/runs", { token: limited, body: {} });
    expect([other.status, own.status]).to.deep.equal([202, 202]);
    const ids = [String(own.json.id)];
    for (const path of [
      "/runs?limit=200",
      "/runs?limit=200&state=queued",
      "/runs?sort=queuedAt&count=true",
    ]) {
      const runs = await face.ask("GET", path, { token: limited });
      expect([runs.status, runs.json.data.map((run) => String(run["id"]))], path).to.deep.equal([200, ids]);
    }
    expect((await face.ask("GET", "/runs?count=true", { token: limited })).json["page"]!["count"]).to.equal(
      1,
    );
    expect((await face.ask("GET", `/runs/${String(other.json.id)}`, { token: limited })).status).to.equal(
      404,
    );
    expect((await face.ask("GET", `/runs/${ids[0]}`, { token: limited })).status).to.equal(200);
    expect(await idsOf("limit=200")).to.include.members([String(other.json.id), ...ids]);
    const { json } = await face.ask("GET", "/me", { token: limited });
    const id = (await face.ask("GET", "/tokens")).json.data.find((one) => one["id"] === json.id)!["id"];
    expect((await face.ask("DELETE", `/tokens/${String(id)}`)).status).to.equal(204);
    expect((await face.ask("GET", "/me", { token: limited })).status).to.equal(401);
  });

  it("a sign-in code is used once, of five at a time too", async () => {
    const admin = (await face.deps.access.authenticate(face.tokens.admin))!;
    const { code } = await face.deps.access.createSignInCode({ sources: ["acme"], role: "viewer" }, admin);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => face.fetch(`/sign-in?code=${code}`, { method: "POST" })),
    );
    expect(answers.map((answer) => answer.status).sort()).to.deep.equal([200, 410, 410, 410, 410]);
    const token = String(answers.find((answer) => answer.status === 200)!.json.token);
    expect((await face.ask("GET", "/me", { token })).json).to.deep.include({
      role: "viewer",
      sources: ["acme"],
    });
  });
});
