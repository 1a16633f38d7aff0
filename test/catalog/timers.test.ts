import { expect } from "chai";
import { Polls } from "../../src/catalog/timers.ts";
import { eventually } from "../support/eventually.ts";

describe("how often a folder is polled", () => {
  it("as often as asked while a look is short, less often when it takes long, and never less than the longest", async () => {
    const polls = new Polls();
    expect(polls.next(1_000, 10_000)).to.equal(1_000);
    const from = performance.now();
    await polls.measure(() => eventually(() => performance.now() - from > 100).then(() => undefined));
    expect(polls.next(1_000, 10_000)).to.be.within(2_500, 10_000);
    expect(polls.next(1_000, 2_000)).to.equal(2_000);
    expect(polls.next(20_000, 10_000), "what was asked for").to.equal(20_000);
  });

  it("R3: beside events a scan costs a hundredth of a core at most, and comes after 20 s at the latest", async () => {
    const polls = new Polls();
    expect(polls.nextBesideEvents(10_000)).to.equal(10_000);
    const from = performance.now();
    await polls.measure(() => eventually(() => performance.now() - from > 120).then(() => undefined));
    expect(polls.nextBesideEvents(10_000)).to.be.within(12_000, 20_000);
    expect(polls.nextBesideEvents(1_000)).to.equal(2_000);
  });
});
