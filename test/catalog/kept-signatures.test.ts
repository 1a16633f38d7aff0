import { readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expect } from "chai";
import type { CatalogOptions } from "../../src/catalog/catalog.ts";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

/** Which files a start reads is told by the file system itself: a file whose mtime lies ahead gets an atime at each reading. */
describe("R3: a start does not read again what it knows, and believes nothing that it should not", () => {
  const describer = new ChildDescriber();
  const TOMORROW = new Date(Date.now() + 86_400_000);
  const FILES = ["a/job.ts", "a/rows.ts", "b/job.ts"];
  let folder: TaskFolder;
  let store: MemoryCatalogStore;
  let kept: string;

  /** One life of a service over the folder: its start until all is settled, and its stop. */
  async function live(more: Partial<CatalogOptions> = {}, on = store): Promise<CatalogBench> {
    const signaturesDir = join(folder.base, "signatures");
    const bench = new CatalogBench(folder, describer, on, { signaturesDir, ...more });
    await bench.start();
    await bench.catalog.stop();
    return bench;
  }

  /** The files whose content was read meanwhile. */
  async function readBy(work: () => Promise<unknown>): Promise<string[]> {
    const before = await Promise.all(FILES.map(async (path) => (await stat(folder.path(path))).atimeMs));
    // The clock of the file system ticks every few milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await work();
    const after = await Promise.all(FILES.map(async (path) => (await stat(folder.path(path))).atimeMs));
    return FILES.filter((_, at) => before[at] !== after[at]);
  }

  /** Writes files as they lie after a while: signatures of what was written a moment ago are not kept. */
  async function written(files: Record<string, string>): Promise<void> {
    await folder.write(files);
    for (const path of Object.keys(files)) await utimes(folder.path(path), TOMORROW, TOMORROW);
    const writtenAt = Date.now();
    await eventually(() => Date.now() - writtenAt > 2_600);
  }

  before(async () => {
    describer.warm();
    folder = await TaskFolder.make();
    store = new MemoryCatalogStore();
    kept = join(folder.base, "signatures", "default.json");
    await written({
      "a/job.ts": jobText("A1", "return rows;", 'import { rows } from "./rows";'),
      "a/rows.ts": "export const rows = [1];",
      "b/job.ts": jobText("B1"),
    });
  });
  // Everything is known when a test begins.
  beforeEach(() => live());
  after(() => describer.close());
  after(() => folder.remove());

  it("an unchanged start reads no file; without kept signatures it reads them all", async () => {
    expect(await readBy(() => live())).to.deep.equal([]);
    expect(await readBy(() => live({ signaturesDir: null })), "the file system tells").to.deep.equal(FILES);
    expect((await stat(kept)).mode & 0o777).to.equal(0o600);
  });

  it("a file edited while nobody looked is loaded, with its size and its time of writing as before", async () => {
    const before = await stat(folder.path("a/rows.ts"));
    await written({ "a/rows.ts": "export const rows = [2];" });
    const { size, mtimeMs } = await stat(folder.path("a/rows.ts"));
    expect([size, mtimeMs]).to.deep.equal([before.size, before.mtimeMs]);
    let bench: CatalogBench | undefined;
    const read = await readBy(async () => (bench = await live()));
    expect(read).to.include("a/rows.ts").and.not.include("b/job.ts");
    expect(bench!.kinds("a")).to.deep.equal(["loaded"]);
  });

  it("a torn file, one of another format and none at all are the same: everything is read", async () => {
    const whole = await readFile(kept, "utf8");
    await truncate(kept, whole.length - 10);
    expect(await readBy(() => live()), "torn").to.deep.equal(FILES);
    expect(await readFile(kept, "utf8"), "written whole again").to.have.lengthOf(whole.length);
    await writeFile(kept, whole.replace("signatures 1", "signatures 0"));
    expect(await readBy(() => live()), "of another format").to.deep.equal(FILES);
    await writeFile(kept, "");
    expect(await readBy(() => live()), "empty").to.deep.equal(FILES);
    expect(await readBy(() => live()), "and known from then on").to.deep.equal([]);
  });

  it("signatures of a newer state are not believed by a database that was put back", async () => {
    await written({ "b/job.ts": jobText("B2") });
    const other = new MemoryCatalogStore();
    await live({}, other);
    const bench = await live();
    expect(bench.name("b")).to.equal("B2");
  });

  it("every file is read again in time, also when the service is started more often than that", async () => {
    const scanned = async (): Promise<void> => {
      const bench = new CatalogBench(folder, describer, store, {
        signaturesDir: join(folder.base, "signatures"),
      });
      await bench.start();
      await bench.catalog.rescan();
      await bench.catalog.stop();
    };
    expect(await readBy(scanned), "within the hour").to.deep.equal([]);
    const [, body = ""] = (await readFile(kept, "utf8")).split("\n");
    const older = body.replace(/"readAt":\d+/, `"readAt":${Date.now() - 3_700_000}`);
    await writeFile(
      kept,
      `jobmount signatures 1 ${createHash("sha256").update(older).digest("hex")}\n${older}`,
    );
    expect(await readBy(scanned), "an hour after the last time").to.deep.equal(FILES);
    expect(await readBy(scanned), "and not again").to.deep.equal([]);
  });

  it("a polled mount is read at every start, since its times may not tell", async () => {
    expect(await readBy(() => live({ watch: { mode: "poll", intervalMs: 200 } }))).to.deep.equal(FILES);
  });

  it("a file that was written a moment before it was read is read again", async () => {
    await folder.write({ "b/job.ts": jobText("B2") });
    await utimes(folder.path("b/job.ts"), TOMORROW, TOMORROW);
    await live();
    expect(await readBy(() => live())).to.deep.equal(["b/job.ts"]);
  });
});
