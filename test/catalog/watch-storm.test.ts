// The watcher alone while another thread makes, moves, replaces and removes nested folders: none may be deaf after it.
import { expect } from "chai";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { FolderWatcher } from "../../src/catalog/watch.ts";
import { eventually } from "../support/eventually.ts";

const STORM_MS = 4_000;

/** Runs beside the watcher's own event loop, so that every step of it can be hit in the middle. */
const STORM = `
const { root, aside, ms, seed } = require("node:worker_threads").workerData;
const fs = require("node:fs");
let state = seed;
const roll = (sides) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * sides);
};
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const name = () => "abcdef"[roll(6)];
const place = () => Array.from({ length: 1 + roll(4) }, name).join("/");
const make = (at, text) => {
  fs.mkdirSync(at, { recursive: true });
  fs.writeFileSync(at + "/x.ts", text);
};
const deep = (at) => {
  for (let i = 0; i < 30; i++) make(at + "/" + place(), "tree " + i);
};
const rm = (at) => fs.rmSync(at, { recursive: true, force: true });
let n = 0;
const STEPS = [
  () => make(root + "/" + place(), "made"),
  () => make(root + "/" + place(), "made"),
  () => rm(root + "/" + place()),
  // Removed and made anew within one tick, with what it held.
  () => {
    const at = root + "/" + place();
    rm(at);
    make(at + "/" + place(), "anew");
  },
  // The same, again and again.
  () => {
    const at = root + "/" + place();
    for (let i = 0; i < 4; i++) {
      rm(at);
      pause(roll(3));
      make(at + "/" + place(), "again");
      pause(roll(3));
    }
  },
  () => fs.renameSync(root + "/" + place(), root + "/" + place()),
  // Away and back as it was.
  () => {
    const at = root + "/" + place();
    fs.renameSync(at, aside + "/kept");
    pause(roll(5));
    fs.renameSync(aside + "/kept", at);
  },
  // Another one under the same name.
  () => {
    const at = root + "/" + place();
    const next = aside + "/next" + ++n;
    deep(next);
    rm(aside + "/old");
    fs.renameSync(at, aside + "/old");
    fs.renameSync(next, at);
  },
  // A tree that is moved in.
  () => {
    const next = aside + "/next" + ++n;
    deep(next);
    fs.renameSync(next, root + "/" + place());
  },
];
const until = performance.now() + ms;
while (performance.now() < until) {
  try {
    STEPS[roll(STEPS.length)]();
  } catch {}
  rm(aside + "/kept");
  if (roll(3) > 0) pause(roll(20));
}
`;

describe("R3: a folder whose sub-folders are made, moved, replaced and removed all the time", () => {
  let base: string;
  let root: string;
  let watcher: FolderWatcher;
  const told = new Set<string>();
  /** Told of by itself, or with all that lies in a folder above it. */
  const isTold = (path: string): boolean =>
    told.has(path) || [...told].some((other) => path.startsWith(`${other}/`));

  beforeEach(async () => {
    told.clear();
    base = realpathSync(mkdtempSync(join(tmpdir(), "jobmount-watch-")));
    root = join(base, "tasks");
    for (const name of ["tasks", "aside"]) mkdirSync(join(base, name));
    watcher = new FolderWatcher({
      root,
      onHint: (path, kind) => {
        if (kind === "names" || path.endsWith(".ts")) told.add(path);
      },
      onError: (error) => expect.fail(String(error)),
    });
    await watcher.start();
  });

  afterEach(async () => {
    await watcher.close();
    rmSync(base, { recursive: true });
  });

  for (const seed of [1, 2])
    it(`is heard everywhere as soon as it is still (${seed})`, async function () {
      this.timeout(120_000);
      const workerData = { root, aside: join(base, "aside"), ms: STORM_MS, seed };
      await once(new Worker(STORM, { eval: true, workerData }), "exit");
      // What is not watched by then tells of itself later, with all that came into it.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const folders = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)));
      expect(folders.length).to.be.above(5);
      told.clear();
      for (const path of folders) writeFileSync(join(root, path, "y.ts"), "export const y = 1;");
      const deaf = (): string[] => folders.filter((path) => !isTold(`${path}/y.ts`));
      await eventually(() => deaf().length === 0, 10_000, 100).catch(() => undefined);
      expect(deaf(), `of ${folders.length}`).to.deep.equal([]);
    });
});
