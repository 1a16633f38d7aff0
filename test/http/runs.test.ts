import { expect } from "chai";
import type { RunFilter } from "../../src/runs/queries.ts";
import { Face } from "../support/face.ts";
import { taskRun } from "../support/http-doubles.ts";
import type { MemoryRunQueries } from "../support/memory-run-queries.ts";

describe("GET /runs", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    for (let i = 1; i <= 9; i++) {
      face.world.runs.push(
        taskRun({
          id: `run_${i}`,
          state: i % 3 === 0 ? "failed" : "succeeded",
          reason: i % 3 === 0 ? "timeout" : null,
          cause: i % 3 === 0 ? '=HYPERLINK("x"), timed out\nafter 10m' : null,
          trigger: i % 2 === 0 ? "schedule" : "api",
          scheduleId: i % 2 === 0 ? "sch_1" : null,
          queuedAt: face.world.clock.now() - i * 3_600_000,
          records: { processed: 5, success: i === 1 ? 4 : 5, failed: i === 1 ? 1 : 0, skipped: 0 },
        }),
      );
    }
  });
  after(() => face.stop());

  const ids = async (query: string) =>
    (await face.ask("GET", `/runs?${query}`)).json.data.map((run) => run["id"]);
  const asked = (): RunFilter => (face.deps.runQueries as MemoryRunQueries).asked.at(-1)!;

  it("pages through every run once, newest first or oldest first, by an opaque cursor", async () => {
    for (const [sort, expected] of [
      ["-queuedAt", [9, 8, 7, 6, 5, 4, 3, 2, 1]],
      ["queuedAt", [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ] as const) {
      const seen: unknown[] = [];
      let cursor: unknown = undefined;
      do {
        const query = `sort=${sort}&limit=4${cursor === undefined ? "" : `&cursor=${String(cursor)}`}`;
        const { json } = await face.ask("GET", `/runs?${query}`);
        seen.push(...json.data.map((run) => run["id"]));
        cursor = json.page!["next"];
        expect(json.page!["hasMore"]).to.equal(cursor !== null);
      } while (cursor !== null);
      expect(seen).to.deep.equal(expected.map((n) => `run_${n}`));
    }
  });

  it("filters by , for or and ! for not", async () => {
    expect(await ids("state=failed")).to.deep.equal(["run_9", "run_6", "run_3"]);
    expect(await ids("state=failed,succeeded&trigger=schedule&limit=2")).to.deep.equal(["run_8", "run_6"]);
    expect(await ids("state=!succeeded")).to.deep.equal(["run_9", "run_6", "run_3"]);
    expect(await ids("reason=!timeout&trigger=!api")).to.deep.equal(["run_8", "run_4", "run_2"]);
    expect(await ids("schedule=sch_1&state=failed")).to.deep.equal(["run_6"]);
    expect(await ids("job=billing.sync-orders&limit=1")).to.deep.equal(["run_9"]);
    expect(await ids("job=!billing.sync-orders")).to.deep.equal([]);
    expect(await ids("job=default:long.gone")).to.deep.equal([]);
    expect(await ids("source=other")).to.deep.equal([]);
    expect(await ids("recordsFailed=true")).to.deep.equal(["run_1"]);
    expect(await ids("text=timed%20out&limit=1")).to.deep.equal(["run_9"]);
  });

  it("since and until take a time with its offset or a duration back", async () => {
    expect(await ids("since=3h&until=1h")).to.deep.equal(["run_3", "run_2"]);
    expect(await ids("since=2027-01-02T02:00:00%2B01:00&until=2027-01-02T02:04:05.678Z")).to.deep.equal([
      "run_2",
    ]);
    await ids("since=90m");
    expect(asked().since).to.equal(face.world.clock.now() - 5_400_000);
  });

  it("count=true counts all matches, not only the page", async () => {
    const { json } = await face.ask("GET", "/runs?state=succeeded&limit=1&count=true");
    expect(json.page).to.deep.include({ count: 6, countCapped: false, hasMore: true });
    expect((await face.ask("GET", "/runs?limit=1")).json.page).not.to.have.property("count");
  });

  it("answers NDJSON with the next page in Link", async () => {
    const answer = await face.ask("GET", "/runs?limit=2", { headers: { accept: "application/x-ndjson" } });
    expect(answer.headers.get("content-type")).to.equal("application/x-ndjson");
    const rows = answer.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string });
    expect(rows.map((row) => row.id)).to.deep.equal(["run_9", "run_8"]);
    const next = /^<(\/api\/v1\/runs\?limit=2&cursor=[\w-]+)>; rel="next"$/.exec(
      answer.headers.get("link")!,
    )![1]!;
    const second = await face.ask("GET", next.slice("/api/v1".length), {
      headers: { accept: "application/x-ndjson" },
    });
    expect(second.text).to.include('"run_7"').and.not.to.include('"run_8"');
  });

  it("answers CSV that a spreadsheet reads as text, whatever a cause holds", async () => {
    const answer = await face.ask("GET", "/runs?state=failed&limit=1", { headers: { accept: "text/csv" } });
    expect(answer.headers.get("content-type")).to.include("text/csv");
    const [header, row] = answer.text.split("\r\n");
    expect(header).to.equal(
      "id,job,source,state,reason,cause,trigger,schedule,fireAt,queuedAt,startedAt,finishedAt,durationMs,attempt,processed,success,failed,skipped,version,actor",
    );
    expect(row).to.include(
      'run_9,billing.sync-orders,default,failed,timeout,"\'=HYPERLINK(""x""), timed out\nafter 10m",api',
    );
  });

  it("anything else by Accept gets JSON", async () => {
    const answer = await face.ask("GET", "/runs?limit=1", { headers: { accept: "image/png" } });
    expect(answer.headers.get("content-type")).to.include("application/json");
  });
});

describe("GET /runs/{id}, its log and its refused records", () => {
  const face = new Face();
  before(async () => {
    await face.start();
    face.world.runs.push(
      taskRun({
        id: "run_1",
        state: "failed",
        reason: "timeout",
        cause: "timed out after 10m 0s; ignored SIGTERM, killed",
        version: "9c41f02a",
        versionDeclared: "1.2.0",
        trigger: "schedule",
        scheduleId: "sch_1",
        fireAt: 1_800_000_000_000,
        queuedAt: 1_800_000_000_010,
        availableAt: 1_800_000_000_010,
        startedAt: 1_800_000_000_100,
        finishedAt: 1_800_000_600_100,
        attempt: 1,
        maxAttempts: 3,
        owner: "host-1",
        params: { token: { $sealed: "v1.x" }, batchSize: 100 },
        progressPercent: 40,
        progressMessage: "page 4/10",
        records: { processed: 1200, success: 1188, failed: 12, skipped: 0 },
        result: { workspace: "w" },
        error: { message: "m", stack: "job.ts:4", file: "job.ts", line: 4, column: 2 },
        log: { lines: 3, bytes: 60, droppedBytes: 0 },
      }),
      taskRun({
        id: "run_2",
        state: "succeeded",
        records: { processed: 2, success: 1, failed: 1, skipped: 0 },
      }),
    );
    face.world.attempts.push({
      runId: "run_1",
      attempt: 1,
      state: "failed",
      reason: "timeout",
      cause: "timed out",
      version: "9c41f02a",
      owner: "host-1",
      startedAt: 1_800_000_000_100,
      finishedAt: 1_800_000_600_100,
      exitCode: null,
      signal: "SIGKILL",
      steps: [{ signal: "SIGKILL", at: 1_800_000_600_000 }],
      groupEmptyAt: 1_800_000_600_090,
      logLines: { from: 1, to: 2 },
      late: false,
    });
    face.world.lines.set("run_1", [
      { seq: 1, time: 1_800_000_000_200, level: "info", stream: "log", attempt: 1, text: "page 1" },
      {
        seq: 2,
        time: 1_800_000_000_300,
        level: "warn",
        stream: "log",
        attempt: 1,
        text: "slow",
        fields: { ms: 9 },
      },
      { seq: 3, time: 1_800_000_000_400, level: "error", stream: "stderr", attempt: 2, text: "gone" },
    ]);
    face.world.failedRecords.set("run_1", [
      { seq: 1, key: "u1", reason: "no country" },
      { seq: 2, key: null, reason: '@formula, "quoted"' },
    ]);
  });
  after(() => face.stop());

  it("a run has the contract's fields", async () => {
    const { json } = await face.ask("GET", "/runs/run_1");
    expect(json).to.deep.equal({
      id: "run_1",
      job: "billing.sync-orders",
      source: "default",
      jobName: "Sync orders",
      version: "9c41f02a",
      versionDeclared: "1.2.0",
      state: "failed",
      reason: "timeout",
      cause: "timed out after 10m 0s; ignored SIGTERM, killed",
      trigger: "schedule",
      schedule: "sch_1",
      scheduleRevision: null,
      fireAt: "2027-01-15T08:00:00.000Z",
      fireThrough: null,
      fireCount: null,
      queuedAt: "2027-01-15T08:00:00.010Z",
      availableAt: "2027-01-15T08:00:00.010Z",
      startedAt: "2027-01-15T08:00:00.100Z",
      finishedAt: "2027-01-15T08:10:00.100Z",
      startDelayMs: 90,
      durationMs: 600_000,
      attempt: 1,
      triesUsed: 0,
      maxAttempts: 3,
      priority: 0,
      retryOf: null,
      batch: null,
      forAt: null,
      onlyRecords: null,
      cancel: null,
      actor: { type: "token", name: "ci" },
      worker: "host-1",
      params: { token: { secret: true }, batchSize: 100 },
      progress: { percent: 40, message: "page 4/10" },
      records: { processed: 1200, success: 1188, failed: 12, skipped: 0 },
      result: { workspace: "w" },
      error: { message: "m", stack: "job.ts:4", file: "job.ts", line: 4, column: 2 },
      log: { lines: 3, bytes: 60, droppedBytes: 0, removedAt: null },
      attempts: [
        {
          attempt: 1,
          state: "failed",
          reason: "timeout",
          cause: "timed out",
          version: "9c41f02a",
          worker: "host-1",
          startedAt: "2027-01-15T08:00:00.100Z",
          finishedAt: "2027-01-15T08:10:00.100Z",
          durationMs: 600_000,
          exitCode: null,
          signal: "SIGKILL",
          steps: [{ signal: "SIGKILL", at: "2027-01-15T08:10:00.000Z" }],
          groupEmptyAt: "2027-01-15T08:10:00.090Z",
          logLines: { from: 1, to: 2 },
          late: false,
        },
      ],
    });
  });

  it("X6: a run that succeeded with failed records says so in words", async () => {
    expect((await face.ask("GET", "/runs/run_2")).json.cause).to.equal("succeeded, 1 record failed");
  });

  it("an unknown run is a 404, by each of its addresses", async () => {
    for (const path of ["", "/logs", "/failed-records"]) {
      expect((await face.ask("GET", `/runs/run_x${path}`)).status, path).to.equal(404);
    }
  });

  it("a log that retention has removed is told as such, and not as one that nobody wrote", async () => {
    const removedAt = "2027-02-15T08:00:00.000Z";
    const log = { lines: 3, bytes: 60, droppedBytes: 0, removedAt: Date.parse(removedAt) };
    face.world.runs.push(taskRun({ id: "run_old", state: "succeeded", log }));
    const { json } = await face.ask("GET", "/runs/run_old");
    expect(json.log).to.deep.equal({ ...log, removedAt });
    expect((await face.ask("GET", "/runs/run_old/logs")).json).to.deep.include({ data: [], removedAt });
    const { text } = await face.ask("GET", "/runs/run_old/logs", { headers: { accept: "text/plain" } });
    expect(text).to.equal(
      `[jobmount] the 3 lines of this log were removed on ${removedAt} because of their age (JOBMOUNT_RETENTION_LOGS)\n`,
    );
  });

  it("log lines come as JSON in order, and go on after a seq", async () => {
    const { json, headers } = await face.ask("GET", "/runs/run_1/logs?limit=2");
    expect(json.data).to.deep.equal([
      { seq: 1, time: "2027-01-15T08:00:00.200Z", level: "info", stream: "log", attempt: 1, text: "page 1" },
      {
        seq: 2,
        time: "2027-01-15T08:00:00.300Z",
        level: "warn",
        stream: "log",
        attempt: 1,
        text: "slow",
        fields: { ms: 9 },
      },
    ]);
    expect(json.page).to.deep.equal({ next: "2", hasMore: true });
    expect(headers.get("link")).to.include("after=2");
    const rest = await face.ask("GET", "/runs/run_1/logs?after=2");
    expect(rest.json.data.map((line) => line["seq"])).to.deep.equal([3]);
    expect(rest.json.page).to.deep.equal({ next: null, hasMore: false });
  });

  it("log lines are filtered by least level, text and attempt", async () => {
    const seqs = async (query: string) =>
      (await face.ask("GET", `/runs/run_1/logs?${query}`)).json.data.map((line) => line["seq"]);
    expect(await seqs("level=warn")).to.deep.equal([2, 3]);
    expect(await seqs("q=page")).to.deep.equal([1]);
    expect(await seqs("attempt=2")).to.deep.equal([3]);
  });

  it("log lines come as NDJSON and as plain text", async () => {
    const rows = await face.ask("GET", "/runs/run_1/logs", { headers: { accept: "application/x-ndjson" } });
    expect(rows.text.trimEnd().split("\n")).to.have.length(3);
    const plain = await face.ask("GET", "/runs/run_1/logs", { headers: { accept: "text/plain" } });
    expect(plain.headers.get("content-type")).to.equal("text/plain; charset=utf-8");
    expect(plain.text.split("\n")[1]).to.equal('2027-01-15T08:00:00.300Z WARN  slow {"ms":9}');
  });

  it("a log is followed by at most 100 at a time", async () => {
    const all = Array.from({ length: 100 }, () => face.world.followers.follow("run_x"));
    const refused = await face.ask("GET", "/runs/run_1/logs/stream");
    expect([refused.status, refused.json["code"]]).to.deep.equal([503, "too_many_streams"]);
    for (const one of all) one.stop();
    expect(face.world.followers.none).to.equal(true);
  });

  it("refused records come with key and reason, as JSON and as CSV", async () => {
    const { json } = await face.ask("GET", "/runs/run_1/failed-records?limit=1");
    expect(json).to.deep.equal({
      data: [{ seq: 1, key: "u1", reason: "no country" }],
      page: { next: "1", hasMore: true },
      records: { failed: 12, kept: 2, notKept: 10 },
    });
    const csv = await face.ask("GET", "/runs/run_1/failed-records?after=1", {
      headers: { accept: "text/csv" },
    });
    expect(csv.text).to.equal('seq,key,reason\r\n2,,"\'@formula, ""quoted"""\r\n');
  });
});
