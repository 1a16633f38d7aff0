// What an attempt tells is numbered, capped and handed over once.
import { expect } from "chai";
import { Output, type UnnumberedLine } from "../../src/runs/output.ts";

const line = (text: string): UnnumberedLine => ({ time: 1, level: "info", stream: "log", text });
const output = (logBytes = 100, failedRecords = 2) =>
  new Output({ runId: "run_1", attempt: 2, logFrom: 5 }, { logBytes, failedRecords });

describe("output of an attempt", () => {
  it("numbers lines on from the attempts before and hands each over once", () => {
    const told = output();
    told.lines([line("a"), line("b")]);
    expect(told.take().lines.map(({ seq, attempt, text }) => [seq, attempt, text])).to.deep.equal([
      [5, 2, "a"],
      [6, 2, "b"],
    ]);
    expect(told.take().lines).to.deep.equal([]);
    expect(told.dirty).to.equal(false);
  });

  it("L1: beyond the cap nothing is kept, and a mark says how much was dropped", () => {
    const told = output(10);
    told.lines([line("12345678"), line("too long"), line("x")]);
    const last = told.takeLast(7);
    expect(last.lines.map(({ text }) => text)[0]).to.equal("12345678");
    expect(last.lines.at(-1)!.text).to.match(/2 lines \(9 bytes\) were dropped/);
    expect(last.log).to.deep.equal({ lines: 6, bytes: 8, droppedBytes: 9 });
  });

  it("keeps refused records up to the cap and counts all", () => {
    const told = output();
    const counts = { processed: 3, success: 0, failed: 3, skipped: 0 };
    told.records(
      counts,
      [1, 2, 3].map((n) => ({ key: String(n), reason: "no" })),
    );
    expect(told.take().failedRecords.map(({ seq, key }) => [seq, key])).to.deep.equal([
      [1, "1"],
      [2, "2"],
    ]);
    expect(told.counts.failed).to.equal(3);
  });

  it("what could not be written goes out with the next, in order", () => {
    const told = output();
    told.lines([line("a")]);
    const taken = told.take();
    told.lines([line("b")]);
    told.putBack(taken);
    expect(told.take().lines.map(({ text }) => text)).to.deep.equal(["a", "b"]);
  });
});
