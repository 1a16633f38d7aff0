import { expect } from "chai";
import { BASE } from "../../src/http/route.ts";
import { routes } from "../../src/http/routes/index.ts";
import { duplicateKey } from "../../src/http/duplicate-keys.ts";
import { readJson } from "../../src/http/middleware/read-body.ts";
import { parseBody } from "../../src/http/dto/parse-body.ts";
import { JobStateBody } from "../../src/http/dto/job-state-body.ts";
import { valuesToSave } from "../../src/runs/job-values.ts";
import { costMs } from "../support/cost.ts";
import { Face } from "../support/face.ts";

describe("bad input over REST: the right 4xx with the field named, and nothing half-created", () => {
  const face = new Face();
  before(() => face.start());
  after(() => face.stop());

  const RUNS = "/jobs/billing.sync-orders/runs";

  afterEach("nothing was created", () => {
    expect(face.world.runs).to.deep.equal([]);
    expect(face.world.schedules.rows).to.deep.equal([]);
    expect(face.world.tokens.tokens).to.have.length(4);
  });

  it("A2: no token is a 401 that says how to send one", async () => {
    const answer = await face.ask("POST", RUNS, { token: null, body: { params: {} } });
    expect(answer.status).to.equal(401);
    expect(answer.headers.get("www-authenticate")).to.equal('Bearer realm="jobmount"');
    expect(answer.headers.get("content-type")).to.equal("application/problem+json");
    expect(answer.json).to.include({ status: 401, title: "Unauthorized", code: "no_token" });
    expect(answer.json.detail).to.include("Authorization: Bearer");
  });

  it("A2: a wrong, a misspelt and an endless token are 401", async () => {
    for (const token of ["jbm_wrong", `jbm_${"x".repeat(43)}`, "", "x".repeat(600), "a b"]) {
      const answer = await face.ask("GET", "/jobs", { token });
      expect(answer.status, token).to.equal(401);
    }
    const basic = await face.ask("GET", "/jobs", { token: null, headers: { authorization: "Basic YTpi" } });
    expect(basic.status).to.equal(401);
    expect(basic.headers.get("www-authenticate")).to.include("invalid_token");
  });

  it("a body of very many values is refused before they are looked at: none below 1 MiB costs 100 ms", async () => {
    const keys = (n: number, name: string) =>
      Array.from({ length: n }, (_, i) => `"${name}${i}":1`).join(",");
    const bodies = {
      "90,000 unknown fields": `{${keys(90_000, "k")}}`,
      "90,000 values of a job": `{"values":{${keys(90_000, "v")}}}`,
      "340,000 objects in a param": `{"params":{"list":[${Array(340_000).fill("{}").join(",")}]}}`,
      "as many as are possible": `{"values":{${keys(19_990, "a name of a value of some length ")}}}`,
    };
    for (const [what, text] of Object.entries(bodies)) {
      expect(text.length, what).to.be.below(1024 * 1024 + 1);
      const read = () => {
        const { values } = parseBody(JobStateBody, readJson(text));
        valuesToSave(values, new Map(), () => false);
      };
      expect(
        costMs(() => expect(read).to.throw(), 100),
        what,
      ).to.be.below(100);
    }
    const raw = bodies["340,000 objects in a param"];
    const headers = { "content-type": "application/json" };
    const { status, json } = await face.ask("POST", RUNS, { raw, headers });
    expect([status, json.errors[0]!.code]).to.deep.equal([422, "too_large"]);
    expect(json.errors[0]!.message).to.match(
      /^holds about 340\d\d\d fields and elements; at most 20000 are possible/,
    );
    // What stands in a text is none.
    const text = JSON.stringify({ note: "[{,".repeat(30_000) });
    expect(readJson(text)).to.deep.equal(JSON.parse(text));
    const cut = await face.ask("POST", RUNS, { raw: '{"params":{"a":"\\', headers });
    expect(cut.status).to.equal(400);
  });

  it("If-Match is a 412 where nothing is compared, and an empty Idempotency-Key a 400: neither is passed over", async () => {
    const state = ["PUT", "/jobs/open/state", { values: {} }] as const;
    const writes = [state, ["POST", "/schedules/sch_x/skip-next", {}], ["POST", RUNS, {}]] as const;
    for (const [method, path, body] of writes) {
      const answer = await face.ask(method, path, { body, headers: { "if-match": '"7"' } });
      expect([answer.status, answer.json.code], path).to.deep.equal([412, "if_match"]);
    }
    const [method, path, body] = state;
    expect((await face.ask(method, path, { body, headers: { "if-match": "*" } })).status).to.equal(200);
    for (const key of ["", " "]) {
      const answer = await face.ask("POST", RUNS, { body: {}, headers: { "idempotency-key": key } });
      expect([answer.status, answer.json.code]).to.deep.equal([400, "idempotency_key"]);
    }
  });

  it("a token of sources that cannot exist, or named twice, or of a name that nobody can read is a 422", async () => {
    const wrong = [
      [{ sources: ["a,b"] }, "/sources"],
      [{ sources: ["../x"] }, "/sources"],
      [{ sources: ["acme "] }, "/sources"],
      [{ sources: ["acme", "acme"] }, "/sources"],
      [{ name: "a\nb" }, "/name"],
      [{ name: "a\u0000" }, "/name"],
      [{ name: "a\u202eb" }, "/name"],
    ] as const;
    for (const [fields, pointer] of wrong) {
      const body = { name: "ci", role: "viewer", ...fields };
      const { status, json } = await face.ask("POST", "/tokens", { body });
      expect([status, json.errors?.[0]?.pointer], JSON.stringify(fields)).to.deep.equal([422, pointer]);
    }
  });

  it("the values of a schedule that is none of the job's are a 404", async () => {
    expect((await face.ask("GET", "/jobs/open/state?schedule=garbage")).status).to.equal(404);
    expect((await face.ask("GET", "/jobs/open/state")).status).to.equal(200);
  });

  it("an unknown job is a 404 with the nearest key", async () => {
    const answer = await face.ask("POST", "/jobs/billing.sync-order/runs", { body: {} });
    expect(answer.status).to.equal(404);
    expect(answer.json.detail).to.include('Did you mean "billing.sync-orders"?');
  });

  it("an unknown job in a schedule is a 422 at /job", async () => {
    const body = { job: "billing.sync-order", cron: "0 2 * * *" };
    const answer = await face.ask("POST", "/schedules", { body });
    expect(answer.status).to.equal(422);
    expect(answer.json.errors[0]).to.include({ pointer: "/job", code: "unknown_job" });
    expect(answer.json.detail).to.include("billing.sync-orders");
  });

  it("a bad cron and an unknown zone are 422 at their fields", async () => {
    const cron = await face.ask("POST", "/schedules", { body: { job: "open", cron: "never" } });
    expect([cron.status, cron.json.errors[0]!.pointer]).to.deep.equal([422, "/cron"]);
    const zone = await face.ask("POST", "/schedules", {
      body: { job: "open", cron: "0 2 * * *", timeZone: "Europe/Atlantis" },
    });
    expect([zone.status, zone.json.errors[0]!.pointer]).to.deep.equal([422, "/timeZone"]);
    const preview = await face.ask("POST", "/schedules/preview", { body: { cron: "never" } });
    expect([preview.status, preview.json.errors[0]!.pointer]).to.deep.equal([422, "/cron"]);
  });

  it("a missing and a wrong param are 422 below /params, and validate says the same", async () => {
    for (const path of [RUNS, "/jobs/billing.sync-orders/validate"]) {
      const missing = await face.ask("POST", path, { body: { params: {} } });
      expect(missing.status).to.equal(422);
      expect(missing.json.errors).to.deep.include({
        pointer: "/params/token",
        code: "required",
        message: "is required (Token)",
      });
      const wrong = await face.ask("POST", path, { body: { params: { token: "xoxb-1", batchSize: "100" } } });
      expect(wrong.status).to.equal(422);
      expect(wrong.json.errors[0]).to.include({ pointer: "/params/batchSize", code: "type" });
      const unknown = await face.ask("POST", path, { body: { params: { token: "xoxb-1", batchSizes: 1 } } });
      expect(unknown.json.errors[0]).to.include({ pointer: "/params/batchSizes" });
    }
  });

  it("an unknown field is a 422 that names it and what is allowed", async () => {
    const run = await face.ask("POST", RUNS, { body: { params: { token: "x" }, parms: {} } });
    expect(run.status).to.equal(422);
    expect(run.json.errors).to.deep.equal([
      {
        pointer: "/parms",
        code: "unknown",
        message: "is not a field here; allowed: params, priority, delayMs, onBusy",
      },
    ]);
    const schedule = await face.ask("POST", "/schedules", {
      body: { job: "open", cron: "0 2 * * *", crom: "x" },
    });
    expect(schedule.json.errors[0]).to.include({ pointer: "/crom", code: "unknown" });
    const nested = await face.ask("POST", "/schedules", {
      body: { job: "open", cron: "0 2 * * *", catchUp: { policy: "all", most: 3 } },
    });
    expect(nested.json.errors[0]).to.include({ pointer: "/catchUp/most", code: "unknown" });
  });

  it("an unknown query parameter, one given twice and one out of range are 422 by name", async () => {
    for (const [query, pointer] of [
      ["stat=failed", "/query/stat"],
      ["limit=10&limit=20", "/query/limit"],
      ["limit=201", "/query/limit"],
      ["limit=ten", "/query/limit"],
      ["state=broken", "/query/state"],
      ["since=yesterday", "/query/since"],
      ["sort=jobName", "/query/sort"],
      ["count=1", "/query/count"],
      ["job=nothing-like-it", "/query/job"],
      ["text=", "/query/text"],
    ] as const) {
      const answer = await face.ask("GET", `/runs?${query}`);
      expect([answer.status, answer.json.errors[0]!.pointer], query).to.deep.equal([422, pointer]);
    }
  });

  it("a cursor that is not ours, and one of another sort, are 400", async () => {
    for (const cursor of ["xyz", "bnVsbA", "W10", Buffer.from('["-queuedAt",1]').toString("base64url")]) {
      const answer = await face.ask("GET", `/runs?cursor=${cursor}`);
      expect(answer.status, cursor).to.equal(400);
      expect(answer.json.code).to.equal("cursor");
    }
    const other = Buffer.from('["queuedAt","run_1"]').toString("base64url");
    expect((await face.ask("GET", `/runs?cursor=${other}`)).status).to.equal(400);
  });

  it("malformed JSON is a 400 that says where and never quotes the body", async () => {
    for (const raw of [
      '{"params": {"token": "secret-xoxb" ',
      '{"token":"secret-xoxb",}',
      "secret-xoxb",
      " ",
    ]) {
      const answer = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
      expect(answer.status, raw).to.equal(400);
      expect(answer.json.code).to.equal("malformed");
      expect(answer.text).not.to.include("xoxb");
    }
  });

  it("broken UTF-8 is a 400; a byte order mark is none of our business", async () => {
    const broken = await face.ask("POST", RUNS, {
      raw: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      headers: { "content-type": "application/json" },
    });
    expect(broken.status).to.equal(400);
    expect(broken.json.detail).to.include("UTF-8");
    const marked = await face.ask("POST", "/jobs/open/validate", {
      raw: "\ufeff{}",
      headers: { "content-type": "application/json" },
    });
    expect(marked.status).to.equal(200);
  });

  it("a wrong or missing content type, charset or encoding is a 415 (a body parser of ready make answers 200)", async () => {
    const raw = JSON.stringify({ params: { token: "x" } });
    const wrong: Record<string, string>[] = [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/merge-patch+json" },
      { "content-type": "application/json; charset=latin1" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ];
    for (const headers of wrong) {
      const answer = await face.ask("POST", RUNS, { raw, headers });
      expect(answer.status, JSON.stringify(headers)).to.equal(415);
      expect(answer.json.code).to.equal("content_type");
    }
    const missing = await face.ask("POST", RUNS, { raw: new TextEncoder().encode(raw) });
    expect(missing.status).to.equal(415);
    expect(missing.json.detail).to.include("no Content-Type");
  });

  it("a body of 2 MB is a 413, with its length announced or not", async () => {
    const raw = JSON.stringify({ params: { token: "x".repeat(2_000_000) } });
    const announced = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
    expect(announced.status).to.equal(413);
    const response = await fetch(`${face.url}/api/v1${RUNS}`, {
      method: "POST",
      headers: { authorization: `Bearer ${face.tokens.admin}`, "content-type": "application/json" },
      body: new Blob([raw]).stream(),
      duplex: "half",
    } as RequestInit & { duplex: "half" });
    expect(response.status).to.equal(413);
    expect(response.headers.get("content-type")).to.equal("application/problem+json");
  });

  it("a body just below 1 MiB is looked at", async () => {
    const raw = JSON.stringify({ params: { token: "x", unknown: "y".repeat(1024 * 1024 - 100) } });
    const answer = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
    expect(answer.status).to.equal(422);
  });

  it("null, text, numbers, arrays and no body at all are refused with what was expected", async () => {
    for (const [body, kind] of [
      [null, "null"],
      ["text", "a string"],
      [7, "a number"],
      [true, "a boolean"],
      [[{ params: {} }], "an array"],
    ] as const) {
      for (const path of [RUNS, "/schedules", "/schedules/preview", "/tokens"]) {
        const answer = await face.ask("POST", path, { body });
        expect(answer.status, `${path} ${kind}`).to.equal(422);
        expect(answer.json.errors[0]).to.deep.include({ pointer: "", code: "type" });
        expect(answer.json.detail).to.include(`is ${kind}`);
      }
    }
    const none = await face.ask("POST", "/schedules");
    expect([none.status, none.json.code]).to.deep.equal([400, "malformed"]);
  });

  it("a body that is nested too deep is a 422, at a million brackets too, and nothing stalls", async () => {
    const before = performance.now();
    for (const depth of [40, 250_000]) {
      const raw = `{"params":${"[".repeat(depth)}${"]".repeat(depth)}}`;
      const answer = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
      expect([answer.status, answer.json.errors[0]!.code]).to.deep.equal([422, "depth"]);
    }
    // Walking a million brackets level by level would take far longer.
    expect(performance.now() - before).to.be.below(5_000);
  });

  it("A3: half of a surrogate pair is no text, and a whole emoji is", async () => {
    const raw = '{"params":{"token":"x\\ud83d"}}';
    const half = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
    expect(half.status).to.equal(400);
    expect(half.json.detail).to.include("surrogate");
  });

  it("__proto__ is refused and pollutes nothing", async () => {
    for (const raw of [
      '{"__proto__":{"polluted":1},"params":{"token":"x"}}',
      '{"params":{"token":"x","__proto__":{"polluted":1}}}',
    ]) {
      const answer = await face.ask("POST", RUNS, { raw, headers: { "content-type": "application/json" } });
      expect(answer.status).to.equal(422);
      expect(answer.json.detail).to.include("__proto__");
    }
    expect(({} as Record<string, unknown>)["polluted"]).to.equal(undefined);
  });

  it("an object that has a key twice is a 400 that names the key: nobody acts on another one than was checked", async () => {
    const twice = '{"params":{"note":"first"},"params":{"note":1}}';
    for (const [raw, key] of [
      [twice, "params"],
      ['{"params":{"note":"a","b":[{"note":1}],"note":"c"}}', "note"],
      ['{"params":{"n\\u006fte":"a","note":"c"}}', "note"],
      ['{"params":{},"":1,"":2}', ""],
      ['{"params":{"a\\"b":1,"a\\"b":2}}', 'a"b'],
    ] as const) {
      const headers = { "content-type": "application/json" };
      const answer = await face.ask("POST", "/jobs/open/runs", { raw, headers });
      expect([answer.status, answer.json.code], raw).to.deep.equal([400, "malformed"]);
      expect(answer.json.detail, raw).to.include(`the key "${key}" twice`);
    }
    const raw = '{ "params": { "note": "a: \\"note\\": {", "tags": [] } , "priority" : 1 }';
    const fine = await face.ask("POST", "/jobs/open/runs", {
      raw,
      headers: { "content-type": "application/json" },
    });
    expect(fine.text).not.to.include("twice");
  });

  it("a body of one MiB is looked through in one walk", () => {
    for (const text of [
      JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`key ${i}`, i]))),
      `"${"\\\\".repeat(500_000)}"`,
      JSON.stringify(Array.from({ length: 60_000 }, () => ({ a: 1, b: {} }))),
    ]) {
      const { user } = process.cpuUsage();
      expect(duplicateKey(text)).to.equal(undefined);
      expect((process.cpuUsage().user - user) / 1000, "ms").to.be.below(200);
    }
  });

  it("a hundred thousand unknown fields are answered soon and shortly", async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`f${i}`, 1]));
    const times: number[] = [];
    const ask = async (path: string, body: unknown) => {
      // Of processor time, client and server together: how long it took says more about who else was at work.
      const before = process.cpuUsage();
      const answer = await face.ask("POST", path, { body });
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
      expect(answer.status).to.equal(422);
      expect(answer.text.length).to.be.below(20_000);
    };
    await ask(RUNS, many);
    await ask("/schedules", { job: "open", cron: "0 2 * * *", dst: many });
    await ask("/tokens", { name: "a", role: "viewer", sources: Array.from({ length: 90_000 }, () => "a") });
    await ask("/jobs/open/runs", { params: many });
    expect(Math.max(...times), `milliseconds of ${times.join(", ")}`).to.be.below(600);
  });

  it("an instant that no calendar has is refused by every route that takes one, and none fails", async () => {
    const timed = routes.filter(({ query }) => query && ("since" in query || "until" in query));
    expect(timed.length).to.be.greaterThan(4);
    for (const { method, path, query } of timed) {
      for (const name of ["since", "until"].filter((one) => one in query!))
        for (const value of ["999999999999d", "999999999999ms", "9999-12-31T23:59:59-23:59"]) {
          const address = path.replace(BASE, "").replace(":key", "open").replace(":id", "sch_1");
          const answer = await face.ask(method, `${address}?${name}=${value}`);
          const fine = value.endsWith("ms") && answer.status === 200;
          expect(fine || answer.status === 422, `${address} ${name}=${value}: ${answer.status}`).to.equal(
            true,
          );
        }
    }
  });
});
