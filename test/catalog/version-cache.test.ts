import { expect } from "chai";
import { access, chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { VersionCache } from "../../src/catalog/version-cache.ts";
import type { JobVersion } from "../../src/catalog/version.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { LoadBench } from "./load-support.ts";

describe("versions on disk", () => {
  const bench = new LoadBench();
  let folder: TaskFolder;
  let store: MemoryCatalogStore;
  const cacheOf = (depsDir: string | null = null): VersionCache =>
    new VersionCache({
      store,
      cacheDir: join(folder.base, "cache"),
      sources: new Map([["default", folder.root]]),
      depsDir,
    });
  const stored = async (key: string, more = {}): Promise<JobVersion> => {
    const version = await bench.good(folder, key, more);
    await store.saveVersion(version);
    return version;
  };
  const refusal = async (work: Promise<unknown>): Promise<{ code?: unknown; message?: string }> => {
    try {
      await work;
    } catch (error) {
      return error as { code?: unknown; message?: string };
    }
    return expect.fail("it was prepared");
  };
  beforeEach(async () => {
    folder = await TaskFolder.make({
      "a/job.ts": jobText("A", "return native;", 'import native from "native";\nvoid native;'),
      "a/node_modules/native/package.json": '{ "name": "native", "version": "2.0.0", "gypfile": true }',
      "a/node_modules/native/index.js": "module.exports = {};",
      "b/job.ts": jobText("B", "return undici;", 'import undici from "undici";'),
      "c/job.ts": jobText("C").replace('name: "C"', 'name: "C", files: ["**/*.csv"]'),
      "c/x.csv": "1",
      "c/deep/y.csv": "2",
    });
    store = new MemoryCatalogStore();
  });
  afterEach(() => folder.remove());
  after(() => bench.describer.close());

  it("tell where the packages outside the bundle are, for the task and for the service", async () => {
    const [a, b] = [await stored("a"), await stored("b")];
    expect((await cacheOf().prepare(a.hash)).resolveFrom).to.deep.equal([folder.path("a")]);
    const [service] = (await cacheOf().prepare(b.hash)).resolveFrom;
    await access(join(service ?? "", "node_modules/undici/package.json"));
  });

  it("a version whose packages are not here any more is refused by name, and runs again when they are back", async () => {
    const a = await stored("a");
    const cache = cacheOf();
    await cache.prepare(a.hash);
    await folder.remove("a/node_modules");
    const refused = await refusal(cache.prepare(a.hash));
    expect(refused.code).to.equal("needs");
    expect(refused.message).to.contain("the package native is not installed where default:a runs");
    await folder.write({ "node_modules/native/index.js": "" });
    await cache.prepare(a.hash);
    await folder.remove("");
    expect((await refusal(cache.prepare(a.hash))).code).to.equal("needs");
  });

  it("are written once, whole, and files cannot be written over", async () => {
    const c = await stored("c");
    const all = await Promise.all(Array.from({ length: 5 }, () => cacheOf().prepare(c.hash)));
    expect(new Set(all.map((prepared) => prepared.filesDir)).size).to.equal(1);
    expect(await readdir(join(folder.base, "cache"))).to.deep.equal([c.hash]);
    expect((await readdir(all[0]!.filesDir)).sort()).to.deep.equal(["deep", "x.csv"]);
    expect((await stat(join(all[0]!.filesDir, "x.csv"))).mode & 0o222).to.equal(0);
    expect((await stat(all[0]!.bundlePath)).mode & 0o222).to.equal(0);
  });

  it("are made again when the folder was cleared, also while the service runs", async () => {
    const c = await stored("c");
    const cache = cacheOf();
    const { bundlePath } = await cache.prepare(c.hash);
    await rm(join(folder.base, "cache"), { recursive: true });
    await cache.prepare(c.hash);
    await access(bundlePath);
  });

  it("go when their version is not stored any more, but for the copy of a moment ago and what is not theirs", async () => {
    const [b, c] = [await stored("b"), await stored("c")];
    const cache = cacheOf();
    for (const { hash } of [b, c]) await cache.prepare(hash);
    const place = (name: string) => join(folder.base, "cache", name);
    const half = `${"a".repeat(64)}.new-Ab12Cd`;
    await mkdir(place(half));
    await mkdir(place("notes"));
    const onlyC = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set([c.hash]));
    expect(await cache.tidy(onlyC), "all are of a moment ago").to.equal(0);
    const later = new VersionCache({
      store,
      cacheDir: join(folder.base, "cache"),
      sources: new Map(),
      now: () => Date.now() + 2 * 3_600_000,
    });
    expect(await later.tidy(onlyC)).to.equal(2);
    expect((await readdir(join(folder.base, "cache"))).sort()).to.deep.equal([c.hash, "notes"].sort());
    expect((await cache.prepare(b.hash)).hash, "it is made again when it is asked for").to.equal(b.hash);
  });

  it("a cache folder that cannot be written is an error of that run, and nothing half is left", async () => {
    const c = await stored("c");
    await writeFile(join(folder.base, "cache"), "a file in its place");
    await refusal(cacheOf().prepare(c.hash));
    await rm(join(folder.base, "cache"));
    await mkdir(join(folder.base, "cache"));
    await chmod(join(folder.base, "cache"), 0o755);
    await cacheOf().prepare(c.hash);
  });
});
