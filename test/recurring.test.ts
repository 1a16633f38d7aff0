// A log that is full of one line hides all others.
import { expect } from "chai";
import { type Logger, silentLogger } from "../src/log.ts";
import { Recurring } from "../src/recurring.ts";

describe("a fault that comes back", () => {
  let now = 0;
  let said: [number, string, unknown][] = [];
  let faults: Recurring;
  beforeEach(() => {
    now = 0;
    said = [];
    const keep: Logger["warn"] = (fields, message) => said.push([now, message, fields["times"]]);
    faults = new Recurring({ ...silentLogger, warn: keep, info: keep }, () => now);
  });
  const failFor = (ms: number) => {
    for (const end = now + ms; now < end; now += 1_000) faults.say("warn", { error: "full" }, "it failed");
  };

  it("is said once, then each minute with how often it was", () => {
    failFor(130_000);
    expect(said).to.deep.equal([
      [0, "it failed", undefined],
      [60_000, "it failed", 60],
      [120_000, "it failed", 60],
    ]);
  });

  it("hides no other one, and is news again once it was over or quiet for a minute", () => {
    failFor(3_000);
    faults.say("warn", {}, "another failed");
    faults.over("it failed", "it works again");
    faults.over("it failed", "it works again");
    failFor(2_000);
    now += 61_000;
    failFor(1_000);
    expect(said.map(([, message, times]) => [message, times])).to.deep.equal([
      ["it failed", undefined],
      ["another failed", undefined],
      ["it works again", undefined],
      ["it failed", undefined],
      ["it failed", undefined],
    ]);
  });
});
