// The watcher alone, over a real folder: what comes into a new folder while chokidar is still about to watch it.
import { expect } from "chai";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { FolderWatcher } from "../../src/catalog/watch.ts";
import { eventually } from "../support/eventually.ts";

describe("a watched folder", () => {
  let root: string;
  let watcher: FolderWatcher;
  const told = new Set<string>();

  beforeEach(async () => {
    told.clear();
    root = realpathSync(mkdtempSync(join(tmpdir(), "jobmount-watch-")));
    watcher = new FolderWatcher({
      root,
      onHint: (path) => void told.add(path),
      onError: (error) => expect.fail(String(error)),
    });
    await watcher.start();
  });

  afterEach(async () => {
    await watcher.close();
    rmSync(root, { recursive: true });
  });

  it("R3: a folder made in a new one while that is not watched yet is watched all the same", async function () {
    this.timeout(60_000);
    const jobs = Array.from({ length: 300 }, (_, i) => `job${i}/lib/deep`);
    // By another thread, with every distance around the moment at which chokidar has read the new folder and does not watch it yet.
    const worker = new Worker(
      `const { root, jobs } = require("node:worker_threads").workerData;
       const { mkdirSync } = require("node:fs");
       jobs.forEach((path, i) => {
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8);
         mkdirSync(root + "/" + path.split("/")[0]);
         const until = performance.now() + (i % 60) / 15;
         while (performance.now() < until);
         mkdirSync(root + "/" + path, { recursive: true });
       });`,
      { eval: true, workerData: { root, jobs } },
    );
    await once(worker, "exit");
    // Written again until it is told: a folder that is watched a moment late is heard then, and a deaf one never.
    const deaf = (): string[] => jobs.filter((path) => !told.has(`${path}/x.ts`));
    const writeAll = (): boolean => {
      for (const path of deaf()) writeFileSync(join(root, path, "x.ts"), "export const x = 1;");
      return deaf().length === 0;
    };
    await eventually(writeAll, 10_000, 100).catch(() => undefined);
    expect(deaf()).to.deep.equal([]);
  });

  it("R3: what changed while a watch is set anew is told when it is set", async () => {
    mkdirSync(join(root, "a/b"), { recursive: true });
    await eventually(() => {
      writeFileSync(join(root, "a/b/x.ts"), "export const x = 1;");
      return told.has("a/b/x.ts");
    }, 5_000);
    told.clear();
    await watcher.rewatch("a/b/x.ts");
    expect([...told]).to.deep.equal(["a/b"]);
  });
});
