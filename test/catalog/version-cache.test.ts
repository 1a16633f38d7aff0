import { expect } from "chai";
import {
  access,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { replaceFolder } from "../../src/catalog/bundle-files.ts";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { VersionCache } from "../../src/catalog/version-cache.ts";
import { sealOf } from "../../src/sandbox/sealed.ts";
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

  it("a copy that is replaced stays until the new one is whole: children import it meanwhile", async () => {
    const c = await stored("c");
    const place = dirname((await cacheOf().prepare(c.hash)).bundlePath);
    const old = (await stat(place)).ino;
    const found: number[] = [];
    class Watched extends Map<string, string> {
      override *[Symbol.iterator](): Generator<[string, string], undefined> {
        for (const entry of super.entries()) {
          found.push(statSync(place, { throwIfNoEntry: false })?.ino ?? -1);
          yield entry;
        }
        return undefined;
      }
    }
    await replaceFolder(place, new Watched(Object.entries({ "job.mjs": "new", "job.mjs.map": "{}" })));
    expect(found).to.deep.equal([old, old]);
    expect(await readFile(join(place, "job.mjs"), "utf8")).to.equal("new");
  });

  it("a version whose packages are not here any more is refused by name, and runs again when they are back", async () => {
    const a = await stored("a");
    const cache = cacheOf();
    await cache.prepare(a.hash);
    await folder.remove("a/node_modules");
    const refused = await refusal(cache.prepare(a.hash));
    expect(refused.code).to.equal("needs");
    expect(refused.message).to.contain("the package native is not installed where default:a runs");
    await folder.write({ "node_modules/native/package.json": '{ "version": "2.0.0" }' });
    await cache.prepare(a.hash);
    await folder.remove("");
    expect((await refusal(cache.prepare(a.hash))).code).to.equal("needs");
  });

  it("R2: a version runs with the very packages that it was built with, or not at all", async () => {
    const a = await stored("a");
    const cache = cacheOf();
    await cache.prepare(a.hash);
    const path = "a/node_modules/native/package.json";
    const manifest = JSON.parse(await readFile(folder.path(path), "utf8")) as { version: string };
    await folder.write({ [path]: JSON.stringify({ ...manifest, version: "9.9.9" }) });
    const refused = await refusal(cache.prepare(a.hash));
    expect(refused.code).to.equal("needs");
    expect(refused.message).to.contain(
      `the package native is 9.9.9, and not the ${manifest.version} of this version, where default:a runs`,
    );
    await folder.write({ [path]: JSON.stringify(manifest) });
    await cache.prepare(a.hash);
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

  for (const [what, path] of [
    ["what it is", "version.json"],
    ["its bundle", "job.mjs"],
    ["its data", "files/x.csv"],
  ] as const) {
    it(`are made again when a loss of power left half of ${what}`, async () => {
      const c = await stored("c");
      const { bundlePath } = await cacheOf().prepare(c.hash);
      const file = join(dirname(bundlePath), path);
      const whole = await readFile(file);
      await chmod(file, 0o644);
      await truncate(file, 0);
      const prepared = await cacheOf().prepare(c.hash);
      expect(prepared.spec.name).to.equal("C");
      expect(await readFile(file)).to.deep.equal(whole);
    });
  }

  it("are not used when their bytes are others, while the database that knows them is away", async () => {
    const c = await stored("c");
    const { filesDir } = await cacheOf().prepare(c.hash);
    const load = store.loadVersion.bind(store);
    store.loadVersion = () => Promise.reject(new Error("the database is away"));
    try {
      expect((await cacheOf().prepare(c.hash)).spec.name, "a whole copy has to do").to.equal("C");
      const csv = join(filesDir, "x.csv");
      await chmod(csv, 0o644);
      // As a loss of power leaves it: as long as it was, and empty.
      await writeFile(csv, "\0");
      let refused: unknown;
      await cacheOf()
        .prepare(c.hash)
        .catch((error: unknown) => (refused = error));
      expect(String(refused)).to.contain("the database is away");
    } finally {
      store.loadVersion = load;
    }
  });

  for (const when of ["while the service runs", "before it was started again"]) {
    it(`R2: are what the version is, whatever a job wrote over them ${when}`, async () => {
      const c = await stored("c");
      const cache = cacheOf();
      const { filesDir, bundlePath } = await cache.prepare(c.hash);
      const csv = join(filesDir, "x.csv");
      const bundle = await readFile(bundlePath, "utf8");
      const deeds: (() => Promise<unknown>)[] = [
        // As the owner, a new file in the place of the old one; as root, into the old one.
        () => writeFile(`${csv}.new`, "2").then(() => rename(`${csv}.new`, csv)),
        () => chmod(csv, 0o644).then(() => writeFile(csv, "2")),
        () => chmod(bundlePath, 0o644).then(() => writeFile(bundlePath, "export class Job {}")),
        () => writeFile(join(filesDir, "deep", "z.csv"), "3"),
        () => rm(join(filesDir, "deep", "y.csv")),
        () => rm(csv).then(() => symlink("/etc/hostname", csv)),
      ];
      for (const deed of deeds) {
        await deed();
        expect(cache.isUntouched(c.hash)).to.equal(false);
        const next = when.startsWith("while") ? cache : cacheOf();
        const { bundleSeal } = await next.prepare(c.hash);
        expect(next.isUntouched(c.hash)).to.equal(true);
        expect(bundleSeal, "that of the copy that was checked").to.equal(sealOf(bundlePath));
        expect(await readFile(csv, "utf8")).to.equal("1");
        expect(await readFile(bundlePath, "utf8")).to.equal(bundle);
        expect(await readdir(join(filesDir, "deep"))).to.deep.equal(["y.csv"]);
        await cache.prepare(c.hash);
      }
      expect(await readdir(join(folder.base, "cache"))).to.deep.equal([c.hash]);
    });
  }

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
