// The crawl of the table of routes with a token of another source: nothing of ours is told, nothing of ours is changed.
import { expect } from "chai";
import { BASE, type Route } from "../../src/http/route.ts";
import { routes } from "../../src/http/routes/index.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC, ordersSpec, taskRun } from "../support/http-doubles.ts";
import { versionFacts } from "../support/memory-versions.ts";

const VERSION = "9c41f02a".repeat(8);
/** In the names by which the requests below ask for what belongs to another source. */
const MARK = "zebra";
/** In every text of that source that no request names. */
const CONTENT = "quagga";

describe("A2: the crawl with a token of another source", () => {
  const face = new Face();
  let token = "";
  let schedule = "";
  before(async () => {
    await face.start();
    const { world } = face;
    const spec = {
      ...ordersSpec({ name: `${CONTENT} job` }),
      optionalParams: OPEN_SPEC.optionalParams,
      requiredParams: {},
    };
    world.addSource(`${MARK}-source`, catalogEntry(`${MARK}-source`, `${MARK}-job`, { spec }));
    world.addSource("acme", catalogEntry("acme", "own", { spec: OPEN_SPEC }));
    const run = { source: `${MARK}-source`, jobKey: `${MARK}-job`, jobName: CONTENT, cause: CONTENT };
    world.runs.push(
      taskRun({
        ...run,
        id: `run_${MARK}1`,
        state: "failed",
        batch: `bat_${MARK}`,
        forAt: 0,
        scheduleId: "sch_1",
      }),
    );
    world.runs.push(taskRun({ ...run, id: `run_${MARK}2` }));
    world.lines.set(`run_${MARK}1`, [
      { seq: 1, at: 0, level: "info", stream: "log", attempt: 1, text: CONTENT },
    ] as never);
    world.versions.versions.push({ ...versionFacts(`${MARK}-job`, VERSION), source: `${MARK}-source` });
    world.loadErrors.push({
      source: `${MARK}-source`,
      key: `${MARK}-job`,
      loadState: "stale",
      serving: VERSION,
      error: {
        code: "syntax",
        message: MARK,
        file: MARK,
        line: 1,
        column: 1,
        frame: MARK,
        hint: MARK,
        hash: null,
        since: 0,
      },
    });
    const made = await face.deps.schedules.create(
      { source: `${MARK}-source`, jobKey: `${MARK}-job`, fields: { name: CONTENT, cron: "0 2 * * *" } },
      MARK,
    );
    schedule = made.id;
    await face.ask("POST", `/sources/${MARK}-source/pause`, { body: { reason: CONTENT } });
    await face.ask("POST", "/tokens", {
      body: { name: `${CONTENT} token`, role: "viewer", sources: [`${MARK}-source`] },
    });
    token = await face.token({ role: "admin", sources: ["acme"] });
  });
  after(() => face.stop());

  const snapshot = () => {
    const { world } = face;
    return JSON.stringify([world.runs, world.schedules.rows, world.schedules.pauses.rows, world.entries]);
  };

  const idOf = (path: string) =>
    path.includes("/runs/")
      ? `run_${MARK}1`
      : path.includes("/batches/")
        ? `bat_${MARK}`
        : path.includes("/tokens/")
          ? face.world.tokens.tokens.find(({ name }) => name.startsWith(CONTENT))!.id
          : schedule;
  const bodies: Record<string, object> = {
    "POST /schedules": { job: `${MARK}-source:${MARK}-job`, cron: "0 3 * * *" },
    "POST /schedules/preview": { cron: "0 3 * * *", job: `${MARK}-source:${MARK}-job` },
    "PATCH /schedules/:id": { name: "changed" },
    "PUT /schedules/:id": { cron: "0 5 * * *" },
    "PUT /jobs/:key/state": { values: { cursor: 1 } },
    "POST /schedules/:id/backfill": { from: "2026-12-01T00:00:00Z", to: "2026-12-03T00:00:00Z" },
    "POST /tokens": { name: "x", role: "viewer", sources: [`${MARK}-source`] },
    "PATCH /jobs/:key": { notes: "changed" },
    "POST /jobs/:key/pin": { version: VERSION },
  };
  const ask = (one: Route, query = "") => {
    const path = one.path
      .replace(BASE, "")
      .replace(":key", `${MARK}-source:${MARK}-job`)
      .replace(":name", `${MARK}-source`)
      .replace(/:(hash|a|b)(?=\/|$)/g, VERSION)
      .replace(":n", "0")
      .replace(":id", idOf(one.path));
    return face.ask(one.method, `${path}${query}`, {
      token,
      headers: { "If-Match": "*" },
      ...(one.body ? { body: bodies[`${one.method} ${one.path.replace(BASE, "")}`] ?? {} } : {}),
    });
  };

  /** A refusal may say again what it was asked for; nothing else may name it, and the audit log of one's own refusals. */
  const expectNothingOf = (one: Route, status: number, text: string, name: string) => {
    expect(text, name).not.to.include(CONTENT);
    if (status < 400 && one.path !== `${BASE}/audit-events`) expect(text, name).not.to.include(MARK);
  };
  const inside = routes.filter(
    (one) => one.path.startsWith(BASE) && one.role !== "public" && one.path !== `${BASE}/events`,
  );

  for (const one of inside) {
    it(`${one.method} ${one.path}: nothing of the other source is told or changed`, async () => {
      const before = snapshot();
      const { status, text } = await ask(one);
      expectNothingOf(one, status, text, String(status));
      expect(snapshot()).to.equal(before);
      if (one.path.includes("/:")) expect(status).to.be.oneOf([403, 404]);
      if (status < 400 && one.path !== `${BASE}/session`) expect(one.method).to.equal("GET");
    });
  }

  it("no filter, text or count of a list reaches it", async () => {
    for (const one of inside) {
      if (one.method !== "GET" || one.path.includes("/:")) continue;
      const has = (name: string) => Object.hasOwn(one.query ?? {}, name);
      const queries = [
        has("source") ? `source=${MARK}-source` : "",
        has("source") ? "source=!acme" : "",
        has("job") ? `job=${MARK}-source:${MARK}-job` : "",
        has("text") ? `text=${MARK}` : "",
        has("q") ? `q=${MARK}` : "",
        has("schedule") ? `schedule=${schedule}` : "",
        has("batch") ? `batch=bat_${MARK}` : "",
        has("target") ? `target=${MARK}-source` : "",
        has("actor") ? "actor=admin" : "",
      ].filter((query) => query !== "");
      for (const query of queries) {
        const { status, text, json } = await ask(one, `?${query}${has("count") ? "&count=true" : ""}`);
        expectNothingOf(one, status, text, `${one.path}?${query}: ${status}`);
        if (status === 200 && json["page"]?.["count"] !== undefined)
          expect(json["page"]["count"]).to.equal(0);
      }
    }
  });

  it("a cursor of somebody who sees it goes on to nothing of it", async () => {
    const theirs = await face.ask("GET", "/runs?limit=1");
    const cursor = String(theirs.json["page"]!["next"]);
    expect(theirs.text).to.include(MARK);
    const { status, text } = await face.ask("GET", `/runs?limit=1&cursor=${cursor}`, { token });
    expect(status).to.equal(200);
    expect(text).not.to.include(MARK);
  });
});
