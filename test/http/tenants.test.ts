import { expect } from "chai";
import type { Answer } from "../support/face.ts";
import { Face } from "../support/face.ts";
import { catalogEntry, OPEN_SPEC, taskRun } from "../support/http-doubles.ts";

describe("A2: a token limited to one source sees, by any route, that source alone", () => {
  const face = new Face();
  let token = "";
  let others = { run: "", schedule: "", token: "" };

  before(async () => {
    await face.start();
    face.world.addSource(
      "acme",
      catalogEntry("acme", "open", { spec: OPEN_SPEC }),
      catalogEntry("acme", "reports"),
    );
    token = await face.token({ role: "admin", sources: ["acme"] });
    face.world.runs.push(
      taskRun({ id: "run_1", source: "default", jobKey: "open", state: "failed" }),
      taskRun({ id: "run_2", source: "acme", jobKey: "open", state: "failed" }),
    );
    const error = {
      code: "syntax",
      message: "x",
      file: null,
      line: null,
      column: null,
      frame: null,
      hint: null,
      hash: null,
      since: 0,
    };
    face.world.loadErrors.push({ source: "default", key: "open", loadState: "stale", error, serving: "0e" });
    const schedule = await face.deps.schedules.create(
      { source: "default", jobKey: "open", fields: { cron: "* * * * *" } },
      "local",
    );
    others = { run: "run_1", schedule: schedule.id, token: face.world.tokens.tokens[0]!.id };
  });
  after(() => face.stop());

  const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
    face.ask(method, path, { token, headers: { "if-match": "*" }, ...(body === undefined ? {} : { body }) });

  it("lists hold its source alone, whatever the filter asks for", async () => {
    const jobs = await ask("GET", "/jobs");
    expect(jobs.json.data.map((job) => job["source"])).to.deep.equal(["acme", "acme"]);
    for (const query of [
      "",
      "?source=default",
      "?source=default,acme",
      "?job=default:open",
      "?source=!acme",
    ]) {
      const runs = await ask("GET", `/runs${query}${query ? "&" : "?"}count=true`);
      expect(runs.status, query).to.equal(200);
      const seen = new Set(runs.json.data.map((run) => run["source"]));
      expect(
        [...seen].filter((source) => (source as unknown) !== "acme"),
        query,
      ).to.deep.equal([]);
      expect(runs.json.page!["count"], query).to.equal(runs.json.data.length);
    }
    for (const path of ["/schedules", "/schedules?source=default", "/load-errors"]) {
      expect((await ask("GET", path)).json.data, path).to.deep.equal([]);
    }
    expect((await ask("GET", "/sources")).json.data.map((one) => one["name"])).to.deep.equal(["acme"]);
    expect((await ask("GET", "/tokens")).json.data.map((one) => one["sources"])).to.deep.equal([["acme"]]);
  });

  it("what belongs to others is 404, to read as to change, and says nothing about it", async () => {
    for (const [method, path, body] of [
      ["GET", "/jobs/default:open"],
      ["GET", "/jobs/builtin:cleanup"],
      ["GET", "/jobs/billing.sync-orders"],
      ["POST", "/jobs/default:open/runs", {}],
      ["POST", "/jobs/default:open/validate", {}],
      ["GET", `/runs/${others.run}`],
      ["GET", `/runs/${others.run}/logs`],
      ["GET", `/runs/${others.run}/failed-records`],
      ["GET", `/schedules/${others.schedule}`],
      ["PATCH", `/schedules/${others.schedule}`, { name: "taken" }],
      ["DELETE", `/schedules/${others.schedule}`],
      ["DELETE", `/tokens/${others.token}`],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(answer.status, `${method} ${path}`).to.equal(404);
      expect(answer.json.detail, path).not.to.include("billing.sync-orders?");
    }
    const made = await ask("POST", "/schedules", { job: "default:open", cron: "* * * * *" });
    expect([made.status, made.json.errors[0]!["pointer"]]).to.deep.equal([422, "/job"]);
    expect(face.world.schedules.rows).to.have.length(1);
    expect(face.world.schedules.rows[0]).to.include({ name: null, revision: 1 });
    expect(face.world.runs).to.have.length(2);
  });

  it("a bare key means its own job, with no hint at others of the same name", async () => {
    expect((await ask("GET", "/jobs/open")).json).to.include({ source: "acme" });
    expect((await ask("POST", "/jobs/open/runs", {})).json).to.include({ source: "acme" });
  });

  it("it cannot make itself a wider token, and where sources are mounted is not its to know", async () => {
    for (const sources of [null, ["default"], ["acme", "default"]]) {
      const answer = await ask("POST", "/tokens", { name: "wider", role: "admin", sources });
      expect(answer.status).to.equal(403);
    }
    const own = await ask("POST", "/tokens", { name: "own", role: "viewer" });
    expect(own.json.sources).to.deep.equal(["acme"]);
    expect((await ask("GET", "/sources")).text).not.to.include("/mnt/");
    const all = await face.ask("GET", "/sources");
    const mounted = all.json.data.find(({ name }) => String(name) === "default");
    expect(mounted).to.include({ path: "/mnt/default", state: "available", watcher: "events" });
    expect((await face.ask("GET", "/sources", { token: face.tokens.editor })).text).not.to.include("/mnt/");
  });
});
