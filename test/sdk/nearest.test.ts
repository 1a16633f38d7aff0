import { expect } from "chai";
import { nearest } from "../../src/sdk/nearest.ts";

describe("did you mean", () => {
  const names = Array.from({ length: 500 }, (_, n) => `team-${n % 10}.job-${n}`);

  it("finds the name that is one slip away, also one with neighbours swapped at its end", () => {
    expect(nearest("bacthSize", ["limit", "batchSize"])).to.equal("batchSize");
    expect(nearest("batch_szie", ["limit", "batchSize"])).to.equal("batchSize");
    expect(nearest("batchSiez", ["batchSizes", "batchSize"])).to.equal("batchSize");
    expect(nearest("tema-9.job-499", names)).to.equal("team-9.job-499");
    expect(nearest("team-9.jbo-499", names)).to.equal("team-9.job-499");
    expect(nearest("xteam-9.job-499x", names)).to.equal("team-9.job-499");
  });

  it("prefers the nearest whatever comes before it, and answers nothing when none is near", () => {
    expect(nearest("import", ["imports-x", "exports", "imports"])).to.equal("imports");
    expect(nearest("import", ["export", "nothing"])).to.equal("export");
    expect(nearest("import", ["heartbeat", "link_check", ""])).to.equal(undefined);
  });
});
