// A task directory that does not stop changing: it is said, nothing else waits for it, and it clears by itself.
import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "../../src/log.ts";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import type { Describer } from "../../src/catalog/describe.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

const job = (name: string) => `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "${name}", files: ["*.txt"] }) { execute() {} }
`;

describe("a task directory that does not stop changing", function () {
  this.timeout(60_000);
  const describer = new ChildDescriber();
  let folder: TaskFolder;
  let bench: CatalogBench;
  let writing: NodeJS.Timeout | undefined;
  const warned: string[] = [];
  before(() => describer.warm());
  after(() => describer.close());
  afterEach(async () => {
    clearInterval(writing);
    warned.length = 0;
    await bench.catalog.stop();
    await folder.remove();
  });

  async function start(over: { describer?: Describer } = {}): Promise<void> {
    folder = await TaskFolder.make({ "a/job.ts": job("one"), "a/words.txt": "0", "b/job.ts": job("other") });
    bench = new CatalogBench(folder, describer, new MemoryCatalogStore(), {
      pace: { unsettledMs: 400 },
      log: { ...silentLogger, warn: (_fields, message) => void warned.push(message) },
      ...over,
    });
    await bench.start();
  }

  function write(path: string, text: (n: number) => string): void {
    let n = 0;
    writing = setInterval(() => writeFileSync(join(folder.root, path), text(++n)), 1);
  }

  it("R1: what cannot be read as it is at one moment is a load error of that job alone; it clears when it is still", async () => {
    await start();
    await bench.serves("a", "one");
    bench.kinds("a");
    write("a/words.txt", (n) => String(n).padStart(20_000, "x"));
    await folder.write({ "a/job.ts": job("two") });
    await bench.becomes("a", "stale", 30_000);
    const [failed] = bench.catalog.loadErrors();
    expect(failed!.error).to.deep.include({ code: "E112", file: "a/words.txt", hash: null });
    expect(failed!.error.message).to.include("does not stop changing");
    expect(bench.name("a")).to.equal("one");
    expect(bench.state("b")).to.equal("ready");
    clearInterval(writing);
    await bench.serves("a", "two", 20_000);
    expect(bench.catalog.loadErrors()).to.deep.equal([]);
    expect(bench.kinds("a").filter((kind) => kind === "failed")).to.have.length(1);
  });

  it("R1: an error in a folder that is never quiet is told too, not when it is still", async () => {
    await start();
    await bench.serves("a", "one");
    write("a/job.ts", (n) => `// ${n}\nimport { defineJob from`);
    await bench.becomes("a", "stale", 30_000);
    clearInterval(writing);
    await folder.write({ "a/job.ts": job("mended") });
    await bench.serves("a", "mended", 20_000);
  });

  it("one whose states load all the same is said once in the log", async () => {
    let n = 0;
    let busy = false;
    await start({
      describer: {
        describe: async (bundle, limits) => {
          if (busy) await folder.write({ "a/job.ts": job(`state ${++n}`) });
          return describer.describe(bundle, limits);
        },
      },
    });
    busy = true;
    await folder.write({ "a/job.ts": job("state 0") });
    await eventually(() => warned.length > 0, 30_000);
    expect(warned).to.deep.equal([
      "its folder does not stop changing; what it holds at one moment is loaded again and again",
    ]);
    expect(bench.state("a")).to.equal("ready");
    busy = false;
    await eventually(() => bench.name("a") === `state ${n}`, 20_000);
  });
});
