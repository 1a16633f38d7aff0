// S13: code whose running time an author decides is stopped in time.
import { expect } from "chai";
import { STOPPED, withinTime } from "../src/time-limit.ts";

describe("withinTime", () => {
  it("answers what the function answers, undefined too", () => {
    expect(withinTime(30, () => 5)).to.equal(5);
    expect(withinTime(30, () => undefined)).to.equal(undefined);
  });

  it("throws what the function throws, the same object", () => {
    const error = new Error("mine");
    expect(() =>
      withinTime(30, () => {
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
    expect(performance.now() - started).to.be.within(55, 400);
    expect(withinTime(30, () => "still works")).to.equal("still works");
  });

  it("nests: the inner limit stops the inner one alone", () => {
    const outer = withinTime(500, () => [
      withinTime(10, () => /^(a+)+$/.test(`${"a".repeat(40)}!`)),
      "outer",
    ]);
    expect(outer).to.deep.equal([STOPPED, "outer"]);
  });
});
