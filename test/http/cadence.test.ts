import { expect } from "chai";
import { medianGap, overlapWarning, quantile, smallestGap } from "../../src/http/cadence.ts";

describe("how often a job runs, in words", () => {
  const words = (durations: number[], gap: number) => overlapWarning(durations, gap)[0]?.message;

  it("speaks of as many runs as there were, and of shares only where there are enough", () => {
    expect(words([850], 1_000)).to.equal(
      "the one run that succeeded took 850 ms, which is 85 % of the 1000 ms between two fires: a slow run will meet the next fire",
    );
    expect(words([10, 20, 30, 40, 50, 850], 1_000)).to.match(
      /^the longest of the 6 runs that succeeded took 850 ms, which is 85 % of the 1000 ms/,
    );
    expect(words([...Array<number>(18).fill(10), 850], 1_000)).to.match(
      /^the longest of the 19 runs that succeeded took 850 ms/,
    );
    expect(words([...Array<number>(18).fill(10), 850, 990], 1_000)).to.match(
      /^95 % of the 20 runs that succeeded took at most 850 ms, which is 85 %/,
    );
    expect(words([1_200], 1_000)).to.match(/120 % .*: fires meet a run that is still going on$/);
  });

  it("warns from 0.8 of the shortest gap on, and never without runs or without two fires", () => {
    expect(words([799], 1_000)).to.equal(undefined);
    expect(words([800], 1_000)).to.be.a("string");
    expect(overlapWarning([], 1_000)).to.deep.equal([]);
    expect(overlapWarning([5_000], null)).to.deep.equal([]);
  });

  it("gaps and ranks of nothing are null", () => {
    expect([smallestGap([1]), medianGap([]), quantile([], 0.5)]).to.deep.equal([null, null, null]);
    expect([smallestGap([0, 10, 15]), medianGap([0, 10, 15])]).to.deep.equal([5, 5]);
  });
});
