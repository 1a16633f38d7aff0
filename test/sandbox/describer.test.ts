// Describing in real children: what the import of one job does reaches no other's description, and has bounds.
import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Described, SandboxDescriber } from "../../src/sandbox/describer.ts";
import { AttemptRig } from "../support/attempts.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/processes.ts";

const LIMITS = { timeMs: 20_000, memoryBytes: 256 * 1024 * 1024 };

describe("describing", function () {
  this.timeout(60_000);
  const rig = new AttemptRig();
  const describer = new SandboxDescriber(rig.pool);
  let n = 0;
  before(() => rig.pool.start());
  after(() => rig.stop());

  /** The job's name is the process that described it. */
  const PARAMS = `requiredParams: { token: { type: "password" } }, description: String(process.pid)`;
  function bundle(before: string, definition = PARAMS): string {
    const path = join(rig.folder, `described-${++n}.mjs`);
    const head = `const { defineJob } = globalThis[Symbol.for("jobmount.sdk")];`;
    writeFileSync(
      path,
      `${head}\n${before}\nexport class Job extends defineJob({ name: "t", ${definition} }) { execute() {} }`,
    );
    return path;
  }

  const describe = (source: string, path: string): Promise<Described> =>
    describer.describe({ source, bundlePath: path, resolveFrom: [] }, LIMITS);

  async function good(source: string, before = ""): Promise<{ pid: number; type: string }> {
    const described = await describe(source, bundle(before));
    if (described.outcome !== "described") expect.fail(JSON.stringify(described));
    const { description, requiredParams } = described.spec;
    return { pid: Number(description), type: requiredParams["token"]!.type };
  }

  it("jobs of one source are described in one child in turn, those of another source in another", async () => {
    const [first, second, other] = [await good("one"), await good("one"), await good("two")];
    expect(second.pid).to.equal(first.pid);
    expect(other.pid).not.to.equal(first.pid);
    expect((await good("one")).pid, "two sources do not take each other's child away").to.equal(first.pid);
  });

  it("R1: an import that takes long makes none wait but for a moment: those after it share another child", async () => {
    const stop = new AbortController();
    const endless = describer.describe(
      { source: "slow", bundlePath: bundle("for (;;);"), resolveFrom: [] },
      LIMITS,
      stop.signal,
    );
    const from = performance.now();
    const others = [await good("slow"), await good("slow"), await good("slow")];
    expect(performance.now() - from, "far below its limit").to.be.below(LIMITS.timeMs / 2);
    expect(new Set(others.map(({ pid }) => pid)).size).to.equal(1);
    stop.abort(new Error("nobody wants it"));
    expect(await endless.catch((error: Error) => error.message)).to.equal("nobody wants it");
  });

  it("R1: a description that nobody wants any more ends at once, and its child with it", async () => {
    const { pid } = await good("stopped");
    const stop = new AbortController();
    const asked = describer.describe(
      { source: "stopped", bundlePath: bundle("for (;;);"), resolveFrom: [] },
      LIMITS,
      stop.signal,
    );
    stop.abort(new Error("saved again"));
    expect(await asked.catch((error: Error) => error.message)).to.equal("saved again");
    expect((await good("stopped")).pid).not.to.equal(pid);
    await eventually(() => !isAlive(pid), 5_000);
  });

  const PATCHES: [string, string][] = [
    [
      "JSON.stringify",
      `const { stringify } = JSON; JSON.stringify = (value) => stringify(value).replaceAll("password", "string");`,
    ],
    [
      "a prototype",
      `const { includes } = Array.prototype;
      Array.prototype.includes = function (one) { return one === "password" ? false : includes.call(this, one); };`,
    ],
    ["what every object inherits", `Object.prototype.type = "string";`],
    ["a global", `globalThis.Map = class extends Map {};`],
  ];
  for (const [what, patch] of PATCHES) {
    it(`R1: a job whose import replaces ${what} changes no spec but its own`, async () => {
      await describe("one", bundle(patch));
      expect((await good("two")).type, "of another tenant").to.equal("password");
      expect((await good("one")).type, "of its own").to.equal("password");
    });
  }

  it("X10: an import that fills the engine's own heap took too much memory, and did not just end", async () => {
    // The engine's wall stands below ours, as it does in the service.
    const small = new AttemptRig({ memoryBytes: LIMITS.memoryBytes });
    await small.pool.start();
    try {
      const path = bundle("const all = []; for (;;) all.push(new Array(1e6).fill(0));");
      const limits = { ...LIMITS, memoryBytes: 4 * LIMITS.memoryBytes };
      const described = await new SandboxDescriber(small.pool).describe(
        { source: "one", bundlePath: path, resolveFrom: [] },
        limits,
      );
      expect(described).to.deep.equal({ outcome: "out_of_memory", limitBytes: limits.memoryBytes });
    } finally {
      await small.stop();
    }
  });

  it("R1: a patch that waits for the next job finds none", async () => {
    const { pid } = await good("one", `setInterval(() => (JSON.stringify = () => "{}"), 1).unref();`);
    const next = await good("one");
    expect(next.type).to.equal("password");
    expect(next.pid).not.to.equal(pid);
  });

  it("X7: what an import starts ends with its description, and the child with it", async () => {
    const spawns = `import { spawn } from "node:child_process";
      const far = spawn("setsid", ["sleep", "300"], { stdio: "ignore", detached: true }); far.unref();`;
    const path = bundle(spawns, `description: process.pid + " " + far.pid`);
    const described = await describe("one", path);
    if (described.outcome !== "described") expect.fail(JSON.stringify(described));
    const pids = described.spec.description!.split(" ").map(Number);
    await eventually(() => !pids.some(isAlive), 5_000);
  });

  it("X10: an import that forks on and on is ended, with the number in words", async () => {
    const bomb = `import { spawn } from "node:child_process";
      for (let i = 0; i < 80; i++) spawn("sleep", ["300"], { stdio: "ignore" });
      await new Promise((resolve) => setTimeout(resolve, 15000));`;
    const described = await describe("one", bundle(bomb));
    expect(described).to.include({ outcome: "crashed" });
    expect((described as { why: string }).why).to.match(/^it had \d+ processes at a time, and may have 64$/);
  });

  it("X10: the memory of what an import starts counts too", async () => {
    const bomb = `import { spawn } from "node:child_process";
      const code = "const all = []; setInterval(() => all.push(Buffer.alloc(8e6, 1)), 5);";
      spawn(process.execPath, ["-e", code], { stdio: "ignore" });
      await new Promise((resolve) => setTimeout(resolve, 15000));`;
    expect(await describe("one", bundle(bomb))).to.include({ outcome: "out_of_memory" });
  });
});
