// Two processes on one folder and one store: whoever publishes next publishes what the folder holds, and nobody else does.
import { expect } from "chai";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import type { CatalogOptions } from "../../src/catalog/catalog.ts";
import { follow } from "../../src/catalog/follow.ts";
import type { FollowedEntry } from "../../src/catalog/store.ts";
import type { Task } from "../../src/catalog/task.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

/** Answers every row each time, as a row that another process has just written is answered. */
class SharedStore extends MemoryCatalogStore {
  override async changedSince(since: number): Promise<{ entries: []; through: number }> {
    const entries: FollowedEntry[] = (await this.loadEntries()).map(({ inputs: _, ...entry }) => entry);
    return { entries: entries as [], through: since };
  }
}

describe("two processes that have a source", function () {
  this.timeout(30_000);
  const describer = new ChildDescriber();
  before(() => describer.warm());
  after(() => describer.close());
  let folder: TaskFolder;
  let store: SharedStore;
  let publisher: "one" | "two";
  let benches: CatalogBench[];
  beforeEach(async () => {
    folder = await TaskFolder.make();
    store = new SharedStore();
    publisher = "one";
    benches = [];
  });
  afterEach(async () => {
    for (const bench of benches) await bench.catalog.stop();
    await folder.remove();
  });

  async function start(name: "one" | "two", more: Partial<CatalogOptions> = {}): Promise<CatalogBench> {
    const mayPublish = (): boolean => publisher === name;
    const bench = new CatalogBench(folder, describer, store, { mayPublish, ...more });
    benches.push(bench);
    return bench.start();
  }

  function takesOver(bench: CatalogBench): void {
    publisher = "two";
    bench.catalog.gained("default");
  }

  it("what was published before this process knew of it is not told as published by another one", async () => {
    await folder.write({ "a/job.ts": jobText("v1") });
    await start("one");
    const entries = (await store.changedSince(0)).entries as readonly FollowedEntry[];
    const tasks = new Map<string, Task>();
    const whys = (followed: readonly FollowedEntry[]) =>
      follow(tasks, followed, 1, 1).map((change) => change.kind === "served" && change.why);
    expect(whys(entries)).to.deep.equal(["stored"]);
    const next = { ...entries[0]!, currentVersion: "other", newestVersion: "other" };
    expect(whys([next])).to.deep.equal(["elsewhere"]);
  });

  for (const follows of [true, false]) {
    const when = follows ? "that it had followed" : "that it had not heard of";
    it(`R3: the next publisher sees that the folder went back from a version ${when}`, async () => {
      await folder.write({ "a/job.ts": jobText("v1") });
      const one = await start("one");
      const two = await start("two");
      await folder.write({ "a/job.ts": jobText("v2") });
      await one.serves("a", "v2");
      if (follows) await two.catalog.follow();
      await one.catalog.stop();
      await folder.write({ "a/job.ts": jobText("v1") });
      takesOver(two);
      await two.serves("a", "v1");
      await eventually(async () => (await store.loadEntries())[0]!.spec!.name === "v1");
    });
  }

  it("R3: the next publisher clears an error that the last one published", async () => {
    await folder.write({ "a/job.ts": jobText("v1") });
    const one = await start("one");
    const two = await start("two");
    await folder.write({ "a/job.ts": "export class Job {" });
    await one.becomes("a", "stale");
    await two.catalog.follow();
    await one.catalog.stop();
    await folder.write({ "a/job.ts": jobText("v1") });
    takesOver(two);
    await two.serves("a", "v1");
  });

  it("whoever lost the source while it loaded publishes nothing of that load", async () => {
    await folder.write({ "a/job.ts": jobText("v1") });
    let stands = false;
    let loads = 0;
    const one = await start("one", {
      describer: {
        describe: async (bundle, limits) => {
          const description = await describer.describe(bundle, limits);
          if (stands) publisher = "two";
          loads++;
          return description;
        },
      },
    });
    expect(loads).to.equal(1);
    stands = true;
    await folder.write({ "a/job.ts": jobText("v2") });
    await eventually(() => loads === 2);
    await one.catalog.whenSettled();
    expect((await store.loadEntries())[0]!.spec!.name).to.equal("v1");
  });
});
