import { expect } from "chai";
import { globMatches, globProblem } from "../../src/sdk/glob.ts";
import { codeFrame } from "../../src/catalog/frame.ts";
import { keyProblem, suggestedKey } from "../../src/catalog/key.ts";
import { LoadQueue } from "../../src/catalog/load-queue.ts";
import { aliasTargets, readMountPaths } from "../../src/catalog/mount-paths.ts";
import { tooDeep } from "../../src/catalog/nesting.ts";
import { RootWatch } from "../../src/catalog/root-watch.ts";
import { Snapshot } from "../../src/catalog/snapshot.ts";
import { folderOf, joinPath } from "../../src/catalog/tree.ts";
import { isWatched } from "../../src/catalog/watch.ts";
import { silentLogger } from "../../src/log.ts";
import { eventually } from "../support/eventually.ts";
import { TaskFolder } from "../support/task-folder.ts";
import { costMs } from "../support/cost.ts";

describe("globs of `files`", () => {
  const table: [pattern: string, path: string, matches: boolean][] = [
    ["*.csv", "a.csv", true],
    ["*.csv", "x/a.csv", false],
    ["data/*", "data/a", true],
    ["data/**", "data/a/b/c", true],
    ["data/**", "data", false],
    ["**/*.csv", "a.csv", true],
    ["**/*.csv", "x/y/a.csv", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/x/y/c", false],
    ["a/**/x/**/b", "a/x/q/x/b", true],
    ["?.txt", "a.txt", true],
    ["?.txt", "ab.txt", false],
    ["./a.txt", "a.txt", true],
    ["*", ".hidden", false],
    ["**", "x/.hidden/a", false],
    [".*", ".hidden", true],
    ["a*b*c", "aXbYbZc", true],
    ["a.c", "abc", false],
    ["[x]", "[x]", true],
  ];
  for (const [pattern, path, matches] of table) {
    it(`${pattern} ${matches ? "means" : "does not mean"} ${path}`, () => {
      expect(globMatches(pattern, path)).to.equal(matches);
    });
  }

  it("S13: no pattern takes long", () => {
    const match = () => {
      globMatches("*a".repeat(99) + "b", "a".repeat(4_000));
      globMatches("**/a/".repeat(40) + "b", "a/".repeat(1_000) + "c");
    };
    expect(costMs(match, 500)).to.be.lessThan(500);
  });

  it("patterns that lead elsewhere are refused", () => {
    for (const pattern of ["", "/etc/*", "../x", "a/../../x", "a\\b"])
      expect(globProblem(pattern), pattern).to.be.a("string");
    expect(globProblem("data/**/*.csv")).to.equal(null);
  });
});

describe("keys", () => {
  it("are made of a to z, 0 to 9, _ and -, segment by segment", () => {
    for (const key of ["a", "billing/sync-orders", "0_a/b"]) expect(keyProblem(key), key).to.equal(null);
    for (const key of ["A", "a b", "-a", "_a", "a//b", "ä", "a.b"])
      expect(keyProblem(key), key).to.be.a("string");
    expect(keyProblem("a/".repeat(8) + "a")).to.match(/9 folders deep/);
  });

  it("have a better name at hand", () => {
    expect(suggestedKey("My Task")).to.equal("my-task");
    expect(suggestedKey("SyncOrders/Crème")).to.equal("sync-orders/creme");
    expect(suggestedKey("!!!")).to.equal("job");
    expect(keyProblem(suggestedKey("--Äh_9!"))).to.equal(null);
  });
});

describe("code frames", () => {
  it("show two lines around the place and a caret under it", () => {
    expect(codeFrame("one\ntwo\nthree\n\tfour\nfive\nsix", 4, 2).split("\n")).to.deep.equal([
      "  2 | two",
      "  3 | three",
      "> 4 |  four",
      "    |  ^",
      "  5 | five",
      "  6 | six",
    ]);
  });

  it("cut a line of a megabyte around the column, and show no control characters", () => {
    const frame = codeFrame(`${"x".repeat(500_000)}\u001b[31m!${"y".repeat(500_000)}`, 1, 500_001);
    expect(frame.length).to.be.lessThan(400);
    expect(frame).not.to.contain("\u001b");
    const [line = "", caret = ""] = frame.split("\n");
    expect(line[caret.indexOf("^")]).to.equal(" ");
    expect(codeFrame("one", 7, 1)).to.equal("");
  });
});

describe("paths inside a tree", () => {
  it("never leave it", () => {
    expect(joinPath("a/b", "../c.ts")).to.equal("a/c.ts");
    expect(joinPath("a", "../../c.ts")).to.equal(null);
    expect(joinPath("a", "..")).to.equal("");
    expect(joinPath("", "./deps:node_modules/x")).to.equal(null);
    expect(joinPath("deps:node_modules/x", "../y")).to.equal("deps:node_modules/y");
    expect(joinPath("deps:", "../y")).to.equal(null);
    expect(folderOf("deps:node_modules")).to.equal("deps:");
    expect(folderOf("a")).to.equal("");
  });

  it("what is watched: everything but dot files and the inside of packages", () => {
    for (const path of [
      "",
      "a/job.ts",
      "a/..data",
      "a/node_modules",
      "a/node_modules/x",
      "node_modules/@s/x",
    ]) {
      expect(isWatched(path), path).to.equal(true);
    }
    for (const path of [
      ".git/x",
      "a/.job.ts.swp",
      "a/..2026/x",
      "a/node_modules/x/y",
      "node_modules/@s/x/y",
      "deps:x",
    ]) {
      expect(isWatched(path), path).to.equal(false);
    }
  });
});

describe("brackets", () => {
  it("nested as no author nests them are told before a parser sees them", () => {
    expect(tooDeep(Buffer.from("f(a[{b: `${c}`}])".repeat(10_000)))).to.equal(null);
    expect(tooDeep(Buffer.from("(".repeat(30_000)))).to.equal(30_000);
  });
});

describe("`paths` of a tsconfig.json", () => {
  it("an exact pattern wins, then the longest prefix; targets may not leave the source", async () => {
    const folder = await TaskFolder.make({
      "tsconfig.json": `\ufeff{ "compilerOptions": { "baseUrl": "./src", "paths": {
        "@/*": ["*"], "@/lib/*": ["lib/*", "../_lib/*"], "@/x": ["exact.ts"], "out/*": ["../../../*"], "// no": ["/* no */"] } } }`,
    });
    const { aliases } = await readMountPaths(new Snapshot({ root: folder.root, deps: null }));
    expect(aliasTargets(aliases, "@/lib/a")).to.deep.equal(["src/lib/a", "_lib/a"]);
    expect(aliasTargets(aliases, "@/x")).to.deep.equal(["src/exact.ts"]);
    expect(aliasTargets(aliases, "@/other")).to.deep.equal(["src/other"]);
    expect(aliasTargets(aliases, "out/a")).to.deep.equal([]);
    expect(aliasTargets(aliases, "none")).to.deep.equal([]);
    await folder.remove();
  });

  it("a file of quotes and comments that never end is read in no time", async () => {
    const folder = await TaskFolder.make({ "tsconfig.json": '"\\'.repeat(60_000) + "/*".repeat(60_000) });
    const started = performance.now();
    const paths = await readMountPaths(new Snapshot({ root: folder.root, deps: null }));
    // Reading it again from each quote or bracket would take minutes.
    expect(performance.now() - started).to.be.lessThan(5_000);
    expect(paths.broken).to.be.a("string");
    await folder.remove();
  });
});

describe("the load queue", () => {
  it("runs so many at a time, one per job, and the newest work of those that asked meanwhile", async () => {
    const queue = new LoadQueue(2);
    const began: string[] = [];
    const ends: (() => void)[] = [];
    const work = (name: string) => (): Promise<void> => {
      began.push(name);
      return new Promise((resolve) => ends.push(resolve));
    };
    for (const name of ["a1", "a2", "a3"]) queue.push("s", "a", work(name));
    queue.push("s", "b", work("b1"));
    queue.push("s", "c", work("c1"));
    expect(began).to.deep.equal(["a1", "b1"]);
    ends.shift()?.();
    await eventually(() => began.length === 3);
    expect(began).to.deep.equal(["a1", "b1", "a3"]);
    let idle = false;
    void queue.idle().then(() => (idle = true));
    while (ends.length > 0 || !idle) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(began).to.deep.equal(["a1", "b1", "a3", "c1"]);
  });

  describe("with loads that hang", () => {
    const never = (): Promise<void> => new Promise(() => undefined);
    const SLOW_MS = 30;

    it("X10: they give their place free, so that four of them do not keep a fifth job from loading", async () => {
      const queue = new LoadQueue(2, SLOW_MS);
      for (const key of ["a", "b", "c", "d"]) queue.push("s", key, never);
      let loaded = false;
      queue.push("s", "good", async () => void (loaded = true));
      expect(loaded).to.equal(false);
      await eventually(() => loaded);
    });

    it("any number of one source keeps none of another one from loading", async () => {
      const queue = new LoadQueue(2, SLOW_MS);
      for (let count = 0; count < 30; count++) queue.push("s", `s:${count}`, never);
      let loaded = 0;
      const good = async (): Promise<void> => void loaded++;
      queue.push("other", "other:a", good);
      await eventually(() => loaded === 1);
      // Also once as many hang as may.
      await new Promise((resolve) => setTimeout(resolve, 5 * SLOW_MS));
      queue.push("other", "other:b", good);
      queue.push("third", "third:a", good);
      await eventually(() => loaded === 3);
    });

    it("one that hung before does not take a place again, until it has loaded in time", async () => {
      const queue = new LoadQueue(1, SLOW_MS);
      let end = (): void => undefined;
      queue.push("s", "a", () => new Promise((resolve) => (end = resolve)));
      let after = 0;
      queue.push("s", "b", async () => void after++);
      await eventually(() => after === 1);
      end();
      await queue.idle();
      queue.push("s", "a", () => new Promise((resolve) => (end = resolve)));
      queue.push("s", "b", async () => void after++);
      expect(after, "at once").to.equal(2);
      end();
      await queue.idle();
    });
  });

  it("while many wait, loads give their place on and are written together; a single one is written at once", async () => {
    const queue = new LoadQueue(2);
    let began = 0;
    const turns: number[] = [];
    let turn = 0;
    const load = async (written: () => Promise<void>): Promise<void> => {
      began++;
      await written();
      turns.push(turn);
      // Those that are released together go on in one turn of the loop, and so in one commit.
      setImmediate(() => turn++);
    };
    for (let n = 0; n < 100; n++) queue.push("s", `s:${n}`, load);
    await queue.idle();
    expect([began, turns.length]).to.deep.equal([100, 100]);
    expect(new Set(turns).size, "commits").to.be.below(20);
    turns.length = 0;
    queue.push("s", "s:alone", load);
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns, "without a wait").to.have.length(1);
  });

  it("sources take turns", async () => {
    const queue = new LoadQueue(1);
    const began: string[] = [];
    for (const key of ["a1", "a2", "a3"]) queue.push("a", key, async () => void began.push(key));
    for (const key of ["b1", "b2"]) queue.push("b", key, async () => void began.push(key));
    await queue.idle();
    expect(began.slice(0, 4).sort(), "two of each").to.deep.equal(["a1", "a2", "b1", "b2"]);
    expect(began.at(-1)).to.equal("a3");
  });
});

describe("watching a root", () => {
  it("R3: two changes that no event told turn events into polling, but not while a watcher settles", async () => {
    const folder = await TaskFolder.make({ "a/job.ts": "" });
    let now = 0;
    let ready = 0;
    const root = new RootWatch({
      path: folder.root,
      watch: "auto",
      clock: { now: () => now, monotonic: () => now },
      log: silentLogger,
      onHint: () => undefined,
      onReady: () => ready++,
    });
    await root.refresh();
    await eventually(() => ready === 1);
    root.missed("a/job.ts");
    expect(root.missedEvents, "just begun").to.equal(0);
    now += 5_000;
    root.missed("a/node_modules/x/y.js");
    expect(root.missedEvents, "never watched").to.equal(0);
    root.missed("a/job.ts");
    expect([root.missedEvents, root.mode]).to.deep.equal([1, "events"]);
    now += 5_000;
    root.missed("a/job.ts");
    expect([root.missedEvents, root.mode]).to.deep.equal([2, "poll"]);
    expect(root.reason).to.match(/without an event/);
    await root.close();
    await folder.remove();
  });
});
