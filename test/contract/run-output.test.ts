// RunStore on every database: what attempts tell while they run, and what they leave (A1, L1, L2).
import { expect } from "chai";
import type { ClaimedRun } from "../../src/runs/store.ts";
import type { LogLine } from "../../src/runs/task-run.ts";
import { Output } from "../../src/runs/output.ts";
import { finishOf, newRun, T0 } from "./make.ts";
import { line, onEveryRunStore } from "./run-rig.ts";

onEveryRunStore("RunStore: what an attempt tells", (rig) => {
  describe("what an attempt leaves", () => {
    it("each attempt counts its refused records from one; the latest attempt's are told", async () => {
      const run = await rig.running();
      const refused = (reason: string) => ({
        failedRecords: [{ seq: 1, key: "k", reason }],
        records: { processed: 1, success: 0, failed: 1, skipped: 0 },
      });
      await rig.store.finish(
        finishOf(run, { to: "retrying", reason: "error", availableAt: T0, ...refused("first") }),
      );
      const [second] = await rig.claimAll();
      expect(await rig.store.finish(finishOf(second!, refused("second")))).to.equal("done");
      expect(await rig.queries.failedRecords("run_1", 0, 9)).to.deep.equal([
        { seq: 1, key: "k", reason: "second" },
      ]);
    });

    it("a text with NUL comes back as it was, one row or many at a time", async () => {
      const odd = "a\0b\uFDD0c\0";
      for (const many of [1, 20]) {
        const id = `run_nul_${many}`;
        await rig.store.insert([newRun({ id })]);
        const [run] = await rig.claimAll();
        const failedRecords = Array.from({ length: many }, (_, i) => ({
          seq: i + 1,
          key: `${odd}${i}`,
          reason: odd,
        }));
        const values = new Map([[`${odd}${many}`, odd]]);
        const state = { source: "default", jobKey: "job", scope: "", values };
        const progress = { percent: 50, message: odd };
        await rig.store.finish(
          finishOf(run!, { to: "failed", reason: "error", cause: odd, progress, failedRecords, state }),
        );
        expect(await rig.queries.failedRecords(id, 0, 99)).to.deep.equal(failedRecords);
        expect(await rig.queries.failedKeys(id)).to.deep.equal(failedRecords.map(({ key }) => key));
        expect(await rig.queries.byId(id)).to.include({ cause: odd, progressMessage: odd });
        expect((await rig.store.jobState("default", "job", "")).get(`${odd}${many}`)).to.equal(odd);
      }
    });

    it("keeps a long log and 2,500 refused records in order", async () => {
      const run = await rig.running();
      const lines = Array.from({ length: 700 }, (_, i) => line(i + 1, 1, `${i} ${"🛰".repeat(60)}`));
      lines.push(line(701, 1, "x".repeat(16_384)));
      const failedRecords = Array.from({ length: 2_500 }, (_, i) => ({
        seq: i + 1,
        key: `k${i}`,
        reason: "r",
      }));
      await rig.store.finish(finishOf(run, { lines, failedRecords }));
      expect((await rig.queries.logLines("run_1", { limit: 1_000 })).lines).to.deep.equal(lines);
      expect(await rig.queries.failedRecords("run_1", 2_000, 1_000)).to.deep.equal(
        failedRecords.slice(2_000),
      );
    });

    it("L2: a line whose JSON is longer than a chunk is cut, and the run ends as it did", async () => {
      const run = await rig.running();
      const lines: LogLine[] = [
        { ...line(1, 1), fields: { big: "🛰".repeat(30_000) } },
        line(2, 1, "\u0000".repeat(16_384)),
        { ...line(3, 1, "漢".repeat(16_384)), fields: { a: "x".repeat(12_000) } },
        line(4, 1, "after it"),
      ];
      expect(await rig.store.finish(finishOf(run, { lines }))).to.equal("done");
      const kept = (await rig.queries.logLines("run_1", { limit: 9 })).lines;
      expect(kept.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4]);
      expect(kept[0]!.text).to.equal("line 1");
      expect(kept[0]!.fields!["jobmount"]).to.match(/cut/);
      expect(kept[1]!.text).to.match(/^\u0000+… \(cut\)$/);
      expect(kept[2]!.text).to.equal(lines[2]!.text);
      expect(kept[3]).to.deep.equal(lines[3]);
    });

    it("durable values are overwritten, removed, kept apart by scope, and kept when the attempt failed", async () => {
      const run = await rig.running();
      const state = (scope: string, values: [string, unknown][]) => ({
        source: "default",
        jobKey: "job",
        scope,
        values: new Map(values),
      });
      await rig.store.finish(
        finishOf(run, {
          to: "retrying",
          reason: "error",
          availableAt: T0,
          state: state("", [
            ["a", 1],
            ["b", null],
            ["c", "x"],
            ["k".repeat(256), "long"],
          ]),
        }),
      );
      const [second] = await rig.claimAll();
      expect(second!.hasState).to.equal(true);
      await rig.store.finish(
        finishOf(second!, {
          state: state("", [
            ["a", { n: 2 }],
            ["c", undefined],
            ["k".repeat(256), undefined],
            ["unknown", undefined],
          ]),
        }),
      );
      await rig.store.insert([newRun({ id: "run_2" })]);
      const [other] = await rig.claimAll();
      await rig.store.finish(finishOf(other!, { state: state("sch_1", [["a", "of the schedule"]]) }));
      const own = await rig.store.jobState("default", "job", "");
      expect(own).to.deep.equal(
        new Map<string, unknown>([
          ["a", { n: 2 }],
          ["b", null],
        ]),
      );
      expect(await rig.store.jobState("default", "job", "sch_1")).to.deep.equal(
        new Map([["a", "of the schedule"]]),
      );
      expect(await rig.store.jobState("default", "other", "")).to.deep.equal(new Map());
    });
  });

  describe("telling", () => {
    const telling = (run: ClaimedRun, more: object = {}) => ({
      runId: run.id,
      attempt: run.attempt,
      records: { processed: 2, success: 1, failed: 1, skipped: 0 },
      progress: { percent: 10, message: "m" },
      log: { lines: 2, bytes: 12, droppedBytes: 1 },
      lines: [line(1, 1), line(2, 1)],
      failedRecords: [{ seq: 1, key: "k", reason: "r" }],
      ...more,
    });

    it("shows counts, progress, lines and refused records while the attempt runs", async () => {
      const run = await rig.running();
      await rig.store.tell(telling(run));
      await rig.store.tell(telling(run, { progress: null, lines: [line(3, 1)], failedRecords: [] }));
      expect(await rig.get("run_1")).to.deep.include({
        state: "running",
        records: { processed: 2, success: 1, failed: 1, skipped: 0 },
        log: { lines: 2, bytes: 12, droppedBytes: 1 },
      });
      expect((await rig.queries.logLines("run_1", { limit: 9 })).lines.map(({ seq }) => seq)).to.deep.equal([
        1, 2, 3,
      ]);
      expect(await rig.queries.failedRecords("run_1", 0, 9)).to.have.length(1);
    });

    it("A1: told again after a commit of unknown end, with more behind it, changes nothing that is there", async () => {
      const run = await rig.running();
      await rig.store.tell(telling(run));
      await rig.store.tell(
        telling(run, {
          lines: [line(1, 1), line(2, 1), line(3, 1)],
          failedRecords: [
            { seq: 1, key: "k", reason: "r" },
            { seq: 2, key: "l", reason: "r" },
          ],
        }),
      );
      expect((await rig.queries.logLines("run_1", { limit: 9 })).lines.map(({ seq }) => seq)).to.deep.equal([
        1, 2, 3,
      ]);
      expect(await rig.queries.failedRecords("run_1", 0, 9)).to.have.length(2);
      const answer = await rig.store.finish(finishOf(run, { lines: [line(1, 1), line(2, 1), line(3, 1)] }));
      expect(answer).to.equal("done");
    });

    it("X5: a telling that meets the attempt's own end in one commit costs nothing of either", async () => {
      await rig.store.insert(["run_1", "run_2"].map((id) => newRun({ id })));
      const [run, other] = await rig.claimAll();
      const limits = { logBytes: 1_000, failedRecords: 9 };
      const output = new Output(
        { runId: run!.id, attempt: run!.attempt, logFrom: 1, logBytes: 0, droppedBytes: 0 },
        limits,
      );
      const tellOne = (text: string) => {
        output.lines([{ time: T0, level: "info", stream: "log", text }]);
        output.records({ processed: 3, success: 1, failed: 2, skipped: 0 }, [{ key: text, reason: "no" }]);
      };
      tellOne("a");
      const told = output.take();
      tellOne("b");
      const { log, lines, failedRecords, retold, records } = output.takeLast(T0);
      for (let n = 0; n < 2; n++) {
        const answers = await Promise.all([
          rig.store.finish(finishOf(other!)),
          n === 0 ? rig.store.tell(told) : undefined,
          rig.store.finish(finishOf(run!, { log, lines, failedRecords, retold, records })),
        ]);
        expect(answers).to.deep.equal(["done", undefined, "done"]);
        const kept = await rig.queries.logLines("run_1", { limit: 9 });
        expect(kept.lines.map(({ seq, text }) => [seq, text])).to.deep.equal([
          [1, "a"],
          [2, "b"],
        ]);
        expect(await rig.queries.failedKeys("run_1")).to.deep.equal(["a", "b"]);
      }
    });

    it("X5: an end may bring what a telling has brought already, and more behind it", async () => {
      const run = await rig.running();
      const lines = Array.from({ length: 400 }, (_, i) => line(i + 1, 1, "x".repeat(900)));
      const failedRecords = Array.from({ length: 400 }, (_, i) => ({
        seq: i + 1,
        key: `k${i}`,
        reason: "r",
      }));
      await rig.store.tell(
        telling(run, { lines: lines.slice(0, 300), failedRecords: failedRecords.slice(0, 300) }),
      );
      await rig.store.finish(finishOf(run, { lines, failedRecords, retold: true }));
      expect((await rig.queries.logLines("run_1", { limit: 1_000 })).lines).to.deep.equal(lines);
      expect(await rig.queries.failedRecords("run_1", 0, 999)).to.deep.equal(failedRecords);
    });

    it("L2: 10 MiB of quotes, which become 40 in a statement, are stored like any other log", async function () {
      this.timeout(60_000);
      await rig.store.insert(["run_1", "run_2"].map((id) => newRun({ id })));
      const [run, other] = await rig.claimAll();
      const quotes = Array.from({ length: 640 }, (_, i) => line(i + 1, 1, '"'.repeat(16_384)));
      const both = [telling(run!, { lines: quotes }), telling(other!)];
      await Promise.all(both.map((one) => rig.store.tell(one)));
      expect(await rig.store.finish(finishOf(run!, { lines: quotes, retold: true }))).to.equal("done");
      const kept = await rig.queries.logLines("run_1", { limit: 1_000 });
      expect(kept.lines.map(({ text }) => text.length)).to.deep.equal(quotes.map(() => 16_384));
      expect((await rig.queries.logLines("run_2", { limit: 9 })).lines).to.have.length(2);
    });

    it("tells nothing for an attempt that is no longer the run's, or has ended", async () => {
      const run = await rig.running();
      await rig.store.tell(telling({ ...run, attempt: 2 }));
      await rig.store.finish(finishOf(run));
      const before = await rig.get("run_1");
      await rig.store.tell(telling(run));
      expect(await rig.get("run_1")).to.deep.equal(before);
      expect((await rig.queries.logLines("run_1", { limit: 9 })).lines).to.deep.equal([]);
      expect(await rig.queries.failedRecords("run_1", 0, 9)).to.deep.equal([]);
    });
  });
});
