// Attempts in real child processes: what a job tells arrives, what it does wrong ends as one outcome.
import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { Pool } from "../../src/sandbox/pool.ts";
import type { ToldLine } from "../../src/sandbox/protocol.ts";
import type { AttemptListener } from "../../src/sandbox/given-attempt.ts";
import { limitsOf } from "../support/limits.ts";

const HEAD = `const { defineJob, PermanentError } = globalThis[Symbol.for("jobmount.sdk")];
export class Job extends defineJob({ name: "t" }) {`;

describe("pool of sandboxes", function () {
  this.timeout(20_000);
  let folder: string;
  let pool: Pool;
  let n = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-pool-"));
    pool = new Pool({
      clock: systemClock,
      tempRoot: join(folder, "temp"),
      env: { PATH: "/usr/bin:/bin" },
      warmLimit: 2,
    });
    await pool.start();
  });
  after(async () => {
    await pool.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  function bundle(body: string): string {
    const path = join(folder, `job-${++n}.mjs`);
    writeFileSync(path, `${HEAD}\n${body}\n}`);
    return path;
  }

  function orderOf(path: string, params: Record<string, unknown> = {}) {
    return {
      bundlePath: path,
      filesDir: folder,
      resolveFrom: [],
      params: params,
      run: {
        id: "run_1",
        attempt: 1,
        fireAt: null,
        trigger: "manual" as const,
        scheduleId: null,
        missed: null,
        onlyRecords: null,
      },
      dataDir: join(folder, "data"),
      secretForms: [],
      state: [["old", 1]] as const,
      env: {},
      resultSchema: null,
    };
  }

  function heapOf(pid: number): number {
    return Number(/max-old-space-size=(\d+)/.exec(readFileSync(`/proc/${pid}/cmdline`, "latin1"))?.[1]);
  }

  async function run(
    path: string,
    more: { params?: Record<string, unknown>; timeoutMs?: number; abortAfter?: number } = {},
  ) {
    const lines: ToldLine[] = [];
    const told = {
      lines,
      counts: undefined as unknown,
      failed: [] as unknown[],
      progress: [] as number[],
      state: [] as unknown[],
    };
    const listener: AttemptListener = {
      lines: (more) => void lines.push(...more),
      dropped: () => undefined,
      records: (counts, failed) => {
        told.counts = counts;
        told.failed.push(...failed);
      },
      progress: (percent) => void told.progress.push(percent),
      state: (key, value) => void told.state.push([key, value]),
    };
    const attempt = pool.run(
      path,
      orderOf(path, more.params),
      limitsOf({ timeoutMs: more.timeoutMs ?? 5_000 }),
      listener,
      "reuse",
    );
    if (more.abortAfter !== undefined) setTimeout(() => attempt.abort("user"), more.abortAfter);
    return { ...(await attempt.ended), told };
  }

  it("X4: what execute returns is the result, records and log lines arrive in order before it", async () => {
    const path = bundle(`async execute() {
      this.log.info("one"); console.log("two"); process.stdout.write("three\\nfour\\n"); this.log.warn("five", { a: 1 });
      this.records.success(2); this.records.failed("k", new Error("why")); this.progress(50, "half");
      this.state.set("new", this.state.get("old") + 1);
      return { hello: this.run.id };
    }`);
    const { outcome, told } = await run(path);
    expect(outcome).to.deep.equal({
      kind: "result",
      counts: { processed: 3, success: 2, failed: 1, skipped: 0 },
      details: { hello: "run_1" },
    });
    expect(told.lines.map((line) => line.text)).to.deep.equal(["one", "two", "three", "four", "five"]);
    expect(told.failed).to.deep.equal([{ key: "k", reason: "why" }]);
    expect(told.progress).to.deep.equal([50]);
    expect(told.state).to.deep.equal([["new", 2]]);
  });

  it("X11: a clean child runs the next attempt of its version, one that leaves a timer does not", async () => {
    const clean = bundle(`execute() { return { pid: process.pid }; }`);
    const pids = [];
    for (let i = 0; i < 3; i++)
      pids.push(((await run(clean)).outcome as { details: { pid: number } }).details.pid);
    expect(new Set(pids).size).to.equal(1);
    const dirty = bundle(`execute() { setInterval(() => {}, 1000); return { pid: process.pid }; }`);
    const others = [];
    for (let i = 0; i < 2; i++)
      others.push(((await run(dirty)).outcome as { details: { pid: number } }).details.pid);
    expect(new Set(others).size).to.equal(2);
  });

  const ends: [string, string, string, RegExp][] = [
    ["a thrown error", `execute() { throw new TypeError("bad"); }`, "error", /^bad \(job-\d+\.mjs:3\)$/],
    [
      "a file that the version does not have",
      `execute() { this.file("nope.csv"); }`,
      "error",
      /no file "nope.csv".*files/,
    ],
    [
      "a file outside",
      `execute() { this.file("../../etc/passwd"); }`,
      "error",
      /not a file of the task directory/,
    ],
    ["null thrown", `execute() { throw null; }`, "error", /null was thrown/],
    ["process.exit(0)", `execute() { process.exit(0); }`, "no_result", /process ended by itself/],
    [
      "process.exit(3)",
      `execute() { console.error("last words"); process.exit(3); }`,
      "crash",
      /exit code 3.*last words/,
    ],
    [
      "a promise that never settles",
      `execute() { return new Promise(() => {}); }`,
      "no_result",
      /waited for nothing/,
    ],
    [
      "an unhandled rejection",
      `async execute() { Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 500)); }`,
      "error",
      /unhandled rejection: lost/,
    ],
    [
      "an endless loop",
      `execute() { for (;;); }`,
      "timeout",
      /timed out after 300ms; ignored SIGTERM, killed|ended by SIGTERM/,
    ],
    ["NaN as a count", `execute() { return { processed: NaN }; }`, "invalid_result", /processed/],
    [
      "SIGKILL to itself",
      `execute() { process.kill(process.pid, "SIGKILL"); return new Promise((r) => setTimeout(r, 1000)); }`,
      "crash",
      /SIGKILL/,
    ],
  ];
  for (const [what, body, kind, cause] of ends) {
    it(`X10: ${what} ends as ${kind}`, async () => {
      const { outcome } = await run(bundle(body), { timeoutMs: what === "an endless loop" ? 300 : 5_000 });
      expect(outcome.kind).to.equal(kind);
      expect((outcome as { cause: string }).cause).to.match(cause);
    });
  }

  it("X10: bytes that are no frames on any descriptor end the attempt as protocol", async () => {
    const { outcome } = await run(
      bundle(
        `async execute() { (await import("node:fs")).writeSync(4, Buffer.alloc(64, 255)); await new Promise((r) => setTimeout(r, 2000)); }`,
      ),
    );
    expect(outcome.kind).to.equal("protocol");
  });

  it("X10: what it told before it broke the protocol is kept, also when both come in one piece", async () => {
    const path = bundle(`async execute() {
      const { writeSync } = await import("node:fs");
      this.records.success(3); console.log("the last words");
      writeSync(4, Buffer.alloc(64, 255));
      await new Promise((r) => setTimeout(r, 2000));
    }`);
    for (let i = 0; i < 5; i++) {
      const { outcome, told } = await run(path);
      expect(outcome.kind).to.equal("protocol");
      expect(told.lines.map(({ text }) => text)).to.deep.equal(["the last words"]);
    }
  });

  it("X10: a pipe to the service that is something else now ends the attempt at once, and not when its time is up", async () => {
    const path = bundle(`async execute() {
      const { closeSync, openSync } = await import("node:fs");
      closeSync(4); openSync("/dev/null", "w");
    }`);
    const { outcome } = await run(path, { timeoutMs: 20_000 });
    expect(outcome).to.deep.include({ kind: "protocol", cause: "closed its pipe to the service" });
  });

  it("X4: a job with a clock of its own fails by it neither now nor in the next attempt", async () => {
    const path = bundle(
      `execute() { performance.now = () => -1; Date.now = () => -1; return { pid: process.pid }; }`,
    );
    for (let i = 0; i < 3; i++) expect((await run(path)).outcome.kind).to.equal("result");
  });

  it("X10: what an earlier attempt wrote to stderr explains no later end in the same child", async () => {
    const path = bundle(`async execute() {
      const { writeSync } = await import("node:fs");
      if (this.params.first) writeSync(2, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\\n");
      else process.kill(process.pid, "SIGSEGV");
      return { pid: process.pid };
    }`);
    const first = await run(path, { params: { first: true } });
    expect(first.outcome.kind).to.equal("result");
    const second = await run(path);
    expect(second.outcome.kind).to.equal("crash");
  });

  it("X10: a child that was made for more memory, and whose attempt never began, becomes no common spare", async () => {
    const own = new Pool({
      clock: systemClock,
      tempRoot: join(folder, "own"),
      env: { PATH: "/usr/bin:/bin" },
      warmLimit: 2,
      memoryBytes: 64 * 1024 * 1024,
    });
    await own.start();
    const path = bundle(`execute() {}`);
    const given = own.run(
      path,
      orderOf(path),
      limitsOf({ memoryBytes: 256 * 1024 * 1024 }),
      { lines() {}, dropped() {}, records() {}, progress() {}, state() {} },
      "reuse",
    );
    given.abort("user");
    expect((await given.ended).outcome.kind).to.equal("aborted");
    const spares = [own.takeSpare(), own.takeSpare()];
    // For an instant after its start a process has no command line yet.
    await Promise.all(spares.map((spare) => spare.ready));
    expect(spares.map((spare) => heapOf(spare.pid!))).to.deep.equal([32, 32]);
    await own.stop();
  });

  it("X9: a cancel reaches the signal; what ends in the grace gets no other", async () => {
    const path = bundle(
      `async execute() { await new Promise((r) => { const t = setTimeout(r, 60000); this.signal.addEventListener("abort", () => { clearTimeout(t); r(); }); }); return {}; }`,
    );
    const { outcome, steps, groupEmptyAt } = await run(path, { abortAfter: 100 });
    expect(outcome.kind).to.equal("aborted");
    expect(steps.map((step) => step.signal)).to.deep.equal(["abort"]);
    expect(groupEmptyAt, "X7: when nothing was left of it").to.be.at.least(steps[0]!.at);
  });

  it("X11: an unref'd timer or a process that is left behind ends the child: neither reaches the next attempt", async () => {
    const leaky = [
      `execute() { setTimeout(() => console.log("LEAK"), 150).unref(); return { pid: process.pid }; }`,
      `async execute() { const { spawn } = await import("node:child_process"); spawn("sleep", ["30"], { stdio: "ignore" }).unref(); return { pid: process.pid }; }`,
    ];
    for (const body of leaky) {
      const path = bundle(body);
      const pids = [];
      for (let i = 0; i < 2; i++)
        pids.push(((await run(path)).outcome as { details: { pid: number } }).details.pid);
      expect(new Set(pids).size, body).to.equal(2);
    }
  });

  it("X11: late output of one attempt never reaches the next", async () => {
    const path = bundle(
      `execute() { if (this.params.late) setTimeout(() => console.log("LATE"), 20).unref(); return {}; }`,
    );
    await run(path, { params: { late: true } });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { told } = await run(path);
    expect(told.lines).to.deep.equal([]);
  });

  it("X9: one that is cancelled while it waits for its child never begins, and nothing of it was there", async () => {
    const path = bundle(`execute() { throw new Error("it ran"); }`);
    const nobody = { lines() {}, dropped() {}, records() {}, progress() {}, state() {} };
    const attempt = pool.run(path, orderOf(path), limitsOf(), nobody, "fresh");
    attempt.abort("user");
    const { outcome, steps, groupEmptyAt } = await attempt.ended;
    expect(outcome).to.include({ kind: "aborted", cause: "asked to end (user) before it started" });
    expect(steps).to.deep.equal([]);
    expect(groupEmptyAt).to.be.a("number");
  });
});
