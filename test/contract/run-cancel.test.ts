// RunStore on every database: cancels, and attempts whose worker has vanished (X2, X5, X8, X9).
import { expect } from "chai";
import { DbIdempotencyStore } from "../../src/db/idempotency-store.ts";
import { cancelOf, finishOf, newRun, T0 } from "./make.ts";
import { line, onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore: cancelled and lost", (rig) => {
  describe("cancelling", () => {
    it("ends a waiting run at once, with its reason", async () => {
      await rig.store.insert([newRun({ id: "run_1" })]);
      expect(await rig.store.requestCancel("run_1", cancelOf(), T0 + 5)).to.equal("cancelled");
      expect(await rig.get("run_1")).to.include({
        state: "cancelled",
        reason: "user",
        cause: "cancelled before it started",
        finishedAt: T0 + 5,
      });
      expect(await rig.claimAll()).to.deep.equal([]);
    });

    it("says of a run that was to be tried again that it had begun", async () => {
      const run = await rig.running();
      await rig.store.finish(finishOf(run, { to: "retrying", reason: "error", availableAt: T0 + 9 }));
      expect(await rig.store.requestCancel("run_1", cancelOf(), T0 + 5)).to.equal("cancelled");
      const { state, cause } = await rig.get("run_1");
      expect([state, cause]).to.deep.equal(["cancelled", "cancelled before its next attempt"]);
    });

    it("asks a running one to end, once: the first reason and instant stay", async () => {
      await rig.running();
      expect(await rig.store.requestCancel("run_1", cancelOf(), T0 + 5)).to.equal("running");
      expect(await rig.store.requestCancel("run_1", cancelOf("replaced"), T0 + 9)).to.equal("running");
      expect((await rig.get("run_1")).cancel).to.deep.equal({ requestedAt: T0 + 5, by: "ci", note: null });
      expect(await rig.store.cancelRequested(["run_1", "run_2"])).to.deep.equal([
        { id: "run_1", attempt: 1, reason: "user" },
      ]);
      expect(await rig.store.cancelRequested([])).to.deep.equal([]);
    });

    it("A1: keeps who asked and in what words, and marks the key of the request in the same transaction", async () => {
      await rig.running();
      const keys = new DbIdempotencyStore(rig.database);
      const request = { actor: "tok_1", key: "k", digest: "d".repeat(64) };
      expect(await keys.begin(request, T0)).to.deep.equal({ kind: "first" });
      await rig.store.requestCancel(
        "run_1",
        cancelOf("user", { by: "ops", note: "wrong file", request }),
        T0,
      );
      expect((await rig.get("run_1")).cancel).to.deep.equal({
        requestedAt: T0,
        by: "ops",
        note: "wrong file",
      });
      expect(await keys.begin(request, T0)).to.deep.equal({ kind: "done", status: 202, resourceId: "run_1" });
    });

    it("answers nothing for a run that has ended, and for one that is unknown", async () => {
      const run = await rig.running();
      await rig.store.finish(finishOf(run));
      expect(await rig.store.requestCancel("run_1", cancelOf(), T0)).to.equal(undefined);
      expect(await rig.store.requestCancel("run_unknown", cancelOf(), T0)).to.equal(undefined);
      expect((await rig.get("run_1")).state).to.equal("succeeded");
    });

    it("X9: of a cancel and a claim at the same time one is first, and the other knows", async () => {
      for (let i = 0; i < 10; i++) {
        const id = `run_${i}`;
        await rig.store.insert([newRun({ id })]);
        const [state, claimed] = await Promise.all([
          rig.store.requestCancel(id, cancelOf(), T0),
          rig.claimAll(),
        ]);
        expect(state).to.equal(claimed.length === 1 ? "running" : "cancelled");
        if (claimed[0]) expect(await rig.store.finish(finishOf(claimed[0]))).to.equal("cancelled");
        expect((await rig.get(id)).state).to.equal("cancelled");
      }
    });
  });

  describe("lost attempts", () => {
    it("X2: are taken back only if attempt and beat are still what was read", async () => {
      const run = await rig.running();
      const read = await rig.rowOf("run_1");
      await rig.store.beat("worker-1", [run], 1);
      expect(await rig.store.reap(read, "failed", T0, "lost")).to.equal(false);
      await rig.store.beat("worker-2", [run], 7);
      await rig.store.beat("worker-1", [{ ...run, attempt: 2 }], 8);
      await rig.store.beat("worker-1", [], 9);
      const again = await rig.rowOf("run_1");
      expect(again.beat).to.equal(1);
      expect(await rig.store.reap({ ...again, attempt: 2 }, "failed", T0, "lost")).to.equal(false);
      const [one, two] = await Promise.all(
        [1, 2].map(() => rig.store.reap(again, "failed", T0 + 7, "lost: its worker is gone")),
      );
      expect([one, two].filter(Boolean)).to.have.length(1);
      expect(await rig.get("run_1")).to.include({
        state: "failed",
        reason: "lost",
        cause: "lost: its worker is gone",
        finishedAt: T0 + 7,
        triesUsed: 1,
      });
      const [attempt] = await rig.queries.attempts("run_1");
      expect(attempt).to.include({ attempt: 1, state: "failed", reason: "lost", startedAt: T0, late: false });
    });

    it("X8: are tried again while attempts remain", async () => {
      await rig.running();
      expect(await rig.store.reap(await rig.rowOf("run_1"), "retrying", T0 + 5, "lost")).to.equal(true);
      expect(await rig.get("run_1")).to.include({ state: "retrying", finishedAt: null, availableAt: T0 + 5 });
      expect((await rig.claimAll({ now: T0 + 5 }))[0]).to.include({ attempt: 2, triesUsed: 1 });
    });

    it("X9: end as cancelled when that was asked for", async () => {
      await rig.running();
      await rig.store.requestCancel("run_1", cancelOf("replaced"), T0);
      expect(await rig.store.reap(await rig.rowOf("run_1"), "retrying", T0 + 5, "lost")).to.equal(true);
      expect(await rig.get("run_1")).to.include({
        state: "cancelled",
        reason: "replaced",
        finishedAt: T0 + 5,
      });
      expect(await rig.claimAll({ now: T0 + 5 })).to.deep.equal([]);
    });

    it("X5: a late end is kept beside the lost attempt and moves nothing, however often it is told", async () => {
      const run = await rig.running();
      await rig.store.reap(await rig.rowOf("run_1"), "retrying", T0 + 5, "lost");
      const [second] = await rig.claimAll({ now: T0 + 5 });
      const late = finishOf(run, {
        cause: "came late",
        exitCode: 7,
        state: { source: "default", jobKey: "job", scope: "", values: new Map([["k", "late"]]) },
      });
      expect(await rig.store.finish(late)).to.equal("late");
      expect(await rig.store.finish(late)).to.equal("late");
      expect(await rig.get("run_1")).to.include({ state: "running", attempt: 2 });
      expect(await rig.store.jobState("default", "job", "")).to.deep.equal(new Map());
      await rig.store.finish(finishOf(second!));
      const attempts = await rig.queries.attempts("run_1");
      expect(
        attempts.map(({ attempt, state, late, exitCode }) => [attempt, state, late, exitCode]),
      ).to.deep.equal([
        [1, "retrying", false, null],
        [1, "succeeded", true, 7],
        [2, "succeeded", false, 0],
      ]);
    });

    it("X2: a late end does not wake a run that has failed as lost", async () => {
      const run = await rig.running({ maxAttempts: 1 });
      await rig.store.reap(await rig.rowOf("run_1"), "failed", T0 + 5, "lost");
      for (const to of ["retrying", "queued"] as const)
        expect(await rig.store.finish(finishOf(run, { to }))).to.equal("late");
      expect(await rig.get("run_1")).to.include({ state: "failed", reason: "lost" });
      expect(await rig.claimAll({ now: T0 * 2 })).to.deep.equal([]);
    });

    it("X2 X5: what it really ended as resolves a run that counts as lost, once, with all that it told", async () => {
      for (const [to, lost] of [
        ["succeeded", "failed"],
        ["failed", "failed"],
        ["succeeded", "retrying"],
        ["retrying", "retrying"],
        ["queued", "retrying"],
      ] as const) {
        await rig.clear();
        const run = await rig.running();
        await rig.store.reap(await rig.rowOf("run_1"), lost, T0 + 5, "lost");
        const records = { processed: 2, success: 1, failed: 1, skipped: 0 };
        const late = finishOf(run, {
          to,
          reason: to === "failed" || to === "retrying" ? "error" : null,
          triesUsed: to === "queued" ? 0 : 1,
          availableAt: T0 + 77,
          records,
          lines: [line(1, 1)],
          log: { lines: 1, bytes: 6, droppedBytes: 0 },
          failedRecords: [{ seq: 1, key: "k", reason: "r" }],
        });
        expect(await rig.store.finish(late), `${lost}: ${to}`).to.equal("done");
        expect(await rig.store.finish(late), `${lost}: ${to} again`).to.equal("done");
        const final = to === "succeeded" || to === "failed";
        expect(await rig.get("run_1")).to.deep.include({
          state: to,
          reason: late.reason,
          records,
          triesUsed: late.triesUsed,
          finishedAt: final ? T0 + 1_000 : null,
        });
        const attempts = await rig.queries.attempts("run_1");
        expect(attempts.map((one) => [one.state, one.reason, one.late])).to.deep.equal([
          [to, late.reason, false],
        ]);
        expect((await rig.queries.logLines("run_1", { limit: 9 })).lines).to.have.length(1);
        expect(await rig.queries.failedRecords("run_1", 0, 9)).to.have.length(1);
        expect(await rig.claimAll({ now: T0 + 77 })).to.have.length(final ? 0 : 1);
      }
    });

    it("X1: a claim whose answer was lost never began: it is given back without using a try", async () => {
      await rig.running();
      expect(await rig.store.reap(await rig.rowOf("run_1"), "queued", T0 + 5, "given back")).to.equal(true);
      expect(await rig.get("run_1")).to.include({ state: "queued", reason: null, triesUsed: 0 });
      expect((await rig.claimAll({ now: T0 + 5 }))[0]).to.include({ attempt: 2, triesUsed: 0 });
    });

    it("X8: a beat tells which attempts are no longer the run's", async () => {
      const run = await rig.running();
      expect(await rig.store.beat("worker-1", [run], 1)).to.deep.equal([]);
      const other = { id: "run_2", attempt: 1 };
      expect(await rig.store.beat("worker-1", [run, other], 2)).to.deep.equal([other]);
      await rig.store.reap(await rig.rowOf("run_1"), "retrying", T0, "lost");
      expect((await rig.store.beat("worker-1", [run], 3)).map(({ id }) => id)).to.deep.equal(["run_1"]);
      await rig.claimAll({ now: T0 });
      expect((await rig.store.beat("worker-1", [run], 4)).map(({ id }) => id)).to.deep.equal(["run_1"]);
    });
  });
});
