// What an attempt may use: memory and processes over all that it made, each with its own reason and sentence.
import { expect } from "chai";
import { limitsOf } from "../../src/actors/limits.ts";
import { AttemptRig } from "../support/attempts.ts";
import { isAlive } from "../support/processes.ts";

const MIB = 1024 * 1024;

describe("limits of an attempt", function () {
  this.timeout(60_000);
  const rig = new AttemptRig();
  before(() => rig.pool.start());
  after(() => rig.stop());
  const memory = { memoryBytes: 100 * MIB };

  const bombs: [string, string][] = [
    [
      "Buffers",
      `async execute() { const all = []; for (;;) { all.push(Buffer.alloc(4e6, 1)); await new Promise((r) => setTimeout(r, 5)); } }`,
    ],
    ["Buffers without a pause", `execute() { const all = []; for (;;) all.push(Buffer.alloc(1e6, 1)); }`],
    ["the heap", `execute() { const all = []; for (;;) all.push(new Array(1e4).fill({})); }`],
    [
      "a process of its own",
      `async execute() {
        const { spawn } = await import("node:child_process");
        const bomb = "const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 5);";
        spawn(process.execPath, ["-e", bomb], { stdio: "ignore" });
        await new Promise((r) => setTimeout(r, 60000));
      }`,
    ],
    [
      "a daemon",
      `async execute() {
        const { spawn } = await import("node:child_process");
        const bomb = "const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 5);";
        spawn("setsid", ["sh", "-c", '(' + JSON.stringify(process.execPath) + ' -e ' + JSON.stringify(bomb) + ' &)'], { stdio: "ignore" });
        await new Promise((r) => setTimeout(r, 60000));
      }`,
    ],
  ];
  // The kernel lists a process with the thread that made it.
  const inWorker = (code: string): string => `async execute() {
    const { Worker } = await import("node:worker_threads");
    new Worker(${JSON.stringify(`const { spawn } = require("node:child_process"); ${code}; setInterval(() => {}, 1000);`)}, { eval: true });
    await new Promise((r) => setTimeout(r, 60000));
  }`;
  bombs.push([
    "a process that a worker thread made",
    inWorker(
      `spawn(process.execPath, ["-e", "const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 5);"], { stdio: "ignore" })`,
    ),
  ]);
  for (const [what, body] of bombs) {
    it(`X10: too much memory in ${what} ends as out_of_memory, with what was used and where the limit was set`, async () => {
      const { outcome, groupEmptyAt } = await rig.run(rig.bundle(body), {
        limits: {
          ...memory,
          timeoutMs: 30_000,
          from: { timeout: "t", memory: "the test's", processes: "p" },
        },
      });
      expect(outcome.kind).to.equal("out_of_memory");
      expect((outcome as { cause: string }).cause).to.match(
        /^killed: used \d+ MiB, limit 100 MiB \(the test's\)$/,
      );
      expect(groupEmptyAt, "nothing is left of it").to.be.a("number");
    });
  }

  it("X10: a job that stays under its limit is left alone, and its garbage counts for nothing", async () => {
    const path = rig.bundle(
      `execute() { let n = 0; for (let i = 0; i < 300; i++) n += Buffer.alloc(2e6, 1).length; return { n }; }`,
    );
    const { outcome } = await rig.run(path, { limits: { memoryBytes: 256 * MIB } });
    expect(outcome.kind).to.equal("result");
  });

  it("X10: too many processes end as too_many_processes, and all of them are gone", async () => {
    const path = rig.bundle(`async execute() {
      const { spawn } = await import("node:child_process");
      for (let i = 0; i < 100; i++) {
        const one = spawn("sleep", ["60"], { stdio: "ignore", detached: i % 2 === 0 });
        this.log.info(String(one.pid));
        await new Promise((r) => setTimeout(r, 5));
      }
      await new Promise((r) => setTimeout(r, 60000));
    }`);
    const { outcome, told } = await rig.run(path, {
      limits: {
        processes: 20,
        timeoutMs: 30_000,
        from: { timeout: "t", memory: "m", processes: "the test's" },
      },
    });
    expect(outcome.kind).to.equal("too_many_processes");
    expect((outcome as { cause: string }).cause).to.match(
      /^killed: had \d+ processes at a time, limit 20 \(the test's\)$/,
    );
    const pids = told.lines.map(({ text }) => Number(text));
    expect(pids.length).to.be.greaterThan(19);
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });

  it("X10: processes that a worker thread made are counted", async () => {
    const body = inWorker(`for (let i = 0; i < 40; i++) spawn("sleep", ["300"], { stdio: "ignore" })`);
    const { outcome } = await rig.run(rig.bundle(body), { limits: { processes: 16, timeoutMs: 30_000 } });
    expect(outcome.kind).to.equal("too_many_processes");
  });

  it("X10: each limit says where it was set", () => {
    const defaults = {
      timeoutMs: 1,
      graceMs: 1,
      memoryBytes: 2,
      processes: 3,
      logBytes: 4,
      defaulted: new Set(["JOBMOUNT_JOB_MEMORY"]),
    };
    const plain = { timeoutMs: 9, timeoutDeclared: false, memoryBytes: null };
    expect(limitsOf({}, {}, plain, defaults).from).to.deep.equal({
      timeout: "JOBMOUNT_JOB_TIMEOUT; raise with timeout: in defineJob",
      memory: "JOBMOUNT_JOB_MEMORY default; raise with memory: in defineJob",
      processes: "JOBMOUNT_JOB_PROCESSES",
    });
    const own = limitsOf(
      { timeoutMs: 7 },
      { timeoutMs: 6 },
      { ...plain, timeoutDeclared: true, memoryBytes: 8 },
      defaults,
    );
    expect(own).to.include({ timeoutMs: 7, memoryBytes: 8 });
    expect(own.from).to.include({ timeout: "set for this run", memory: "memory: in defineJob" });
  });
});

describe("a child that is too large", function () {
  this.timeout(60_000);
  const rig = new AttemptRig({ memoryBytes: 96 * MIB });
  before(() => rig.pool.start());
  after(() => rig.stop());

  it("X10: a heap that the engine gives up is out_of_memory too, with where the limit was set", async () => {
    const path = rig.bundle(`execute() { const all = []; for (;;) all.push(new Array(1e4).fill({})); }`);
    const from = { timeout: "t", memory: "the test's", processes: "p" };
    const { outcome } = await rig.run(path, { limits: { memoryBytes: 95 * MIB, timeoutMs: 30_000, from } });
    expect(outcome.kind).to.equal("out_of_memory");
    // Whichever is faster: whoever looks, or the bound of the heap.
    expect((outcome as { cause: string }).cause).to.match(
      /^(killed: used \d+ MiB|ended: its JavaScript heap was full), limit 95 MiB \(the test's\)$/,
    );
  });

  it("X11: a child whose memory has grown over half of the limit is not used again", async () => {
    const path = rig.bundle(
      `execute() { (globalThis.kept ??= []).push(Buffer.alloc(this.params.bytes, 1)); return { pid: process.pid }; }`,
    );
    const pids = [];
    for (const bytes of [1e6, 105e6, 1e6]) {
      const { outcome } = await rig.run(path, { params: { bytes }, limits: { memoryBytes: 128 * MIB } });
      pids.push((outcome as { details: { pid: number } }).details.pid);
    }
    expect(pids[0]).to.equal(pids[1]);
    expect(pids[2]).to.not.equal(pids[1]);
  });
});
