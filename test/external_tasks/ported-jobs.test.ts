// Jobs of the systems that Jobmount replaces, ported: a batch job with counts, and a task with input and output schema.
import { expect } from "chai";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPermanent, retryDelayOf } from "../../src/sdk/errors.ts";
import { Job as BatchSync } from "../fixtures/external_tasks/batch_sync/job.ts";
import type { Member } from "../fixtures/external_tasks/batch_sync/members-page.ts";
import { Job as ScoreText } from "../fixtures/external_tasks/score_text/job.ts";
import { runJob, WrongParams } from "./run-job.ts";
import { startWebServer, type WebServer } from "./web-server.ts";

const TOKEN = "xoxb-0123456789";

/** 30 members; every fifth is a bot, every tenth an admin, and the ones numbered 7 and 17 have no address. */
const MEMBERS: Member[] = Array.from({ length: 30 }, (_, index) => {
  const n = index + 1;
  return {
    id: `U${n}`,
    type: n % 10 === 0 ? "admin" : n % 5 === 0 ? "bot" : "member",
    email: n % 10 === 7 && n < 20 ? null : `u${n}@example.com`,
    joined: n <= 20 ? "2025-01-01" : "2026-01-01",
  };
});

describe("batch_sync, a parameterised batch job with record counts", () => {
  let server: WebServer;
  let dataDir: string;

  before(async () => {
    server = await startWebServer((request, response) => {
      const url = new URL(request.url!, "http://localhost");
      if (url.pathname === "/busy") response.writeHead(429).end();
      else if (request.headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
      else {
        const from = Number(url.searchParams.get("cursor") ?? 0);
        const seen = Math.min(MEMBERS.length, from + Number(url.searchParams.get("limit")));
        const next = seen < MEMBERS.length ? String(seen) : null;
        const body = { members: MEMBERS.slice(from, seen), next, seen, total: MEMBERS.length };
        response.setHeader("content-type", "application/json").end(JSON.stringify(body));
      }
    });
    dataDir = await mkdtemp(join(tmpdir(), "jobmount-sync-"));
  });
  after(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const sync = (params: Record<string, unknown> = {}) =>
    runJob(BatchSync, { dataDir, params: { endpoint: `${server.url}/members`, token: TOKEN, ...params } });

  it("X6: its counts are read from the spelling records_processed, records_success, records_failed", async () => {
    const ended = await sync({ batchSize: 7 });
    expect(ended.thrown).to.be.undefined;
    expect(ended.counts).to.deep.equal({ processed: 27, success: 25, failed: 2, skipped: 0 });
    expect(ended.details).to.deep.equal({ batches: 4, file: join(dataDir, "members.json") });
    expect(ended.progress.map(({ message }) => message)).to.deep.equal([
      "7 of 30",
      "14 of 30",
      "21 of 30",
      "28 of 30",
      "30 of 30",
    ]);
    const kept = JSON.parse(await readFile(join(dataDir, "members.json"), "utf8")) as Member[];
    expect(kept).to.have.length(25);
    expect(JSON.stringify(ended)).to.not.include(TOKEN);
  });

  it("takes its optional params or their defaults", async () => {
    const bots = await sync({ userTypes: ["bot"], syncSince: "2025-12-31", dryRun: true });
    expect(bots.counts).to.deep.equal({ processed: 1, success: 1, failed: 0, skipped: 0 });
    expect(bots.details["file"]).to.equal(null);
    for (const wrong of [
      { userTypes: ["guest"] },
      { batchSize: 0 },
      { syncSince: "yesterday" },
      { token: 1 },
    ]) {
      expect(await sync(wrong).catch((error: unknown) => error)).to.be.instanceOf(WrongParams);
    }
    expect(await runJob(BatchSync).catch((error: unknown) => String(error))).to.match(/endpoint.*token/);
  });

  it("X8: gives up for good on a refused token and asks for a later try when the server is busy", async () => {
    expect(isPermanent((await sync({ token: "wrong-token" })).thrown)).to.be.true;
    expect(retryDelayOf((await sync({ endpoint: `${server.url}/busy` })).thrown)).to.equal(60_000);
  });
});

describe("score_text, a task with input and output schema", () => {
  const score = (documents: unknown, more: Record<string, unknown> = {}) =>
    runJob(ScoreText, { params: { documents, ...more } });

  it("reads the json param that its schema let through and returns what its result schema asks for", async () => {
    const ended = await score([
      { id: "easy", text: "The cat sat on the mat. It was fat." },
      { id: "hard", text: "Organizational interdependencies necessitate comprehensive reconceptualization." },
      { id: "empty", text: "..." },
    ]);
    expect(ended.result).to.have.property("ok", true);
    expect(ended.counts).to.deep.equal({ processed: 3, success: 2, failed: 1, skipped: 0 });
    expect(ended.failed).to.deep.equal([{ key: "empty", reason: "the document has no words" }]);
    expect(ended.details).to.deep.equal({
      scores: [
        { id: "easy", score: 100, words: 9 },
        { id: "hard", score: 0, words: 5 },
      ],
      mean: 50,
    });
  });

  it("refuses an input that breaks the schema before the job begins", async () => {
    for (const documents of [[], [{ id: "a" }], [{ id: "", text: "x" }], { id: "a", text: "x" }, "text"]) {
      const refused = await score(documents).catch((error: unknown) => error);
      expect(refused, JSON.stringify(documents)).to.be.instanceOf(WrongParams);
    }
  });

  it("X4: a result that breaks the result schema is an invalid result", async () => {
    const { result } = await score([{ id: "a", text: "One word." }], { breakResult: true });
    expect(result).to.include({ ok: false });
    expect(result)
      .to.have.property("message")
      .that.matches(/resultSchema/);
  });
});

describe("the fixture jobs", () => {
  it("are all there, each a folder with a job.ts", async () => {
    const folder = new URL("../fixtures/external_tasks/", import.meta.url);
    for (const name of await readdir(folder)) {
      expect(await readdir(new URL(`${name}/`, folder)), name).to.include("job.ts");
    }
  });
});
