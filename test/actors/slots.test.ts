// How much a worker may claim, and whose turn it is.
import { expect } from "chai";
import { Slots } from "../../src/actors/slots.ts";
import type { ClaimedRun } from "../../src/runs/store.ts";

const claimed = (...sources: string[]) => sources.map((source) => ({ source }) as ClaimedRun);

describe("slots of a worker", () => {
  it("asks for nothing without a hint or without a free slot", () => {
    const slots = new Slots({ total: 1, perSource: null });
    expect(slots.request()).to.equal(undefined);
    slots.hint("a");
    expect(slots.request()).to.deep.equal({ slots: 1, sources: [{ name: "a", slots: 1 }] });
    slots.take({ claimed: claimed("a"), exhausted: [] });
    expect(slots.request()).to.equal(undefined);
  });

  it("S9: sources take turns and share what is free", () => {
    const slots = new Slots({ total: 4, perSource: null });
    slots.hint("a");
    slots.hint("b");
    const firsts = [1, 2, 3].map(() => slots.request()!.sources[0]!.name);
    expect(firsts).to.deep.equal(["a", "b", "a"]);
    expect(slots.request()!.sources.map((source) => source.slots)).to.deep.equal([2, 2]);
  });

  it("S9: no source takes more than its cap", () => {
    const slots = new Slots({ total: 4, perSource: 1 });
    slots.hint("a");
    slots.take({ claimed: claimed("a"), exhausted: [] });
    slots.hint("b");
    const caps = Object.fromEntries(slots.request()!.sources.map(({ name, slots: n }) => [name, n]));
    expect(caps).to.deep.equal({ a: 0, b: 1 });
  });

  it("a source that was found empty is not asked again, unless a hint came meanwhile", () => {
    const slots = new Slots({ total: 4, perSource: null });
    slots.hint("a");
    slots.request();
    slots.hint("a");
    slots.take({ claimed: [], exhausted: ["a"] });
    expect(slots.wants).to.equal(true);
    slots.request();
    slots.take({ claimed: [], exhausted: ["a"] });
    expect(slots.wants).to.equal(false);
  });

  it("keeps a slot for the run of the only hint there is, and for no other", () => {
    const slots = new Slots({ total: 2, perSource: 1 });
    expect(slots.reserve("a")).to.equal(undefined);
    slots.hint("a");
    expect(slots.reserve("b")).to.equal(undefined);
    const seat = slots.reserve("a")!;
    expect([slots.used, slots.free]).to.deep.equal([1, 1]);
    expect(slots.reserve("a"), "the cap of its source").to.equal(undefined);
    seat.end(true);
    expect([slots.used, slots.wants]).to.deep.equal([0, false]);
  });

  it("S9: keeps none where others may wait, and forgets no hint that came meanwhile", () => {
    const slots = new Slots({ total: 2, perSource: null });
    slots.hint("a");
    slots.hint("a");
    expect(slots.reserve("a"), "two may wait").to.equal(undefined);
    slots.request();
    slots.take({ claimed: [], exhausted: ["a"] });
    slots.hint("a");
    const seat = slots.reserve("a")!;
    slots.hint("a");
    seat.end(true);
    expect(slots.wants).to.equal(true);
    slots.request();
    slots.take({ claimed: [], exhausted: ["a"] });
    slots.hint("a");
    slots.reserve("a")!.end(false);
    expect(slots.wants, "it is queued now").to.equal(true);
  });

  it("an end frees its slot for whoever was hinted", () => {
    const slots = new Slots({ total: 1, perSource: null });
    slots.hint("a");
    slots.take({ claimed: claimed("a"), exhausted: [] });
    expect(slots.wants).to.equal(false);
    slots.release("a");
    expect(slots.wants).to.equal(true);
  });
});
