import { expect } from "chai";
import { link, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { jobText, TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";

describe("the catalog", () => {
  const describer = new ChildDescriber();
  const benches: CatalogBench[] = [];
  const opened = async (
    files: Record<string, string>,
    store?: MemoryCatalogStore,
    more?: ConstructorParameters<typeof CatalogBench>[3],
  ): Promise<CatalogBench> => {
    const bench = new CatalogBench(await TaskFolder.make(files), describer, store, more);
    benches.push(bench);
    return bench.start();
  };
  before(() => describer.warm());
  afterEach(async () => {
    for (const bench of benches) await bench.catalog.stop();
    for (const bench of benches) await bench.folder.remove();
    benches.length = 0;
  });
  after(() => describer.close());

  it("R1: a broken job.ts changes nothing for others; the last good version serves on, and the error clears by itself", async () => {
    const bench = await opened({
      "a/job.ts": jobText("A1"),
      "b/job.ts": jobText("B1"),
      "c/job.ts": "nonsense(",
    });
    expect(bench.state("c")).to.equal("error");
    expect(bench.catalog.current("default", "c")).to.equal(null);
    const [good, other] = [bench.hash("a"), bench.hash("b")];

    await bench.folder.write({ "a/job.ts": "export class Job {\n  broken(\n" });
    await bench.becomes("a", "stale");
    expect(bench.hash("a")).to.equal(good);
    expect(bench.name("a")).to.equal("A1");
    const error = bench.catalog.entry("default", "a")?.loadError;
    expect(error).to.include({ code: "syntax", file: "a/job.ts", line: 3 });
    expect(error?.frame).to.contain(">");
    expect(error?.since).to.be.closeTo(Date.now(), 5_000);
    expect(bench.hash("b")).to.equal(other);
    expect(bench.state("b")).to.equal("ready");

    await bench.folder.write({ "b/job.ts": jobText("B2") });
    await bench.serves("b", "B2");
    await bench.folder.write({ "a/job.ts": jobText("A1"), "c/job.ts": jobText("C1") });
    await bench.serves("a", "A1");
    await bench.serves("c", "C1");
    expect(bench.hash("a"), "the same files are the same version").to.equal(good);
    expect(bench.catalog.loadErrors()).to.deep.equal([]);
  });

  it("R1: since when a job fails does not begin anew with every attempt to mend it", async () => {
    const bench = await opened({ "a/job.ts": "one(" });
    const since = bench.catalog.entry("default", "a")?.loadError?.since;
    await bench.folder.write({ "a/job.ts": "\n\ntwo(" });
    await eventually(() => bench.catalog.entry("default", "a")?.loadError?.line === 3);
    expect(bench.catalog.entry("default", "a")?.loadError?.since).to.equal(since);
  });

  it("R6: an edit of a helper or of a shared _lib file reloads the jobs that bundle it and no other; same names never mix", async () => {
    const bench = await opened({
      "a/job.ts": jobText(
        "A",
        "return [own, shared];",
        'import { own } from "./helper";\nimport { shared } from "../_lib/text";',
      ),
      "a/helper.ts": "export const own = 'a one';",
      "b/job.ts": jobText("B", "return [own];", 'import { own } from "./helper";'),
      "b/helper.ts": "export const own = 'b one';",
      "c/job.ts": jobText("C", "return [shared];", 'import { shared } from "../_lib/text";'),
      "_lib/text.ts": "export const shared = 'shared one';",
    });
    const hashes = (): string[] => ["a", "b", "c"].map((key) => bench.hash(key));
    const [a1, b1, c1] = hashes();
    await bench.folder.write({ "a/helper.ts": "export const own = 'a two';" });
    await eventually(() => bench.hash("a") !== a1);
    expect([bench.hash("b"), bench.hash("c")]).to.deep.equal([b1, c1]);
    const bundle = (await bench.store.loadVersion(bench.hash("a")))?.bundle;
    expect(bundle).to.contain("a two").and.not.to.contain("b one");

    const a2 = bench.hash("a");
    await bench.folder.write({ "_lib/text.ts": "export const shared = 'shared two';" });
    await eventually(() => bench.hash("a") !== a2 && bench.hash("c") !== c1);
    expect(bench.hash("b")).to.equal(b1);
  });

  it("reloads for data files, for package.json and lockfile, and when a missing package comes", async () => {
    const bench = await opened({
      "a/job.ts": jobText("A").replace('name: "A"', 'name: "A", files: ["*.csv"]'),
      "a/one.csv": "1",
      "b/job.ts": jobText("B", "return x;", 'import x from "late";'),
    });
    const before = bench.hash("a");
    await bench.folder.write({ "a/two.csv": "2" });
    await eventually(() => bench.hash("a") !== before);
    const second = bench.hash("a");
    await bench.folder.write({ "a/package.json": "{}" });
    await eventually(() => bench.hash("a") !== second);
    await bench.folder.remove("a/package.json");
    await eventually(() => bench.hash("a") === second);

    expect(bench.error("b")).to.equal("E120");
    await bench.folder.write({
      "b/node_modules/late/index.js": "module.exports = 1;",
      "b/node_modules/late/package.json": '{ "name": "late", "version": "1.0.0" }',
    });
    await bench.serves("b", "B");
  });

  it("R4: a removed task directory makes its job missing, one that returns serves again without a new build", async () => {
    const bench = await opened({ "a/job.ts": jobText("A"), "b/job.ts": jobText("B") });
    const hash = bench.hash("a");
    bench.changes.length = 0;
    await rename(bench.folder.path("a"), `${bench.folder.base}/aside`);
    await bench.becomes("a", "missing");
    expect(bench.catalog.entry("default", "a")?.currentVersion).to.equal(hash);
    expect(bench.state("b")).to.equal("ready");
    expect(bench.kinds("a")).to.deep.equal(["missing"]);
    const described = describer.count;
    await rename(`${bench.folder.base}/aside`, bench.folder.path("a"));
    await bench.serves("a", "A");
    expect(bench.hash("a")).to.equal(hash);
    expect(bench.kinds("a")).to.deep.equal(["back"]);
    expect(describer.count).to.equal(described);
  });

  it("a job that was removed while broken does not return as good", async () => {
    const bench = await opened({ "a/job.ts": jobText("A"), "b/job.ts": jobText("B") });
    await bench.folder.write({ "a/job.ts": "broken(" });
    await bench.becomes("a", "stale");
    await rename(bench.folder.path("a"), `${bench.folder.base}/aside`);
    await bench.becomes("a", "missing");
    await rename(`${bench.folder.base}/aside`, bench.folder.path("a"));
    await bench.becomes("a", "stale");
  });

  it("a save in two steps, or a folder moved away and back at once, is never told as an error or as missing", async () => {
    const bench = await opened({ "a/job.ts": jobText("A1"), "b/job.ts": jobText("B1") });
    bench.changes.length = 0;
    for (let i = 2; i < 6; i++) {
      await bench.folder.write({ "a/job.ts": "" });
      await new Promise((resolve) => setTimeout(resolve, 60));
      await bench.folder.write({ "a/job.ts": jobText(`A${i}`) });
      await bench.serves("a", `A${i}`);
      await rename(bench.folder.path("b"), bench.folder.path("_b"));
      await new Promise((resolve) => setTimeout(resolve, 60));
      await rename(bench.folder.path("_b"), bench.folder.path("b"));
      await bench.serves("b", "B1");
    }
    expect(new Set(bench.changes.map(({ kind }) => kind))).to.deep.equal(new Set(["loaded"]));
  });

  it("R4: a root that is emptied, removed, replaced or made again makes the source unavailable and heals", async () => {
    const bench = await opened({ "a/job.ts": jobText("A1") });
    const hash = bench.hash("a");
    const state = (): string => bench.catalog.sources()[0]?.state ?? "";
    await rename(bench.folder.root, `${bench.folder.base}/aside`);
    await eventually(() => state() === "unavailable");
    expect(bench.state("a"), "nothing is deleted").to.equal("ready");
    expect(bench.hash("a")).to.equal(hash);
    await mkdir(bench.folder.root);
    await eventually(() => /is empty/.test(bench.catalog.sources()[0]?.reason ?? ""));
    expect(state()).to.equal("unavailable");
    await bench.folder.write({ "a/job.ts": jobText("A2"), "b/job.ts": jobText("B1") });
    await bench.serves("a", "A2");
    await bench.serves("b", "B1");
    expect(state()).to.equal("available");
    // The watcher of the new root works too.
    await bench.folder.write({ "a/job.ts": jobText("A3") });
    await bench.serves("a", "A3", 400);
    await rename(bench.folder.root, `${bench.folder.base}/second`);
    await rename(`${bench.folder.base}/aside`, bench.folder.root);
    await bench.serves("a", "A1");
    await bench.becomes("b", "missing");
  });

  it("a root that is missing at start is said, and picked up when it appears", async () => {
    const bench = await opened({}, undefined);
    await bench.catalog.stop();
    await bench.folder.remove("");
    const late = new CatalogBench(bench.folder, describer);
    benches.push(late);
    await late.start();
    expect(late.catalog.sources()[0]).to.include({ state: "missing" });
    expect(late.catalog.sources()[0]?.reason).to.match(/does not exist$/);
    await bench.folder.write({ "a/job.ts": jobText("A") });
    await late.serves("a", "A");
  });

  it("last good serves at once after a start, and nothing is built whose files are unchanged", async () => {
    const first = await opened({
      "a/job.ts": jobText("A1"),
      "b/job.ts": jobText("B1"),
      "c/job.ts": "broken(",
    });
    await first.catalog.stop();
    const described = describer.count;
    await first.folder.write({ "b/job.ts": jobText("B2"), "d/job.ts": jobText("D1") });
    const second = new CatalogBench(first.folder, describer, first.store);
    benches.push(second);
    await second.catalog.start();
    expect(second.name("a")).to.equal("A1");
    expect(second.name("b"), "last good").to.equal("B1");
    await second.catalog.whenSettled();
    expect([second.name("a"), second.name("b"), second.name("d")]).to.deep.equal(["A1", "B2", "D1"]);
    expect(second.state("c")).to.equal("error");
    expect(describer.count - described, "only b and d").to.equal(2);
    expect(second.changes.filter(({ kind }) => kind !== "source")).to.have.length(2);
  });

  it("R3: a rescan finds what no event told, and two such finds turn to polling", async () => {
    const pace = { rescanMs: 700 };
    const bench = await opened({ "a/job.ts": jobText("A1") }, undefined, {
      pace,
      watch: { mode: "auto", intervalMs: 100 },
    });
    // A file that is written under another name outside: the kernel tells nobody who watches the folder.
    const elsewhere = `${bench.folder.base}/elsewhere.ts`;
    await link(bench.folder.path("a/job.ts"), elsewhere);
    const missed = (): number => bench.catalog.sources()[0]?.missedEvents ?? 0;
    for (const n of [2, 3]) {
      expect(bench.catalog.sources()[0]?.mode).to.equal("events");
      // What is found right after the watcher began anew proves nothing, and does not count.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await writeFile(elsewhere, jobText(`A${n}`));
      await bench.serves("a", `A${n}`);
      await eventually(() => missed() === n - 1);
    }
    await eventually(() => bench.catalog.sources()[0]?.mode === "poll");
    expect(bench.catalog.sources()[0]?.reason).to.equal("two changes came without an event");
    await writeFile(elsewhere, jobText("A4"));
    await bench.serves("a", "A4", 600);
  });

  it("polls a mount without events, and is off when asked", async () => {
    const poll = await opened({ "a/job.ts": jobText("A1") }, undefined, {
      watch: { mode: "poll", intervalMs: 100 },
    });
    expect(poll.catalog.sources()[0]?.mode).to.equal("poll");
    await poll.folder.write({ "a/job.ts": jobText("A2"), "b/job.ts": jobText("B1") });
    await poll.serves("a", "A2");
    await poll.serves("b", "B1");
    const off = await opened({ "a/job.ts": jobText("A1") }, undefined, {
      watch: { mode: "off", intervalMs: 100 },
    });
    await off.folder.write({ "a/job.ts": jobText("A2") });
    await off.catalog.rescan("default");
    expect(off.name("a")).to.equal("A2");
    await off.folder.write({ "a/job.ts": "broken(" });
    await off.catalog.rescan();
    await eventually(() => off.state("a") === "stale");
  });

  it("R8: a pinned job stays on its version across edits and restarts, until it is unpinned", async () => {
    const bench = await opened({ "a/job.ts": jobText("A1") });
    const first = bench.hash("a");
    await bench.folder.write({ "a/job.ts": jobText("A2") });
    await bench.serves("a", "A2");
    await bench.catalog.pin("default", "a", first);
    expect(bench.name("a")).to.equal("A1");
    bench.changes.length = 0;
    await bench.folder.write({ "a/job.ts": jobText("A3") });
    await eventually(() =>
      bench.changes.some((change) => change.kind === "loaded" && change.spec.name === "A3"),
    );
    expect(bench.hash("a")).to.equal(first);
    await bench.catalog.stop();
    const again = new CatalogBench(bench.folder, describer, bench.store);
    benches.push(again);
    await again.start();
    expect(again.name("a")).to.equal("A1");
    await again.catalog.unpin("default", "a");
    await again.serves("a", "A3");
  });

  it("equal keys in two sources are two jobs, and builtin may be empty", async () => {
    const acme = await TaskFolder.make({ "sync/job.ts": jobText("Sync of acme") });
    const globex = await TaskFolder.make({ "sync/job.ts": jobText("Sync of globex") });
    const bench = new CatalogBench(acme, describer, new MemoryCatalogStore(), {
      sources: [
        { name: "acme", path: acme.root },
        { name: "globex", path: globex.root },
        { name: "builtin", path: `${acme.base}/none` },
      ],
    });
    benches.push(bench);
    await bench.start();
    expect(bench.catalog.current("acme", "sync")?.spec.name).to.equal("Sync of acme");
    expect(bench.catalog.current("globex", "sync")?.spec.name).to.equal("Sync of globex");
    expect(bench.catalog.sources().map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      "acme available",
      "globex available",
      "builtin available",
    ]);
    await globex.remove();
  });

  it("R5: near misses are load errors with what to do, but for files that jobs import", async () => {
    const bench = await opened({
      "a/job.ts": jobText(
        "A",
        "return x;",
        'import { x } from "../shared";\nimport { y } from "../code/y";\nvoid y;',
      ),
      "shared.ts": "export const x = 1;",
      "code/y.ts": "export const y = 1;",
      "my_task.ts": "",
      "Bad Name/job.ts": jobText("Bad"),
    });
    expect(
      bench.catalog.loadErrors().map(({ key, loadState, error }) => [key, loadState, error.code]),
    ).to.deep.equal([
      ["Bad Name", "invalid", "E101"],
      ["my_task.ts", "invalid", "E102"],
    ]);
    await rename(bench.folder.path("Bad Name"), bench.folder.path("bad-name"));
    await bench.serves("bad-name", "Bad");
    await eventually(() => bench.catalog.loadErrors().length === 1);
  });

  it("R5: a near miss is told once, and not for a folder that gets its job.ts a moment later", async () => {
    const bench = await opened({ "a/job.ts": jobText("A"), "a/notes.md": "" });
    const told = () => bench.changes.flatMap((one) => (one.kind === "invalid" ? [one.key] : []));
    await bench.folder.write({ "copied/lib/x.ts": "export const x = 1;", "copied/index.ts": "" });
    await bench.folder.write({ "copied/job.ts": jobText("Copied"), "my_task.ts": "" });
    await bench.serves("copied", "Copied");
    await eventually(() => told().includes("my_task.ts"), 15_000);
    await bench.catalog.rescan();
    await bench.folder.write({ "js/job.js": "" });
    await eventually(() => told().includes("js/job.js"), 15_000);
    expect(told()).to.deep.equal(["my_task.ts", "js/job.js"]);
    await bench.folder.remove("my_task.ts");
    await eventually(() => bench.catalog.loadErrors().length === 1, 15_000);
    await bench.folder.write({ "my_task.ts": "" });
    await eventually(() => told().length === 3, 15_000);
  });

  it("a stop does not wait for a module that never ends, and what was ended by it is no error of the job", async () => {
    const store = new MemoryCatalogStore();
    const bench = await opened({ "a/job.ts": jobText("A1") }, store);
    await bench.folder.write({ "a/job.ts": jobText("A2", "", "for (;;) {}") });
    const described = describer.count;
    await eventually(() => describer.count > described);
    const started = performance.now();
    await bench.catalog.stop();
    expect(performance.now() - started).to.be.lessThan(4_000);
    await describer.kill();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await store.loadEntries())[0]).to.include({ loadState: "ready" });
  });

  it("a store that is away delays, and loses nothing: last good serves on, and the new version comes", async () => {
    const store = new MemoryCatalogStore();
    const bench = await opened({ "a/job.ts": jobText("A1"), "b/job.ts": jobText("B1") }, store);
    const publish = store.publish.bind(store);
    let refused = 0;
    store.publish = () => Promise.reject(new Error(`the database is away (${++refused})`));
    await bench.folder.write({ "a/job.ts": jobText("A2"), "b/job.ts": "broken(" });
    await eventually(() => refused > 2);
    expect([bench.name("a"), bench.state("a"), bench.state("b")]).to.deep.equal(["A1", "ready", "ready"]);
    store.publish = publish;
    await bench.serves("a", "A2");
    await bench.becomes("b", "stale");
  });

  it("a version is prepared from the store alone, whole and read-only", async () => {
    const bench = await opened({
      "a/job.ts": jobText("A").replace('name: "A"', 'name: "A", files: ["data/*.csv"]'),
      "a/data/x.csv": "1;2",
    });
    const hash = bench.hash("a");
    const prepared = await bench.versions.prepare(hash);
    expect(await readFile(`${prepared.filesDir}/data/x.csv`, "utf8")).to.equal("1;2");
    expect(prepared.spec.name).to.equal("A");
    await bench.folder.remove("../versions");
    await bench.folder.remove("");
    const [one, two] = await Promise.all([bench.versions.prepare(hash), bench.versions.prepare(hash)]);
    expect(one).to.deep.equal(two);
    expect(await readFile(one.bundlePath, "utf8")).to.contain("sourceMappingURL=job.mjs.map");
    expect(await readFile(`${one.bundlePath}.map`, "utf8")).to.contain('"a/job.ts"');
    expect(await readFile(`${one.filesDir}/data/x.csv`, "utf8")).to.equal("1;2");
    let refused: unknown;
    await bench.versions.prepare("0".repeat(64)).catch((error: unknown) => (refused = error));
    expect(refused).to.include({ code: "load" });
  });
});
