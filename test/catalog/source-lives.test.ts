import { expect } from "chai";
import { nextLife, type SourceLife, standingOf } from "../../src/catalog/source-lives.ts";

const LEASE = 30_000;
const life = (more: Partial<SourceLife> = {}): SourceLife => ({
  name: "acme",
  seenAt: 1_000,
  availableAt: 1_000,
  writer: "a",
  writerUntil: 31_000,
  ...more,
});
const say = (before: SourceLife | undefined, replica: string, available: boolean, now: number): SourceLife =>
  nextLife(before, { name: "acme", available }, replica, now, LEASE);

describe("who publishes a source", () => {
  it("the first that sees its folder, for as long as it says so", () => {
    expect(say(undefined, "a", false, 500)).to.deep.equal(
      life({ seenAt: 500, availableAt: null, writer: null, writerUntil: 0 }),
    );
    const taken = say(undefined, "a", true, 1_000);
    expect(taken).to.deep.equal(life());
    expect(say(taken, "a", true, 6_000)).to.deep.equal(
      life({ seenAt: 6_000, availableAt: 6_000, writerUntil: 36_000 }),
    );
  });

  it("nobody else while it speaks; whoever sees the folder once it was silent for a lease", () => {
    expect(say(life(), "b", true, 30_999)).to.deep.include({ writer: "a", writerUntil: 31_000 });
    expect(say(life(), "b", true, 31_001)).to.deep.include({ writer: "b", writerUntil: 61_001 });
    expect(say(life(), "b", false, 90_000), "an empty mount publishes nothing").to.deep.include({
      writer: "a",
    });
  });

  it("whoever loses the folder gives it up at once", () => {
    const given = say(life(), "a", false, 2_000);
    expect(given).to.deep.include({ writer: null, availableAt: 1_000, seenAt: 2_000 });
    expect(say(given, "b", true, 2_001)).to.deep.include({ writer: "b" });
  });

  it("a clock that is behind takes nothing back", () => {
    expect(say(life({ seenAt: 9_000, availableAt: 9_000 }), "a", true, 8_000)).to.deep.include({
      seenAt: 9_000,
      availableAt: 9_000,
    });
  });
});

describe("how a source stands", () => {
  for (const [what, row, now, expected] of [
    ["seen and available a moment ago", life(), 2_000, { state: "served" }],
    ["available just within the silence", life({ seenAt: 31_000 }), 31_000, { state: "served" }],
    ["its folder away for longer", life({ seenAt: 40_000 }), 40_000, { state: "unavailable", since: 1_000 }],
    ["its folder never seen", life({ seenAt: 5, availableAt: null }), 10, { state: "unavailable", since: 5 }],
    ["nobody has it any more", life(), 31_001, { state: "orphaned", since: 1_000 }],
  ] as const) {
    it(`${what}: ${expected.state}`, () => {
      expect(standingOf(row, now, LEASE)).to.deep.equal(expected);
    });
  }
});
