// RunStore on every database: the end of an attempt (X1, X5, X8, X9).
import { expect } from "chai";
import { cancelOf, finishOf, newRun, T0 } from "./make.ts";
import { line, onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore: the end of an attempt", (rig) => {
  it("writes outcome, counts, log, refused records and durable values together", async () => {
    const run = await rig.running();
    const answer = await rig.store.finish(
      finishOf(run, {
        to: "failed",
        reason: "too_many_failed",
        cause: "3 of 4 failed",
        records: { processed: 4, success: 1, failed: 3, skipped: 0 },
        progress: { percent: 40.5, message: "page 4" },
        result: { a: [1] },
        error: { message: "m", stack: null, file: "job.ts", line: 1, column: 2 },
        exitCode: 3,
        signal: "SIGKILL",
        steps: [
          { signal: "abort", at: T0 },
          { signal: "SIGKILL", at: T0 + 1 },
        ],
        groupEmptyAt: T0 + 2,
        version: "v1",
        versionDeclared: "1.2.0",
        jobName: "As it was",
        log: { lines: 2, bytes: 20, droppedBytes: 7 },
        lines: [line(1, 1), line(2, 1, "🛰\n\u2028")],
        failedRecords: [
          { seq: 1, key: "k", reason: "r" },
          { seq: 2, key: null, reason: null },
        ],
        state: { source: "default", jobKey: "job", scope: "", values: new Map([["cursor", { page: 4 }]]) },
      }),
    );
    expect(answer).to.equal("done");
    expect(await rig.get("run_1")).to.deep.include({
      state: "failed",
      reason: "too_many_failed",
      cause: "3 of 4 failed",
      finishedAt: T0 + 1_000,
      triesUsed: 1,
      records: { processed: 4, success: 1, failed: 3, skipped: 0 },
      progressPercent: 40.5,
      progressMessage: "page 4",
      result: { a: [1] },
      error: { message: "m", stack: null, file: "job.ts", line: 1, column: 2 },
      versionDeclared: "1.2.0",
      jobName: "As it was",
      log: { lines: 2, bytes: 20, droppedBytes: 7 },
      scheduleSlot: null,
      jobSlot: null,
    });
    expect(await rig.queries.attempts("run_1")).to.deep.equal([
      {
        runId: "run_1",
        attempt: 1,
        state: "failed",
        reason: "too_many_failed",
        cause: "3 of 4 failed",
        version: "v1",
        owner: "worker-1",
        startedAt: T0,
        finishedAt: T0 + 1_000,
        exitCode: 3,
        signal: "SIGKILL",
        steps: [
          { signal: "abort", at: T0 },
          { signal: "SIGKILL", at: T0 + 1 },
        ],
        groupEmptyAt: T0 + 2,
        logLines: { from: 1, to: 2 },
        late: false,
      },
    ]);
    expect((await rig.queries.logLines("run_1", { limit: 10 })).lines).to.deep.equal([
      line(1, 1),
      line(2, 1, "🛰\n\u2028"),
    ]);
    expect(await rig.queries.failedRecords("run_1", 0, 10)).to.deep.equal([
      { seq: 1, key: "k", reason: "r" },
      { seq: 2, key: null, reason: null },
    ]);
    expect(await rig.store.jobState("default", "job", "")).to.deep.equal(new Map([["cursor", { page: 4 }]]));
  });

  it("X5: the same finish again is done as well, and changes nothing", async () => {
    const run = await rig.running();
    const finish = finishOf(run, {
      lines: [line(1, 1)],
      log: { lines: 1, bytes: 6, droppedBytes: 0 },
      failedRecords: [{ seq: 1, key: "k", reason: "r" }],
      records: { processed: 1, success: 0, failed: 1, skipped: 0 },
      state: { source: "default", jobKey: "job", scope: "", values: new Map([["k", 1]]) },
    });
    expect(await rig.store.finish(finish)).to.equal("done");
    const before = await rig.get("run_1");
    const again = { ...finish, state: { ...finish.state!, values: new Map([["k", 2]]) } };
    expect(await rig.store.finish(again)).to.equal("done");
    expect(await Promise.all([rig.store.finish(finish), rig.store.finish(finish)])).to.deep.equal([
      "done",
      "done",
    ]);
    expect(await rig.get("run_1")).to.deep.equal(before);
    expect(await rig.queries.attempts("run_1")).to.have.length(1);
    expect((await rig.queries.logLines("run_1", { limit: 9 })).lines).to.have.length(1);
    expect(await rig.store.jobState("default", "job", "")).to.deep.equal(new Map([["k", 1]]));
  });

  it("X5: the same finish twice in one commit is done once", async () => {
    const run = await rig.running();
    const finish = finishOf(run, { lines: [line(1, 1)] });
    const [one, two] = await Promise.all([rig.store.finish(finish), rig.store.finish(finish)]);
    expect([one, two]).to.deep.equal(["done", "done"]);
    expect(await rig.queries.attempts("run_1")).to.have.length(1);
  });

  it("X5: an earlier attempt's finish told again is done, and leaves the attempt that runs now alone", async () => {
    const run = await rig.running();
    const finish = finishOf(run, { to: "retrying", reason: "error", availableAt: T0 });
    await rig.store.finish(finish);
    const [second] = await rig.claimAll();
    expect(second!.attempt).to.equal(2);
    expect(await rig.store.finish(finish)).to.equal("done");
    expect(await rig.get("run_1")).to.include({ state: "running", attempt: 2 });
  });

  it("writes many ends of one commit each by itself: done, cancelled, known and late ones together", async () => {
    await rig.store.insert(Array.from({ length: 6 }, (_, i) => newRun({ id: `run_${i}`, maxAttempts: 3 })));
    const runs = await rig.claimAll();
    await rig.store.finish(finishOf(runs[0]!));
    await rig.store.requestCancel("run_1", cancelOf(), T0);
    await rig.store.reap(await rig.rowOf("run_2"), "retrying", T0, "lost");
    await rig.claimAll();
    const answers = await Promise.all(
      runs.map((run) => rig.store.finish(finishOf(run, { lines: [line(1, 1)] }))),
    );
    expect(answers).to.deep.equal(["done", "cancelled", "late", "done", "done", "done"]);
    const states = await Promise.all(runs.map(async ({ id }) => (await rig.get(id)).state));
    expect(states).to.deep.equal([
      "succeeded",
      "cancelled",
      "running",
      "succeeded",
      "succeeded",
      "succeeded",
    ]);
    for (const id of ["run_3", "run_4", "run_5"]) {
      const attempts = await rig.queries.attempts(id);
      expect(attempts.map(({ state, late }) => [state, late])).to.deep.equal([["succeeded", false]]);
      expect((await rig.queries.logLines(id, { limit: 9 })).lines).to.have.length(1);
    }
  });

  it("X9: after a cancel was accepted any end is cancelled, for the reason that was given, with the counts so far", async () => {
    for (const [reason, to] of [
      ["user", "succeeded"],
      ["replaced", "failed"],
      ["schedule_deleted", "retrying"],
      ["user", "queued"],
      ["replaced", "cancelled"],
    ] as const) {
      await rig.database.write((sql) => sql.run("DELETE FROM task_runs"));
      await rig.database.write((sql) => sql.run("DELETE FROM run_attempts"));
      const run = await rig.running();
      expect(await rig.store.requestCancel("run_1", cancelOf(reason), T0 + 5)).to.equal("running");
      const records = { processed: 5, success: 5, failed: 0, skipped: 0 };
      const asked = { records, ...(to === "cancelled" ? { reason } : {}) };
      const answer = await rig.store.finish(finishOf(run, { to, ...asked }));
      expect(answer, to).to.equal(to === "cancelled" ? "done" : "cancelled");
      const ended = await rig.get("run_1");
      expect(ended, to).to.deep.include({ state: "cancelled", reason, records, finishedAt: T0 + 1_000 });
      const [attempt] = await rig.queries.attempts("run_1");
      expect(attempt, to).to.include({ state: "cancelled", reason });
      expect(await rig.claimAll()).to.deep.equal([]);
    }
  });

  it("X1: a run that was given back uses no try, and its attempt number is never used again", async () => {
    const run = await rig.running();
    await rig.store.finish(
      finishOf(run, { to: "queued", triesUsed: 0, availableAt: T0, cause: "the service stopped" }),
    );
    expect(await rig.get("run_1")).to.include({
      state: "queued",
      attempt: 1,
      triesUsed: 0,
      finishedAt: null,
    });
    const [again] = await rig.claimAll();
    expect(again).to.include({ attempt: 2, triesUsed: 0 });
    expect(await rig.get("run_1"), "why it waited is over").to.include({ state: "running", cause: null });
    await rig.store.finish(finishOf(again!));
    expect((await rig.queries.attempts("run_1")).map(({ attempt, state }) => [attempt, state])).to.deep.equal(
      [
        [1, "queued"],
        [2, "succeeded"],
      ],
    );
  });

  it("X8: a retry waits for its instant, keeps its place, and goes on with the numbers of the log", async () => {
    const run = await rig.running({ priority: 3 });
    await rig.store.finish(
      finishOf(run, {
        to: "retrying",
        reason: "error",
        priority: run.priority,
        availableAt: T0 + 500,
        lines: [line(1, 1), line(2, 1)],
        log: { lines: 2, bytes: 12, droppedBytes: 7 },
      }),
    );
    await rig.store.insert([newRun({ id: "run_2", availableAt: T0 })]);
    expect((await rig.claimAll({ now: T0 + 499, slots: 1 })).map(({ id }) => id)).to.deep.equal(["run_2"]);
    const [retry] = await rig.claimAll({ now: T0 + 500 });
    expect(retry).to.include({
      id: "run_1",
      attempt: 2,
      triesUsed: 1,
      logFrom: 3,
      logBytes: 12,
      droppedBytes: 7,
    });
    const { id, attempt } = retry!;
    const none = { percent: 1, message: null };
    const records = { processed: 0, success: 0, failed: 0, skipped: 0 };
    const log = { lines: 5, bytes: 30, droppedBytes: 0 };
    const lines = [line(3, 2), line(4, 2), line(5, 2)];
    await rig.store.tell({ runId: id, attempt, records, progress: none, log, lines, failedRecords: [] });
    const ranges = async () => (await rig.queries.attempts("run_1")).map(({ logLines }) => logLines);
    const both = [
      { from: 1, to: 2 },
      { from: 3, to: 5 },
    ];
    expect(await ranges(), "while it runs").to.deep.equal(both);
    await rig.store.reap(await rig.rowOf("run_1"), "failed", T0 + 900, "lost");
    expect(await ranges(), "when it was lost").to.deep.equal(both);
  });
});
