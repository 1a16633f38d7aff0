// S13: code whose running time an author decides is stopped in time.
import { expect } from "chai";
import { STOPPED, withinTime } from "../src/time-limit.ts";

describe("withinTime", () => {
  it("answers what the function answers, undefined too", () => {
    expect(withinTime(2_000, () => 5)).to.equal(5);
    expect(withinTime(2_000, () => undefined)).to.equal(undefined);
  });

  it("throws what the function throws, the same object", () => {
    const error = new Error("mine");
    expect(() =>
      withinTime(2_000, () => {
        throw error;
      }),
    ).to.throw(error);
  });

  it("S13: stops a pattern that would block for hours, and an endless loop", () => {
    const started = performance.now();
    expect(withinTime(30, () => /^(a+)+$/.test(`${"a".repeat(40)}!`))).to.equal(STOPPED);
    expect(
      withinTime(30, () => {
        for (;;);
      }),
    ).to.equal(STOPPED);
    // Twice 30 ms; more than three times that only where the processor was somebody else's.
    expect(performance.now() - started).to.be.within(55, 2_000);
    expect(withinTime(2_000, () => "still works")).to.equal("still works");
  });

  it("S13: what had no processor in its time is called again, instead of being told as slow", () => {
    const memory = new Int32Array(new SharedArrayBuffer(4));
    let calls = 0;
    const answer = withinTime(30, () => {
      calls++;
      // Asleep without using any: as a process is while others have the processor.
      if (calls === 1) Atomics.wait(memory, 0, 0, 80);
      return "fine";
    });
    expect([answer, calls]).to.deep.equal(["fine", 2]);
  });

  it("nests: the inner limit stops the inner one alone", () => {
    const outer = withinTime(5_000, () => [
      withinTime(10, () => /^(a+)+$/.test(`${"a".repeat(40)}!`)),
      "outer",
    ]);
    expect(outer).to.deep.equal([STOPPED, "outer"]);
  });
});
