// Attempts that wait in a child behind another: each begins once, in one place, whatever the one before it does.
import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { mayFollow } from "../../src/sandbox/child-queue.ts";
import type { Ended } from "../../src/sandbox/given-attempt.ts";
import { Line } from "../../src/sandbox/line.ts";
import { Pool } from "../../src/sandbox/pool.ts";
import { limitsOf } from "../support/limits.ts";

describe("the line of a child", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-line-"));
  const file = join(folder, "1.recall");
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  function lineAt(path: string, ...numbers: number[]) {
    const told: string[] = [];
    const made = new Line<{ n: number; heard: boolean; begunAt: number }>(
      path,
      systemClock,
      ({ n }) => void told.push(`begins ${n}`),
      ({ n }) => void told.push(`back ${n}`),
      (why) => void told.push(why),
    );
    for (const n of numbers) made.add({ n: made.number(), heard: n === 1, begunAt: 0 });
    return { made, told };
  }
  const line = (...numbers: number[]) => lineAt(file, ...numbers);

  it("X10: a recall that cannot be written throws at nobody: the child has to end, and whatever waits in it may have begun", () => {
    const { made, told } = lineAt(join(folder, "no-such-folder", "1.recall"), 1, 2);
    made.recall();
    expect(told.at(-1)).to.match(/^what waits in it cannot be taken back: ENOENT/);
    expect(made.close(false).map(({ n }) => n)).to.deep.equal([1, 2]);
  });

  it("begins one after the other, each when the one before it has ended", () => {
    const { made, told } = line(1, 2, 3);
    expect(told).to.deep.equal(["begins 1"]);
    made.ended(true);
    made.ended(true);
    expect(told).to.deep.equal(["begins 1", "begins 2", "begins 3"]);
  });

  it("X1: a recall takes back what waits only after a whole look at the pipes, and names it in the file", async () => {
    const { made, told } = line(1, 2, 3);
    made.recall();
    expect(readFileSync(file, "utf8")).to.equal("3");
    expect(told).to.deep.equal(["begins 1"]);
    await turn();
    expect(told).to.deep.equal(["begins 1", "back 2", "back 3"]);
    expect(made.recalled(2)).to.equal(true);
    expect(existsSync(file)).to.equal(false);
  });

  it("X1: whose turn came while the recall was under way is taken back only when the child says so", async () => {
    const { made, told } = line(1, 2, 3);
    made.recall();
    made.ended(true);
    await turn();
    expect(told).to.deep.equal(["begins 1", "begins 2", "back 3"]);
    expect(made.recalled(2)).to.equal(true);
    expect(told.at(-1)).to.equal("back 2");
    expect(made.front).to.equal(undefined);
  });

  it("X1: an attempt that has told something cannot be taken back any more", () => {
    const { made } = line(1, 2, 3);
    made.recall();
    made.ended(true);
    made.front!.heard = true;
    expect(made.recalled(2)).to.equal(false);
  });

  it("a recall that came too late is over with the end of the last one", () => {
    const { made } = line(1, 2);
    made.recall();
    made.ended(true);
    made.ended(true);
    expect(made.recalling).to.equal(false);
    expect(existsSync(file)).to.equal(false);
  });

  it("an order that was sent after a recall is not meant by it", async () => {
    const { made, told } = line(1, 2);
    made.recall();
    await turn();
    made.ended(true);
    made.add({ n: made.number(), heard: false, begunAt: 0 });
    expect(made.recalled(2)).to.equal(true);
    expect(told).to.deep.equal(["begins 1", "back 2", "begins 3"]);
    expect(made.front?.n).to.equal(3);
  });

  it("X1: with a child that is gone, only what was at work has begun; all have when its words cannot be trusted", () => {
    const sound = line(1, 2, 3);
    expect(sound.made.close(true).map(({ n }) => n)).to.deep.equal([1]);
    expect(sound.told).to.deep.equal(["begins 1", "back 2", "back 3"]);
    const broken = line(1, 2, 3);
    expect(broken.made.close(false).map(({ n }) => n)).to.deep.equal([1, 2, 3]);
    expect(broken.told).to.deep.equal(["begins 1"]);
  });

  it("X11: code that can write past the log is never queued", () => {
    const path = join(folder, "bundle.mjs");
    const may = (text: string) => {
      writeFileSync(path, text);
      return mayFollow(path);
    };
    expect(may(`export class Job { execute() { console.log("a") } }`)).to.equal(true);
    expect(may(`import { writeSync } from "node:fs"; writeSync(1, "x")`)).to.equal(false);
    expect(may(`import { execSync } from "child_process"`)).to.equal(false);
    expect(may(`process._rawDebug("x")`)).to.equal(false);
    expect(may(`await import("./more.mjs")`)).to.equal(false);
  });
});

describe("lines of real children", function () {
  this.timeout(120_000);
  let folder: string;
  let pool: Pool;
  let n = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-lines-"));
    pool = new Pool({
      clock: systemClock,
      tempRoot: join(folder, "temp"),
      env: { PATH: "/usr/bin:/bin" },
      warmLimit: 4,
    });
    await pool.start();
  });
  after(async () => {
    await pool.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Each attempt writes its name when it begins: behind the back of the check that would keep it out of lines. */
  const WITNESS = `const fs = process["getBuiltin" + "Module"]("fs");
    fs.appendFileSync(this.params.witness, this.run.id + " " + process.pid + "\\n");`;

  async function job(body: string) {
    const path = join(folder, `job-${++n}.mjs`);
    writeFileSync(
      path,
      `const { defineJob } = globalThis[Symbol.for("jobmount.sdk")];
      export class Job extends defineJob({ name: "t" }) { async execute() {
        if (this.params.witness) { ${WITNESS} }
        console.log(this.run.id);
        ${body} } }`,
    );
    const witness = join(folder, `witness-${n}`);
    const start = (id: string, params: Record<string, unknown> = {}, timeoutMs = 20_000) => {
      const lines: string[] = [];
      const attempt = pool.run(
        path,
        {
          bundlePath: path,
          filesDir: folder,
          resolveFrom: [],
          params,
          run: {
            id,
            attempt: 1,
            fireAt: null,
            trigger: "manual",
            scheduleId: null,
            missed: null,
            onlyRecords: null,
          },
          dataDir: join(folder, "data"),
          state: [],
          secretForms: [],
          env: {},
          resultSchema: null,
        },
        limitsOf({ timeoutMs, graceMs: 100 }),
        {
          lines: (told) => void lines.push(...told.map(({ text }) => text)),
          dropped: () => undefined,
          records: () => undefined,
          progress: () => undefined,
          state: () => undefined,
        },
        "reuse",
      );
      return { id, lines, ...attempt };
    };
    // Now it is known that its attempts take next to nothing, and two children are warm.
    for (let round = 0; round < 15; round++)
      await Promise.all(Array.from({ length: 8 }, (_, i) => start(`warm_${i}`).ended));
    const many = (
      count: number,
      odd: number,
      params: Record<string, unknown>,
      timeoutMs?: number,
      from = 0,
    ) =>
      Array.from({ length: count }, (_, i) =>
        start(`run_${from + i}`, { witness, ...(i === odd ? params : {}) }, timeoutMs),
      );
    const begun = () =>
      readFileSync(witness, "utf8")
        .trim()
        .split("\n")
        .map((text) => text.split(" "));
    return { start, many, begun };
  }

  const kinds = (ended: readonly Ended[]) => ended.map(({ outcome }) => outcome.kind);
  const once = (begun: readonly string[][], count: number) => {
    const ids = begun.map(([id]) => id!);
    expect(ids.length, "attempts that began").to.equal(count);
    expect(new Set(ids).size, "each once").to.equal(count);
  };

  it("X11: attempts that follow each other in a child keep their lines apart", async () => {
    const { many, begun } = await job("");
    // No more at once than a service has slots: beyond its limit of lines, each would start a process.
    const attempts: ReturnType<typeof many> = [];
    for (let i = 0; i < 10; i++) {
      const some = many(30, -1, {}, undefined, 30 * i);
      attempts.push(...some);
      await Promise.all(some.map((attempt) => attempt.ended));
    }
    const ended = await Promise.all(attempts.map((attempt) => attempt.ended));
    expect(new Set(kinds(ended))).to.deep.equal(new Set(["result"]));
    for (const { id, lines } of attempts) expect(lines).to.deep.equal([id]);
    once(begun(), 300);
    // Lines were at work: without them as many children had begun as attempts were asked for at once.
    expect(new Set(begun().map(([, pid]) => pid)).size).to.be.below(30);
  });

  it("X10: who waits behind an endless loop begins elsewhere, once, and soon", async () => {
    const { many, begun } = await job("if (this.params.spin) for (;;);");
    const from = performance.now();
    const attempts = many(40, 2, { spin: true }, 3_000);
    const ended = await Promise.all(attempts.filter((_, i) => i !== 2).map((attempt) => attempt.ended));
    expect(performance.now() - from, "ms for the others").to.be.below(2_500);
    expect(new Set(kinds(ended))).to.deep.equal(new Set(["result"]));
    expect((await attempts[2]!.ended).outcome.kind).to.equal("timeout");
    once(begun(), 40);
  });

  it("X10: who waits behind one that awaits for long begins elsewhere, and the child is used again", async () => {
    const { start, many, begun } = await job(
      "if (this.params.wait) await new Promise((done) => setTimeout(done, 400));",
    );
    const attempts = many(40, 1, { wait: true });
    const ended = await Promise.all(attempts.map((attempt) => attempt.ended));
    expect(new Set(kinds(ended))).to.deep.equal(new Set(["result"]));
    once(begun(), 40);
    expect((await start("after").ended).outcome.kind).to.equal("result");
  });

  for (const [what, body, kind] of [
    ["ends its process", "if (this.params.odd) process.exit(3);", "crash"],
    ["leaves a timer", "if (this.params.odd) setInterval(() => {}, 1000);", "result"],
    [
      "throws outside its promise",
      'if (this.params.odd) { setTimeout(() => { throw new Error("x") }); await new Promise((r) => setTimeout(r, 5000)); }',
      "error",
    ],
  ] as const) {
    it(`X1: behind one that ${what}, each begins once elsewhere`, async () => {
      const { many, begun } = await job(body);
      const attempts = many(40, 3, { odd: true });
      const ended = await Promise.all(attempts.map((attempt) => attempt.ended));
      expect(ended[3]!.outcome.kind).to.equal(kind);
      expect(new Set(kinds(ended.filter((_, i) => i !== 3)))).to.deep.equal(new Set(["result"]));
      once(begun(), 40);
      for (const { id, lines } of attempts) expect(lines).to.deep.equal([id]);
    });
  }

  it("X9: who is cancelled while it waits behind another never begins", async () => {
    const { many, begun } = await job(
      "if (this.params.spin) { const end = Date.now() + 500; while (Date.now() < end); }",
    );
    const attempts = [...many(1, 0, { spin: true }), ...many(1, 0, { spin: true }), ...many(6, -1, {})];
    const last = attempts.at(-1)!;
    last.abort("user");
    const ended = await Promise.all(attempts.map((attempt) => attempt.ended));
    expect(ended.at(-1)!.outcome).to.include({
      kind: "aborted",
      cause: "asked to end (user) before it started",
    });
    expect(new Set(kinds(ended.slice(0, -1)))).to.deep.equal(new Set(["result"]));
    expect(last.lines).to.deep.equal([]);
    expect(begun().length).to.equal(7);
  });
});
