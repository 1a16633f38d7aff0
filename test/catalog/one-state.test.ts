// The tree changes during loads, many times, by the hand of another process: what loads is always one state of it.
import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import type { Describer } from "../../src/catalog/describe.ts";
import type { JobVersion } from "../../src/catalog/version.ts";
import { MemoryCatalogStore } from "../../src/catalog/memory-store.ts";
import { ChildDescriber } from "../support/child-describer.ts";
import { eventually } from "../support/eventually.ts";
import { TaskFolder } from "../support/task-folder.ts";
import { CatalogBench } from "./bench-catalog.ts";
import { LoadBench } from "./load-support.ts";

const MODULES = 8;
const names = Array.from({ length: MODULES }, (_, i) => `part${i}`);

/** Every file of a task directory carries the number of its state; the name of the job comes from one of them. */
function filesOf(state: number): Record<string, string> {
  return {
    "job.ts": [
      'import { defineJob } from "jobmount";',
      ...names.map((name) => `import { ${name} } from "./lib/${name}";`),
      `export class Job extends defineJob({ name: "state " + part3, files: ["lib/*.txt"] }) {`,
      `  execute() { return [${names.join(", ")}]; }`,
      "}",
    ].join("\n"),
    ...Object.fromEntries(names.map((name) => [`lib/${name}.ts`, `export const ${name} = "<${state}>";`])),
    "lib/words.txt": `<${state}>`,
    "lib/zeros.txt": `<${state}>`,
  };
}

/** In the order in which the writer changes them. */
const ORDER = Object.keys(filesOf(0)).filter((path) => path !== "job.ts");

/** The numbers in everything that belongs to a version: code, data, and what was described. */
function statesOf(version: JobVersion): number[] {
  const numberIn = (text: string): number => Number(/<(\d+)>/.exec(text)?.[1]);
  const code = names.map((name) =>
    numberIn(new RegExp(`${name} = "<\\d+>"`).exec(version.bundle)?.[0] ?? ""),
  );
  const texts = names.map((name) => numberIn(textIn(version.texts, `a/lib/${name}.ts`)));
  expect(texts, "the texts that are kept").to.deep.equal(code);
  expect(numberIn(version.spec.name), "what was described").to.equal(code[3]);
  const data = ["words", "zeros"].map((name) => numberIn(textIn(version.data, `a/lib/${name}.txt`)));
  return [...code, ...data];
}

const textIn = (map: ReadonlyMap<string, Uint8Array>, path: string): string =>
  Buffer.from(map.get(path) ?? []).toString();

/** A process that changes the folder `a` until it is stopped; `step` is its code, with `state` and `write(state, at)`. */
class Writer {
  private told = "";

  private constructor(private readonly process: ChildProcess) {
    process.stdout!.on("data", (chunk: Buffer) => (this.told += chunk.toString()));
  }

  static start(root: string, step: string): Writer {
    const script = `
      const fs = require("node:fs"), { join, dirname } = require("node:path");
      const root = ${JSON.stringify(root)}, ORDER = ${JSON.stringify(ORDER)};
      const filesOf = ${filesOf.toString().replaceAll("names", JSON.stringify(names))};
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const write = (folder, path, text) => {
        fs.mkdirSync(dirname(join(root, folder, path)), { recursive: true });
        // An empty data file is as good as a full one: that it is half written nobody can know.
        if (path.endsWith(".ts")) return fs.writeFileSync(join(root, folder, path), text);
        fs.writeFileSync(join(root, folder, ".new"), text);
        fs.renameSync(join(root, folder, ".new"), join(root, folder, path));
      };
      let stopped = false;
      process.once("SIGTERM", () => { stopped = true; });
      (async () => {
        let state = 0;
        while (!stopped) {
          const files = filesOf(++state);
          ${step}
          await pause((state * 7) % 40);
        }
        console.log(state);
      })();`;
    return new Writer(spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] }));
  }

  /** Lets it finish the state that it writes, and answers the number of that. */
  async stop(): Promise<number> {
    const gone = new Promise((resolve) => this.process.once("close", resolve));
    this.process.kill("SIGTERM");
    await gone;
    return Number(this.told);
  }
}

const WRITERS: { how: string; step: string; isOne(states: number[]): boolean; linked: boolean }[] = [
  {
    how: "one file after the other in place",
    step: 'for (const path of ORDER) { write("a", path, files[path]); if (state % 3 === 0) await pause(1); }',
    // The writer itself passes through "the first ones are new"; never through anything else.
    isOne: (states) =>
      states.every(
        (state, at) => at === 0 || state === states[at - 1] || state === (states[at - 1] ?? 0) - 1,
      ) && (states[0] ?? 0) - (states.at(-1) ?? 0) <= 1,
    linked: false,
  },
  {
    how: "the whole folder by one rename of a link, as volumes are swapped",
    step: `
      for (const path of Object.keys(files)) write("a/..state" + state, path, files[path]);
      fs.symlinkSync("..state" + state, join(root, "a/..data_tmp"));
      fs.renameSync(join(root, "a/..data_tmp"), join(root, "a/..data"));
      fs.rmSync(join(root, "a/..state" + (state - 1)), { recursive: true, force: true, maxRetries: 5 });`,
    isOne: (states) => states.every((state) => state === states[0]),
    linked: true,
  },
];

/** Enough different states to stop early. */
const MANY = 8;
/** So long the writer is at work at most: how many states load in that time is a matter of the machine. */
const WATCHED_MS = 3_000;

const inFolder = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([at, text]) => [`a/${at}`, text]));

describe("one load is one state of the tree", () => {
  for (const { how, step, isOne, linked } of WRITERS) {
    const made = async (): Promise<TaskFolder> => {
      const folder = await TaskFolder.make();
      if (!linked) {
        await folder.write(inFolder(filesOf(0)));
        return folder;
      }
      for (const [at, text] of Object.entries(filesOf(0))) await folder.write({ [`a/..state0/${at}`]: text });
      symlinkSync("..state0", folder.path("a/..data"));
      symlinkSync("..data/job.ts", folder.path("a/job.ts"));
      symlinkSync("..data/lib", folder.path("a/lib"));
      return folder;
    };

    it(`no load mixes two while another process changes ${how}`, async function () {
      this.timeout(60_000);
      const bench = new LoadBench();
      const folder = await made();
      const writer = Writer.start(folder.root, step);
      const seen = new Set<number>();
      const check = (version: JobVersion): void => {
        const states = statesOf(version);
        expect(isOne(states), `states ${states.join(" ")}`).to.equal(true);
        seen.add(states[0] ?? 0);
      };
      let last: number;
      try {
        const until = performance.now() + WATCHED_MS;
        while (seen.size < MANY && performance.now() < until) {
          const loaded = await bench.load(folder, "a");
          // What was half there is for the settler to forget: it tells no error before the folder is quiet.
          if (loaded.kind === "good") check(loaded.version);
        }
      } finally {
        last = await writer.stop();
      }
      check(await bench.good(folder, "a"));
      expect(seen).to.include(last);
      await bench.describer.close();
      await folder.remove();
    });

    it(`no version of the catalog mixes two while another process changes ${how}`, async function () {
      this.timeout(60_000);
      const describer = new ChildDescriber();
      const folder = await made();
      const store = new MemoryCatalogStore();
      const versions: JobVersion[] = [];
      const save = store.saveVersion.bind(store);
      store.saveVersion = (version) => {
        versions.push(version);
        return save(version);
      };
      const bench = await new CatalogBench(folder, describer, store).start();
      const writer = Writer.start(folder.root, step);
      let last: number;
      try {
        const until = performance.now() + WATCHED_MS;
        await eventually(() => versions.length >= MANY || performance.now() > until, WATCHED_MS * 2);
      } finally {
        last = await writer.stop();
      }
      await bench.serves("a", `state <${last}>`, 30_000);
      for (const version of versions) {
        const states = statesOf(version);
        expect(isOne(states), `states ${states.join(" ")}`).to.equal(true);
      }
      // In place there are states that do not load, and a writer that gets no processor for a while leaves one standing.
      if (linked) expect(bench.changes.filter(({ kind }) => kind === "failed")).to.deep.equal([]);
      await bench.catalog.stop();
      await describer.close();
      await folder.remove();
    });
  }

  it("a folder that changes whenever it is described is loaded all the same, as it was at one moment", async () => {
    const describer = new ChildDescriber();
    let state = 0;
    const folder = await TaskFolder.make(inFolder(filesOf(0)));
    const busy: Describer = {
      describe: async (bundle, limits) => {
        state++;
        await folder.write(inFolder(filesOf(state)));
        return describer.describe(bundle, limits);
      },
    };
    const bench = new LoadBench();
    const version = await bench.good(folder, "a", { describer: busy });
    expect(new Set(statesOf(version)).size).to.equal(1);
    expect(state).to.be.greaterThan(1);
    await describer.close();
    await folder.remove();
  });

  it("the catalog goes on to the newest state by itself after it took an older one", async () => {
    const describer = new ChildDescriber();
    const folder = await TaskFolder.make(inFolder(filesOf(0)));
    let state = 0;
    const busy: Describer = {
      describe: async (bundle, limits) => {
        if (state < 12) await folder.write(inFolder(filesOf(++state)));
        return describer.describe(bundle, limits);
      },
    };
    const store = new MemoryCatalogStore();
    // Without events: what it serves in the end it can know from its own looking again alone.
    const bench = new CatalogBench(folder, describer, store, {
      describer: busy,
      watch: { mode: "off", intervalMs: 200 },
    });
    await bench.start();
    await bench.serves("a", "state <12>", 20_000);
    expect(bench.kinds("a")).to.include("loaded").and.not.include("failed");
    await bench.catalog.stop();
    await describer.close();
    await folder.remove();
  });

  it("a root that is pointed to another tree in the middle of loads is loaded from one of them", async function () {
    this.timeout(60_000);
    const describer = new ChildDescriber();
    const folder = await TaskFolder.make();
    const tree = async (state: number): Promise<void> => {
      for (const [at, text] of Object.entries(filesOf(state)))
        await folder.write({ [`../trees/${state}/a/${at}`]: text });
      symlinkSync(`trees/${state}`, `${folder.base}/next`);
      renameSync(`${folder.base}/next`, `${folder.base}/current`);
      if (state > 0) await folder.remove(`../trees/${state - 1}`);
    };
    mkdirSync(`${folder.base}/trees`);
    await tree(0);
    const store = new MemoryCatalogStore();
    const versions: JobVersion[] = [];
    const save = store.saveVersion.bind(store);
    store.saveVersion = (version) => {
      versions.push(version);
      return save(version);
    };
    const bench = new CatalogBench(folder, describer, store, {
      sources: [{ name: "default", path: `${folder.base}/current` }],
      pace: { rootMs: 30 },
    });
    await bench.start();
    const last = 30;
    for (let state = 1; state <= last; state++) {
      await tree(state);
      await new Promise((resolve) => setTimeout(resolve, (state * 13) % 90));
    }
    await bench.serves("a", `state <${last}>`, 30_000);
    expect(versions.length).to.be.greaterThan(1);
    for (const version of versions) expect(new Set(statesOf(version)).size).to.equal(1);
    expect(bench.catalog.loadErrors()).to.deep.equal([]);
    await bench.catalog.stop();
    await describer.close();
    await folder.remove();
  });
});
