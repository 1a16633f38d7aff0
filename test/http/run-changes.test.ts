// POST /runs/{id}/cancel and /retry, as the face answers them.
import { expect } from "chai";
import { Face } from "../support/face.ts";
import { taskRun } from "../support/http-doubles.ts";

describe("POST /runs/{id}/cancel and /retry", () => {
  let face: Face;
  beforeEach(async () => {
    face = new Face();
    await face.start();
    face.world.runs.push(
      taskRun({ id: "run_waits", jobKey: "open", params: { note: "a" } }),
      taskRun({ id: "run_runs", jobKey: "open", state: "running", attempt: 1, startedAt: 1 }),
      taskRun({
        id: "run_failed",
        state: "failed",
        reason: "error",
        attempt: 1,
        version: "9c41f02a",
        priority: 3,
        scheduleId: "sch_1",
        fireAt: 1_800_000_000_000,
        exclusive: true,
        params: { token: { $sealed: "v1.old" }, batchSize: 7 },
        overrides: { timeoutMs: 5_000 },
        records: { processed: 9, success: 4, failed: 5, skipped: 0 },
      }),
    );
  });
  afterEach(() => face.stop());

  const cancel = (id: string, body?: unknown, headers: Record<string, string> = {}) =>
    face.ask("POST", `/runs/${id}/cancel`, { token: face.tokens.operator, body, headers });
  const retry = (id: string, body?: unknown, headers: Record<string, string> = {}) =>
    face.ask("POST", `/runs/${id}/retry`, { token: face.tokens.operator, body, headers });
  const newest = () => face.world.runs.at(-1)!;

  it("X9: an accepted cancel is 202 and says who asked and why, also when it is asked again", async () => {
    for (let n = 0; n < 2; n++) {
      const answer = await cancel("run_runs", { reason: "wrong file" });
      expect(answer.status).to.equal(202);
      expect(answer.json["cancel"]).to.deep.equal({
        requestedAt: "2027-01-02T03:04:05.678Z",
        by: "operator",
        reason: "wrong file",
        waited: false,
        steps: [],
        groupEmptyAt: null,
      });
      expect(answer.json["state"]).to.equal("running");
    }
    const waiting = await cancel("run_waits");
    expect([waiting.status, waiting.json["state"], waiting.json["reason"]]).to.deep.equal([
      202,
      "cancelled",
      "user",
    ]);
  });

  it("X9: a run that waits says that nothing had to be ended, and tells no signals of an attempt before", async () => {
    const at = face.world.clock.now();
    face.world.runs.push(
      taskRun({ id: "run_again", jobKey: "open", state: "retrying", attempt: 1, startedAt: at - 9_000 }),
    );
    face.world.attempts.push({
      runId: "run_again",
      attempt: 1,
      state: "retrying",
      reason: "timeout",
      cause: "timed out after 5s; ignored SIGTERM, killed",
      version: null,
      owner: "wrk_a",
      startedAt: at - 9_000,
      finishedAt: at - 3_000,
      exitCode: null,
      signal: "SIGKILL",
      steps: [{ signal: "SIGKILL", at: at - 3_000 }],
      groupEmptyAt: at - 3_000,
      logLines: null,
      late: false,
    });
    for (const id of ["run_waits", "run_again"]) {
      const { json } = await cancel(id, { reason: "no need" });
      expect(json["cancel"], id).to.deep.equal({
        requestedAt: "2027-01-02T03:04:05.678Z",
        by: "operator",
        reason: "no need",
        waited: true,
        steps: [],
        groupEmptyAt: null,
      });
    }
    const { json } = await face.ask("GET", "/runs/run_again");
    expect(json["attempts"]![0 as unknown as string]!["steps"]).to.have.length(1);
  });

  it("X9: on a finished run it is 409, with its state; on an unknown one 404", async () => {
    const answer = await cancel("run_failed");
    expect([answer.status, answer.json["code"]]).to.deep.equal([409, "finished"]);
    expect(answer.text).to.include("failed");
    expect((await cancel("run_none")).status).to.equal(404);
    expect((await retry("run_none")).status).to.equal(404);
  });

  it("A1: the same request with its key is answered by what the first one did, though the run has ended since", async () => {
    const headers = { "idempotency-key": "once" };
    expect((await cancel("run_waits", {}, headers)).status).to.equal(202);
    const again = await cancel("run_waits", {}, headers);
    expect([again.status, again.json["state"]]).to.deep.equal([202, "cancelled"]);
    const first = await retry("run_failed", {}, { "idempotency-key": "again" });
    const second = await retry("run_failed", {}, { "idempotency-key": "again" });
    expect(second.json["id"]).to.equal(first.json["id"]);
    expect(face.world.runs).to.have.length(4);
  });

  it("a wrong field is 422 by name", async () => {
    for (const [ask, body, pointer] of [
      [cancel, { reason: 1 }, "/reason"],
      [cancel, { reason: "x".repeat(1_001) }, "/reason"],
      [cancel, { why: "x" }, "/why"],
      [retry, { version: "newest" }, "/version"],
      [retry, { onlyFailedRecords: "yes" }, "/onlyFailedRecords"],
      [retry, { params: [] }, "/params"],
      [retry, { params: { batchSize: "100" } }, "/params/batchSize"],
    ] as const) {
      const answer = await ask("run_failed", body);
      expect([answer.status, answer.json.errors[0]?.["pointer"]], JSON.stringify(body)).to.deep.equal([
        422,
        pointer,
      ]);
    }
  });

  it("a run is done again with its params, schedule, overrides and secrets, as a new run that says of which", async () => {
    const answer = await retry("run_failed");
    expect(answer.status).to.equal(202);
    expect(answer.headers.get("location")).to.equal(`/api/v1/runs/${String(answer.json["id"])}`);
    expect(answer.json).to.deep.include({
      state: "queued",
      trigger: "retry",
      retryOf: "run_failed",
      schedule: "sch_1",
      fireAt: null,
      params: { token: { secret: true }, batchSize: 7 },
    });
    expect(newest()).to.deep.include({
      versionWanted: null,
      exclusive: true,
      priority: 3,
      overrides: { timeoutMs: 5_000, fireAt: 1_800_000_000_000 },
    });
  });

  it("given params are laid over the earlier ones, null takes one away; version same keeps the version that ran", async () => {
    await retry("run_failed", { params: { batchSize: null }, version: "same" });
    expect(newest().params["batchSize"]).to.equal(100);
    expect(newest().versionWanted).to.equal("9c41f02a");
    const never = await (await cancel("run_waits"), retry("run_waits", { version: "same" }));
    expect([never.status, never.json["code"]]).to.deep.equal([409, "no_version"]);
  });

  it("a run that is not over is not done again: 409", async () => {
    for (const id of ["run_runs", "run_waits"]) {
      const answer = await retry(id);
      expect([answer.status, answer.json["code"]]).to.deep.equal([409, "not_finished"]);
    }
  });

  it("only the failed records: named by their keys, with the number of those that are left out", async () => {
    const none = await retry("run_failed", { onlyFailedRecords: true });
    expect([none.status, none.json["code"]]).to.deep.equal([409, "no_failed_records"]);
    face.world.failedRecords.set("run_failed", [
      { seq: 1, key: "a", reason: "r" },
      { seq: 2, key: null, reason: "r" },
      { seq: 3, key: "b", reason: null },
    ]);
    const answer = await retry("run_failed", { onlyFailedRecords: true });
    expect(answer.json["onlyRecords"]).to.deep.equal({ of: "run_failed", records: 2, left: 3 });
    const listed = await face.ask("GET", "/runs/run_failed/failed-records");
    expect(listed.json["records"]).to.deep.equal({ failed: 5, kept: 3, notKept: 2 });
  });
});
