import { expect } from "chai";
import { Growth } from "../../src/cli/small-heap.ts";

const MIB = 1024 * 1024;

/** What is decided at each look, 200 ms apart. */
function looks(growth: Growth, from: number, sizes: readonly number[]): boolean[] {
  return sizes.map((mib, at) => {
    growth.look(mib * MIB, from + at * 200);
    return growth.isLarge;
  });
}

describe("when the heap of the service is collected early", () => {
  it("not at rest, where its size goes up and down by a little", () => {
    expect(looks(new Growth(), 0, [40, 44, 50, 41, 51, 40])).to.not.include(true);
  });

  it("from the moment on that it holds much more than it did, for five seconds", () => {
    const growth = new Growth();
    expect(looks(growth, 0, [40, 48, 60, 70])).to.deep.equal([false, false, true, true]);
    expect(looks(growth, 5_000, [41])).to.deep.equal([true]);
    expect(looks(growth, 5_500, [42, 50])).to.deep.equal([false, false]);
  });

  it("again and again while output floods in", () => {
    const growth = new Growth();
    const flood = Array.from({ length: 300 }, (_, at) => 40 + ((at * 7) % 30));
    const early = looks(growth, 0, flood).filter(Boolean).length;
    expect(early).to.be.greaterThan(250);
  });

  it("no longer for what is still there after that: it is held for good", () => {
    const growth = new Growth();
    looks(growth, 0, [40, 80]);
    expect(looks(growth, 5_400, [78, 79, 80, 85, 78])).to.deep.equal([false, false, false, false, false]);
  });
});
