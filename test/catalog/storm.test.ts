import { expect } from "chai";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { Storm } from "../support/storm.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

describe("a storm of edits", () => {
  it("R3: after it the catalog equals the folder, and jobs that nobody touched never changed", async function () {
    this.timeout(60_000);
    const describer = new ChildDescriber();
    describer.warm();
    const folder = await TaskFolder.make({ "calm/job.ts": jobText("Calm") });
    const storm = new Storm(folder.root, 25, (name, value = "", head = "") =>
      jobText(name, `return ${value};`, head),
    );
    const bench = await new CatalogBench(folder, describer).start();
    const calm = bench.hash("calm");
    bench.changes.length = 0;
    for (let edit = 0; edit < 300; edit++) {
      storm.edit();
      if (edit % 3 === 0) await new Promise((resolve) => setTimeout(resolve, storm.roll(25)));
    }
    await eventually(() => {
      for (const [key, { loadState, name }] of storm.held()) {
        expect(`${key} ${bench.state(key)}`).to.equal(`${key} ${loadState}`);
        if (name !== null) expect(bench.name(key)).to.equal(name);
      }
      return true;
    }, 20_000);
    expect(bench.hash("calm")).to.equal(calm);
    expect(bench.kinds("calm")).to.deep.equal([]);
    await bench.catalog.stop();
    await describer.close();
    await folder.remove();
  });
});
