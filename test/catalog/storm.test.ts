import { expect } from "chai";
import { rename } from "node:fs/promises";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

/** Always the same "random" numbers. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

describe("a storm of edits", () => {
  it("R3: after it the catalog equals the folder, and jobs that nobody touched never changed", async function () {
    this.timeout(60_000);
    const describer = new ChildDescriber();
    describer.warm();
    const count = 25;
    const folder = await TaskFolder.make({ "calm/job.ts": jobText("Calm") });
    for (let i = 0; i < count; i++) await folder.write({ [`j${i}/job.ts`]: jobText(`J${i}`) });
    const bench = await new CatalogBench(folder, describer).start();
    const calm = bench.hash("calm");
    bench.changes.length = 0;
    const roll = dice(7);
    const expected = new Map<string, string | null>(
      Array.from({ length: count }, (_, i) => [`j${i}`, `J${i}`]),
    );
    const gone = new Set<string>();
    for (let edit = 0; edit < 300; edit++) {
      const key = `j${roll(count)}`;
      const what = roll(10);
      if (gone.has(key)) {
        await rename(folder.path(`_${key}`), folder.path(key));
        gone.delete(key);
      } else if (what === 0) {
        await rename(folder.path(key), folder.path(`_${key}`));
        gone.add(key);
      } else if (what === 1) {
        await folder.write({ [`${key}/job.ts`]: `broken( ${edit}` });
        expected.set(key, null);
      } else if (what === 2) {
        await folder.write({ [`${key}/helper.ts`]: `export const edit = ${edit};` });
        const text = jobText(`${key} ${edit}`, "return edit;", 'import { edit } from "./helper";');
        await folder.write({ [`${key}/job.ts`]: text });
        expected.set(key, `${key} ${edit}`);
      } else {
        await folder.write({ [`${key}/.new`]: jobText(`${key} ${edit}`) });
        await rename(folder.path(`${key}/.new`), folder.path(`${key}/job.ts`));
        expected.set(key, `${key} ${edit}`);
      }
      if (edit % 3 === 0) await new Promise((resolve) => setTimeout(resolve, roll(25)));
    }
    await eventually(() => {
      for (const [key, name] of expected) {
        const wanted = gone.has(key) ? "missing" : name === null ? "stale" : "ready";
        expect(`${key} ${bench.state(key)}`).to.equal(`${key} ${wanted}`);
        if (wanted === "ready") expect(bench.name(key)).to.equal(name);
      }
      return true;
    }, 5_000);
    expect(bench.hash("calm")).to.equal(calm);
    expect(bench.kinds("calm")).to.deep.equal([]);
    await bench.catalog.stop();
    await describer.close();
    await folder.remove();
  });
});
