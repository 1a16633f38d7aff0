// What a job writes: in order, bounded, and never lost when its process dies; and how its end is told in words.
import { expect } from "chai";
import { cutLine, LineCutter, OutputCap, writtenLength } from "../../src/sandbox/lines.ts";
import { AttemptRig } from "../support/attempts.ts";

describe("lines", () => {
  it("L1: come whole out of any cut of the text", () => {
    const text = "one\n\nthree ü\nrest";
    for (let cut = 0; cut <= text.length; cut++) {
      const cutter = new LineCutter();
      const lines = [...cutter.push(text.slice(0, cut)), ...cutter.push(text.slice(cut))];
      expect([...lines, cutter.flush()]).to.deep.equal(["one", "", "three ü", "rest"]);
    }
    expect(new LineCutter().flush()).to.equal(undefined);
  });

  it("L1: one that is too long is cut once, with its whole length, whatever pieces it came in", () => {
    const cutter = new LineCutter();
    for (let i = 0; i < 100; i++) expect(cutter.push("x".repeat(1_000))).to.deep.equal([]);
    const whole = cutter.push("\n")[0]!;
    expect(whole).to.equal(cutLine("x".repeat(100_000)));
    expect(whole).to.match(/^x{16384}… \(cut, 100000 characters\)$/);
  });

  it("L1: a cut line tells how long it was", () => {
    expect(writtenLength(cutLine("x".repeat(100_000)))).to.equal(100_000);
    expect(writtenLength("… (cut, 7 characters)")).to.equal(21);
  });

  it("L1: once a line did not fit, none does; empty ones count too", () => {
    const cap = new OutputCap(1_000);
    expect(cap.fits(900)).to.equal(true);
    expect(cap.fits(100)).to.equal(false);
    expect(cap.fits(0)).to.equal(false);
    const empty = new OutputCap(1_000);
    for (let i = 0; i < 100; i++) empty.fits(0);
    expect(empty.full).to.equal(true);
  });
});

describe("output of attempts", function () {
  this.timeout(60_000);
  const rig = new AttemptRig();
  before(() => rig.pool.start());
  after(() => rig.stop());

  const ends: [string, string, RegExp][] = [
    [
      "process.exit(3)",
      `process.exit(3)`,
      /^ended with exit code 3 before returning a result; last line: line 5$/,
    ],
    [
      "process.exit(0)",
      `process.exit(0)`,
      /before execute returned: process.exit was called; last line: line 5$/,
    ],
    [
      "a promise that nobody settles",
      `return new Promise(() => {})`,
      /it waited for nothing that could still happen; last line: line 5$/,
    ],
    [
      "SIGKILL",
      `process.kill(process.pid, "SIGKILL"); for (;;);`,
      /^ended by signal SIGKILL before returning a result; last line: line 5$/,
    ],
    [
      "an abort of the engine",
      `process.abort()`,
      // What the engine writes about itself ends with empty lines.
      /^ended by signal SIGABRT before returning a result; last line: \S/,
    ],
  ];
  for (const [what, code, cause] of ends) {
    it(`X10: the last lines before ${what} are kept`, async () => {
      const body = `execute() { for (let i = 1; i <= 5; i++) this.log.info("line " + i); ${code}; }`;
      const { outcome, told } = await rig.run(rig.bundle(body));
      expect((outcome as { cause: string }).cause).to.match(cause);
      const lines = told.lines.filter(({ stream }) => stream === "log").map(({ text }) => text);
      expect(lines).to.deep.equal(["line 1", "line 2", "line 3", "line 4", "line 5"]);
    });
  }

  it("L1: what is dropped is told with the size that the job wrote, not that of what would have been kept", async () => {
    const body = `async execute() {
      const { writeSync } = await import("node:fs");
      const write = (chunk) => { for (let at = 0; at < chunk.length;) try { at += writeSync(1, chunk, at); } catch (e) { if (e.code !== "EAGAIN") throw e; } };
      const line = "x".repeat(1e6) + "\\n";
      if (this.params.raw) for (let i = 0; i < 40; i++) write(Buffer.from(line));
      else for (let i = 0; i < 40; i++) console.log("x".repeat(1e6));
    }`;
    const path = rig.bundle(body);
    for (const [raw, bytes] of [
      [true, 40_000_040],
      [false, 40_000_040],
    ] as const) {
      const { told, outcome } = await rig.run(path, {
        params: { raw },
        limits: { outputBytes: 100_000, timeoutMs: 60_000 },
      });
      expect(outcome.kind).to.equal("result");
      const kept = told.lines.reduce((sum, { text }) => sum + writtenLength(text), 0);
      // A raw line that was begun before the log was full is not counted twice.
      expect(told.droppedBytes + kept, String(raw)).to.be.within(bytes - 1_000_000, bytes + 1_000);
    }
  });

  it("X9: a job that waits for the abort signal alone lives until it comes, and one that stops listening does not", async () => {
    const path = rig.bundle(`async execute() {
      await new Promise((resolve) => {
        this.signal.addEventListener("abort", resolve, { once: true });
        if (this.params.stops) this.signal.removeEventListener("abort", resolve);
      });
      this.log.info("tidied up");
    }`);
    const { outcome, told, steps } = await rig.run(path, { abortAfter: 700 });
    expect(outcome).to.include({ kind: "aborted" });
    expect(steps.map(({ signal }) => signal)).to.deep.equal(["abort"]);
    expect(told.lines.map(({ text }) => text)).to.deep.equal(["tidied up"]);
    expect((await rig.run(path, { params: { stops: true } })).outcome).to.include({ kind: "no_result" });
  });

  it("L1: what goes through Node is one order; what is written past it keeps its own, in the same attempt", async () => {
    const path = rig.bundle(`async execute() {
      const { writeSync } = process.getBuiltinModule("node:fs");
      for (let i = 0; i < 40; i++) {
        console.log("node " + 4 * i);
        writeSync(1, "raw " + i + "\\n");
        this.log.info("node " + (4 * i + 1));
        process.stderr.write("node " + (4 * i + 2) + "\\n");
        process.stdout.write("node " + (4 * i + 3) + "\\n");
      }
    }`);
    const { outcome, told } = await rig.run(path);
    expect(outcome.kind).to.equal("result");
    const texts = told.lines.map(({ text }) => text);
    const numbers = (kind: string) =>
      texts.filter((text) => text.startsWith(kind)).map((text) => Number(text.slice(kind.length)));
    expect(numbers("node ")).to.deep.equal(Array.from({ length: 160 }, (_, i) => i));
    expect(numbers("raw ")).to.deep.equal(Array.from({ length: 40 }, (_, i) => i));
  });

  it("X10: many lines before process.exit are all kept", async () => {
    const { told } = await rig.run(
      rig.bundle(`execute() { for (let i = 0; i < 5000; i++) console.log(i); process.exit(3); }`),
    );
    expect(told.lines.map(({ text }) => Number(text))).to.deep.equal(
      Array.from({ length: 5_000 }, (_, i) => i),
    );
  });

  const writers: [string, string][] = [
    ["console.log", `const line = "x".repeat(99); for (let i = 0; i < 300000; i++) console.log(line);`],
    [
      "stdout itself",
      `const { spawnSync } = await import("node:child_process"); spawnSync("sh", ["-c", "yes | head -c 30000000"], { stdio: "inherit" });`,
    ],
    [
      "empty lines",
      `const many = "\\n".repeat(100000); for (let i = 0; i < 100; i++) process.stdout.write(many);`,
    ],
  ];
  for (const [what, code] of writers) {
    it(`L1: output over the cap is cut and no failure: ${what}`, async () => {
      const { outcome, told } = await rig.run(rig.bundle(`async execute() { ${code} }`), {
        limits: { outputBytes: 100_000, timeoutMs: 30_000 },
      });
      expect(outcome.kind, (outcome as { cause?: string }).cause).to.equal("result");
      const kept = told.lines.reduce((sum, { text }) => sum + text.length + 64, 0);
      // Short of the cap by less than one more line of it: what was never written out is cut in whole chunks.
      const longest = Math.max(...told.lines.map(({ text }) => text.length));
      expect(kept).to.be.within(100_000 - longest - 64, 100_000);
      expect(told.droppedBytes + told.lines.length).to.be.greaterThan(
        what === "empty lines" ? 1 : 20_000_000,
      );
    });
  }

  it("L1: lines of ten characters are kept up to the cap with 64 bytes each, and their fields count", async () => {
    const path = rig.bundle(
      `execute() { for (let i = 0; i < 9000; i++) this.log.info("0123456789", this.params.fields ? { a: "bc" } : undefined); }`,
    );
    const limits = { outputBytes: 74_000 };
    expect((await rig.run(path, { limits })).told.lines.length).to.equal(1_000);
    const { told } = await rig.run(path, { limits, params: { fields: true } });
    expect(told.lines.length).to.equal(Math.floor(74_000 / (10 + 10 + 64)));
    expect(told.droppedBytes).to.equal(20 * (9_000 - told.lines.length));
  });

  it("L1: lines that a job forges count with their fields too", async () => {
    const path = rig.bundle(`async execute() {
      const { writeSync } = await import("node:fs");
      const line = { time: 1, level: "info", stream: "log", text: "", fields: { a: "x".repeat(10_000) } };
      const text = Buffer.from(JSON.stringify({ t: "log", lines: [line] }));
      const frame = Buffer.alloc(4 + text.length); frame.writeUInt32BE(text.length); text.copy(frame, 4);
      for (let i = 0; i < 100; i++) for (let at = 0; at < frame.length;)
        try { at += writeSync(4, frame, at); } catch (error) { if (error.code !== "EAGAIN") throw error; }
    }`);
    const { told, outcome } = await rig.run(path, { limits: { outputBytes: 100_000 } });
    expect(outcome.kind).to.equal("result");
    expect(told.lines.length).to.equal(9);
    expect(told.droppedBytes).to.equal(91 * 10_008);
  });

  it("X10: a job that closes its pipe, or writes to the one on which it is told, ends as protocol", async () => {
    const closes = await rig.run(
      rig.bundle(
        `async execute() { (await import("node:fs")).closeSync(4); this.log.info("x"); await new Promise((r) => setTimeout(r, 3000)); }`,
      ),
    );
    expect(closes.outcome.kind).to.equal("protocol");
    const writes = await rig.run(
      rig.bundle(
        `async execute() { (await import("node:fs")).writeSync(3, "x"); await new Promise((r) => setTimeout(r, 3000)); }`,
      ),
    );
    expect(writes.outcome.kind).to.equal("protocol");
  });

  it("X4: a result is worth nothing without a clean end: two of them are a broken protocol", async () => {
    const end = {
      t: "end",
      end: { kind: "result", counts: { processed: 9, success: 9, failed: 0, skipped: 0 }, details: null },
    };
    const path = rig.bundle(`async execute() {
      const text = Buffer.from(${JSON.stringify(JSON.stringify(end))});
      const frame = Buffer.alloc(4 + text.length); frame.writeUInt32BE(text.length); text.copy(frame, 4);
      (await import("node:fs")).writeSync(4, frame);
    }`);
    const { outcome } = await rig.run(path);
    expect(outcome.kind).to.equal("protocol");
    expect((outcome as { cause: string }).cause).to.include("after the end of the attempt");
  });

  it("X10: random bytes on every descriptor end as protocol, and the next attempts are well", async () => {
    const path = rig.bundle(`async execute() {
      const { writeSync, readdirSync } = await import("node:fs");
      const { randomBytes } = await import("node:crypto");
      for (let i = 0; i < 5; i++)
        for (const fd of readdirSync("/proc/self/fd").map(Number).sort((a, b) => a - b)) {
          // Ours come first: the engine's own, above them, end its process when somebody writes to them.
          try { writeSync(fd, randomBytes(1 + Math.floor(Math.random() * 5000))); } catch {}
        }
      await new Promise((r) => setTimeout(r, 3000));
    }`);
    const well = rig.bundle(`execute() { return { well: true }; }`);
    for (let i = 0; i < 5; i++) {
      const { outcome } = await rig.run(path, { limits: { timeoutMs: 5_000 } });
      expect(outcome.kind, (outcome as { cause?: string }).cause).to.equal("protocol");
      expect((await rig.run(well)).outcome.kind).to.equal("result");
    }
  });

  it("X10: a flood of messages leaves others on time", async () => {
    const flood = rig.bundle(`async execute() {
      const { writeSync } = await import("node:fs");
      const text = Buffer.from(JSON.stringify({ t: "progress", percent: 1, message: null }));
      const frame = Buffer.alloc(4 + text.length); frame.writeUInt32BE(text.length); text.copy(frame, 4);
      const many = Buffer.concat(Array(1000).fill(frame));
      const until = Date.now() + 2000;
      while (Date.now() < until) writeSync(4, many);
    }`);
    const victim = rig.bundle(`execute() { return { at: performance.timeOrigin + performance.now() }; }`);
    await rig.run(victim);
    const flooding = rig.run(flood, { limits: { timeoutMs: 20_000 } });
    for (let i = 0; i < 15; i++) {
      const from = performance.timeOrigin + performance.now();
      const { outcome } = await rig.run(victim);
      expect((outcome as { details: { at: number } }).details.at - from).to.be.lessThan(1_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await flooding).outcome.kind).to.equal("result");
  });
});
