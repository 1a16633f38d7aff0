import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { Turns } from "../../src/catalog/turns.ts";

describe("turns", () => {
  it("what takes long gives its turn on, but not more than so many at a time", async () => {
    const turns = new Turns(2, 5, 2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3, 4].map((n) =>
      turns.run(async () => {
        begun.push(n);
        await new Promise<void>((resolve) => (ends[n] = resolve));
      }),
    );
    await eventually(() => begun.length === 4);
    // Two are long beside those that have the turns, and those are long by now as well.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    ends[1]!();
    await eventually(() => begun.length === 5);
    for (const n of [0, 2, 3, 4]) ends[n]!();
    await Promise.all(all);
    const after: number[] = [];
    const work = (n: number) => async () => void after.push(n);
    await Promise.all([turns.run(work(5)), turns.run(work(6)), turns.run(work(7))]);
    expect(after).to.deep.equal([5, 6, 7]);
  });

  it("so many at a time, the others in the order in which they asked, whatever becomes of those before", async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (n: number) => async (): Promise<number> => {
      begun.push(n);
      await new Promise<void>((resolve) => (ends[n] = resolve));
      if (n === 0) throw new Error("its own");
      return n;
    };
    const failed = turns.run(work(0)).catch((error: Error) => error.message);
    const others = [1, 2, 3].map((n) => turns.run(work(n)));
    const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await tick();
    expect(begun).to.deep.equal([0, 1]);
    ends[0]!();
    expect(await failed).to.equal("its own");
    await tick();
    expect(begun).to.deep.equal([0, 1, 2]);
    const late = turns.run(work(4));
    ends[1]!();
    await tick();
    expect(begun, "who asked later comes later").to.deep.equal([0, 1, 2, 3]);
    ends[2]!();
    ends[3]!();
    await tick();
    ends[4]!();
    expect(await Promise.all([...others, late])).to.deep.equal([1, 2, 3, 4]);
  });
});
