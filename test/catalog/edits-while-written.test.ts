// A save that comes when a load has read everything, and its version is not published yet.
import { expect } from "chai";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import type { EntryUpdate } from "../../src/catalog/store.ts";
import type { CatalogEntry, JobVersion } from "../../src/catalog/version.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

/** Writes nothing while it is held, as a database that is busy. */
class HeldStore extends MemoryCatalogStore {
  asked = 0;
  private release: (() => void) | null = null;
  private held: Promise<void> | null = null;

  hold(): void {
    this.asked = 0;
    this.held = new Promise((resolve) => (this.release = resolve));
  }

  let(): void {
    this.release?.();
    this.held = null;
  }

  override async publish(update: EntryUpdate, own?: JobVersion): Promise<CatalogEntry> {
    this.asked++;
    await this.held;
    return super.publish(update, own);
  }
}

const text = (name: string, from: string): string =>
  jobText(name, "return x;", `import { x } from "${from}";`).replace(`"${name}"`, `"${name} " + x`);

describe("R3: a save while the version before it is being written", function () {
  this.timeout(30_000);
  const describer = new ChildDescriber();
  const store = new HeldStore();
  let bench: CatalogBench;
  let folder: TaskFolder;
  before(() => describer.warm());
  beforeEach(async () => {
    folder = await TaskFolder.make({
      "a/job.ts": text("A", "../_lib/one"),
      "_lib/one.ts": 'export const x = "1";',
      "_lib/two.ts": 'export const x = "1";',
      "_lib/three.ts": "export const x = ;",
    });
    // Events alone have to do.
    bench = new CatalogBench(folder, describer, store, { pace: { rescanMs: 60_000 } });
    await bench.start();
    await bench.serves("a", "A 1");
    await heard(() => folder.write({ "_lib/watched.ts": "" }));
  });
  afterEach(async () => {
    store.let();
    await bench.catalog.stop();
    await folder.remove();
  });
  after(() => describer.close());

  /** Until the watcher told of what was done. */
  async function heard(work: () => Promise<unknown>): Promise<void> {
    const before = bench.catalog.sources()[0]!.changedAt;
    await work();
    await eventually(() => bench.catalog.sources()[0]!.changedAt !== before, 10_000);
  }

  it("a helper outside the task's folder that this very version was the first to import", async () => {
    store.hold();
    await folder.write({ "a/job.ts": text("B", "../_lib/two") });
    await eventually(() => store.asked > 0, 10_000);
    await heard(() => folder.write({ "_lib/two.ts": 'export const x = "2";' }));
    store.let();
    await bench.serves("a", "B 2", 10_000);
    expect(bench.catalog.sources()[0]).to.include({ mode: "events", missedEvents: 0 });
  });

  it("one that was broken, while its error is being written", async () => {
    store.hold();
    await folder.write({ "a/job.ts": text("C", "../_lib/three") });
    await eventually(() => store.asked > 0, 10_000);
    await heard(() => folder.write({ "_lib/three.ts": 'export const x = "3";' }));
    store.let();
    await bench.serves("a", "C 3", 10_000);
  });
});
