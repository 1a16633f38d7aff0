// What an attempt tells is numbered, capped and handed over once.
import { expect } from "chai";
import { Output, type UnnumberedLine } from "../../src/runs/output.ts";

const line = (text: string): UnnumberedLine => ({ time: 1, level: "info", stream: "log", text });
/** Four lines of 10 bytes each were told before it. */
const BEFORE = { logFrom: 5, logBytes: 40, droppedBytes: 3 };
const output = (room = 1_000, failedRecords = 2) =>
  new Output({ runId: "run_1", attempt: 2, ...BEFORE }, { logBytes: 4 * (10 + 64) + room, failedRecords });

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
    const told = output(64 + 8);
    told.lines([line("12345678"), line("too long"), line("x")]);
    const last = told.takeLast(7);
    expect(last.lines.map(({ text }) => text)[0]).to.equal("12345678");
    expect(last.lines.at(-1)!.text).to.equal(
      "[jobmount] 2 lines (9 bytes) were dropped here: a run keeps 368 bytes of log, its text and 64 bytes a line",
    );
    expect(last.log).to.deep.equal({ lines: 6, bytes: 48, droppedBytes: 3 + 9 });
  });

  it("L1: a line counts as its text in bytes, its fields, and 64 bytes; the cap is kept to the byte", () => {
    const told = output(2 * 64 + 2 + 10);
    expect(told.room).to.equal(140);
    told.lines([line("ü")]);
    expect(told.room).to.equal(74);
    told.lines([{ ...line(""), fields: { a: "bc" } }]);
    expect(told.room).to.equal(0);
    told.lines([line("")]);
    expect(told.takeLast(1).log).to.deep.equal({ lines: 7, bytes: 52, droppedBytes: 3 });
  });

  it("L1: what attempts before it have filled is filled: nothing of this one is kept but its mark", () => {
    const told = new Output(
      { runId: "run_1", attempt: 2, logFrom: 12, logBytes: 900, droppedBytes: 77 },
      { logBytes: 1_000, failedRecords: 1 },
    );
    expect(told.room).to.equal(0);
    told.lines([line("again")]);
    const { lines, log } = told.takeLast(1);
    expect(lines.map(({ seq, text }) => [seq, text.slice(0, 28)])).to.deep.equal([
      [12, "[jobmount] 1 lines (5 bytes)"],
    ]);
    expect(log).to.deep.equal({ lines: 12, bytes: 900, droppedBytes: 82 });
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

  it("X5: what is on its way when the attempt ends goes out with its end too; what has arrived does not", () => {
    const told = output(1_000, 9);
    const refuse = (key: string) =>
      told.records({ processed: 3, success: 0, failed: 3, skipped: 0 }, [{ key, reason: "no" }]);
    told.lines([line("arrived")]);
    refuse("1");
    told.arrived(told.take());
    told.lines([line("on its way"), line("too")]);
    refuse("2");
    const taken = told.take(1);
    refuse("3");
    const last = told.takeLast(7);
    expect(last.lines.map(({ seq, text }) => [seq, text])).to.deep.equal([
      [6, "on its way"],
      [7, "too"],
    ]);
    expect(last.failedRecords.map(({ seq, key }) => [seq, key])).to.deep.equal([
      [2, "2"],
      [3, "3"],
    ]);
    expect(last.retold).to.equal(true);
    told.putBack(taken);
    expect(told.dirty).to.equal(false);
  });

  it("hands over so many lines at a time, and so many bytes, and at least one", () => {
    const told = output(1_000_000, 9);
    told.lines(["a".repeat(600), "b".repeat(300), "c".repeat(200), "d", "e"].map(line));
    const taken: string[] = [];
    while (told.dirty) {
      const telling = told.take(2, 500);
      told.arrived(telling);
      taken.push(telling.lines.map(({ text }) => text[0]).join(""));
    }
    expect(taken).to.deep.equal(["a", "bc", "de"]);
  });
});
