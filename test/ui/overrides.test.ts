// What is set above a job's own rules, and the patch that comes of it.
import { expect } from "chai";
import { overrideAt, overridesOf, overridesPatch } from "../../ui/src/screens/job/overrides.ts";

const retries = { attempts: 3, backoffMs: 30_000, factor: 2, maxMs: 3_600_000 };
const opened = overridesOf({ overrides: { timeoutMs: 600_000, retries }, notes: "slow on Mondays" });

describe("the rules of a job above what it declares", () => {
  it("open as they are set, empty where the code holds, and patch nothing by that", () => {
    expect(opened).to.deep.equal({
      timeout: "10m",
      attempts: "3",
      backoff: "30s",
      factor: "2",
      longest: "1h",
      overlap: "",
      concurrency: "",
      maxFailedShare: "",
      notes: "slow on Mondays",
    });
    expect(overridesPatch(opened, { ...opened })).to.deep.equal({});
  });

  it("patch what has changed, and null for what is taken back", () => {
    expect(
      overridesPatch(opened, { ...opened, timeout: "", concurrency: "2", maxFailedShare: "0.1", notes: " " }),
    ).to.deep.equal({ timeout: null, concurrency: 2, maxFailedShare: 0.1, notes: null });
    expect(overridesPatch(opened, { ...opened, attempts: "5" })).to.deep.equal({
      retries: { attempts: 5, backoff: "30s", factor: 2, max: "1h" },
    });
    expect(overridesPatch(opened, { ...opened, attempts: "" })).to.deep.equal({ retries: null });
  });

  it("send what is no number as typed, and find the place of what is wrong", () => {
    expect(overridesPatch(opened, { ...opened, concurrency: "two" })).to.deep.equal({ concurrency: "two" });
    expect([overrideAt("/retries/backoffMs"), overrideAt("/enabled")]).to.deep.equal(["backoff", undefined]);
  });
});
