// X11: a child that runs a second attempt is as a fresh one; what is not put back ends it, and so do its share and its age.
import zlib from "node:zlib";
import { expect } from "chai";
import { systemClock } from "../../src/clock.ts";
import { AttemptRig } from "../support/attempts.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/processes.ts";

const PID = `return { pid: process.pid };`;

type Leaves = [what: string, body: string, before?: string];

/** Neither keeps the process alive, and there is always a message on its way. */
const PORTS = `const ports = ({ port1, port2 }) => {
  for (const port of [port1, port2]) port.on("message", () => port.postMessage(0)).unref();
  port1.postMessage(0);
};`;

const hasZstd = "zstdCompress" in zlib;

/** Each leaves one thing behind that the next attempt could meet. */
const LEAVES: readonly Leaves[] = [
  ["a listener of process", `process.on("SIGUSR2", () => {});`],
  ["a listener of an event of its own", `process.on("theirs", () => {});`],
  ["one listener less", `process.removeAllListeners("theirs");`, `process.on("theirs", () => {});`],
  [
    "another listener in the place of one",
    `process.removeAllListeners("theirs"); process.on("theirs", () => {});`,
    `process.on("theirs", () => {});`,
  ],
  ["an open file", `openSync("/dev/null", "r");`],
  [
    "another file with the number of one that was closed",
    `closeSync(fd); fd = openSync("/dev/zero", "r");`,
    `let fd = openSync("/dev/null", "r");`,
  ],
  ["stdout as another file", `closeSync(1); openSync("/dev/null", "w");`],
  ["another working folder", `process.chdir("/");`],
  ["a new variable", `process.env.LEFT = "1";`],
  ["another value of a variable", `process.env.PATH += ":/left";`],
  ["a variable less", `delete process.env.PATH;`],
  ["another umask", `process.umask(0o777);`],
  ["another priority", `setPriority(19);`],
  ["an exit code", `process.exitCode = 3;`],
  ["a callback for exceptions", `process.setUncaughtExceptionCaptureCallback(() => {});`],
  ["a timer", `setInterval(() => {}, 60_000);`],
  ["a timer without ref", `setInterval(() => {}, 60_000).unref();`],
  ["a promised timer without ref", `void wait(60_000, null, { ref: false });`],
  ["a server", `await new Promise((done) => createServer().listen(0, "127.0.0.1", done));`],
  [
    "a server without ref",
    `await new Promise((done) => { const server = createServer(); server.listen(0, "127.0.0.1", () => done(server.unref())); });`,
  ],
  [
    "a socket without ref",
    `await new Promise((done) => { const s = createSocket("udp4"); s.bind(0, "127.0.0.1", () => done(s.unref())); });`,
  ],
  ["a watched folder without ref", `watch("/tmp", { persistent: false });`],
  ["a thread", `new Worker("setInterval(() => {}, 1000)", { eval: true });`],
  ["a thread without ref", `new Worker("setInterval(() => {}, 1000)", { eval: true }).unref();`],
  [
    "a wait of Atomics",
    `Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(8)), 0, 0, 60_000).value.then(() => console.log("late"));`,
  ],
  [
    "a wait of Atomics without end",
    `Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(8)), 0, 0).value.then(() => console.log("late"));`,
  ],
  ["brotli at work", `zlib.brotliCompress(BYTES, () => console.log("late"));`],
  ["brotli at work on what it made", `zlib.brotliDecompress(zlib.brotliCompressSync("x"), () => {});`],
  ["gzip at work", `zlib.gzip(BYTES, () => console.log("late"));`],
  ["deflate at work", `void promisify(zlib.deflate)(BYTES);`],
  ["inflate at work", `zlib.inflate(zlib.deflateSync("x"), () => console.log("late"));`],
  ...(hasZstd ? [["zstd at work", `zlib.zstdCompress(BYTES, () => {});`] satisfies Leaves] : []),

  ["a stream of zlib in the middle", `const s = zlib.createGzip(); s.resume(); s.write(BYTES);`],
  [
    "a pipeline through zlib that nobody awaits",
    `void pipeline(Readable.from([BYTES]), zlib.createGzip(), async (from) => { for await (const _ of from); });`,
  ],
  [
    "a CompressionStream in the middle",
    `void new Response(new Blob([BYTES]).stream().pipeThrough(new CompressionStream("gzip"))).text();`,
  ],
  ["two ports without ref that write to each other", `${PORTS} ports(new MessageChannel());`],
  ["two ports of node:worker_threads without ref", `${PORTS} ports(new Channel());`],
  [
    "a port on its way to be closed",
    `const { port1, port2 } = new MessageChannel(); port1.on("close", () => console.log("late")); port2.close();`,
  ],
  [
    "broadcast channels without ref",
    `const [one, two] = [new BroadcastChannel("x"), new BroadcastChannel("x")];
    for (const c of [one, two]) { c.onmessage = () => setTimeout(() => c.postMessage(0), 5); c.unref(); }
    one.postMessage(0);`,
  ],
];

const CLEAN: readonly Leaves[] = [
  ["what it opened, closed", `closeSync(openSync("/dev/null", "r"));`],
  [
    "what it changed, put back",
    `process.chdir("/"); process.chdir(here); process.env.X = "1"; delete process.env.X;`,
  ],
  [
    "a timer that is over",
    `await Promise.all([wait(30), wait(5, null, { ref: false })]); clearInterval(setInterval(() => {}, 9));`,
  ],
  ["another umask, put back", `process.umask(process.umask(0o077));`],
  ["a listener that is removed", `const f = () => {}; process.on("x", f); process.off("x", f);`],
  [
    "a server that is closed",
    `await new Promise((done) => { const server = createServer(); server.listen(0, "127.0.0.1", () => server.close(done)); }); await wait(20);`,
  ],
  ["a thread that is ended", `await new Worker("0", { eval: true }).terminate();`],
  [
    "waits of Atomics that are over",
    `const ia = new Int32Array(new SharedArrayBuffer(8));
    const both = [Atomics.waitAsync(ia, 0, 0, 5).value, Atomics.waitAsync(ia, 1, 0).value];
    Atomics.notify(ia, 1);
    const alive = setInterval(() => {}, 9);
    await Promise.all(both);
    clearInterval(alive);
    Atomics.waitAsync(ia, 0, 1);`,
  ],
  [
    "what zlib has done",
    `for (const name of ["gzip", "deflate", "brotliCompress", "zstdCompress"])
      if (zlib[name]) await promisify(zlib[name])(BYTES.subarray(0, 9_999));
    await promisify(zlib.inflate)(zlib.deflateSync("x"));
    await promisify(zlib.gunzip)("not zipped").catch(() => {});`,
  ],
  [
    "streams of zlib that are over or closed",
    `await pipeline(Readable.from([BYTES.subarray(0, 9_999)]), zlib.createGzip(), async (from) => { for await (const _ of from); });
    zlib.createGunzip().close();
    for await (const _ of zlib.createGzip().end("x"));
    await new Response(new Blob(["x"]).stream().pipeThrough(new CompressionStream("gzip"))).text();`,
  ],
  [
    "ports that are closed",
    `const alive = setInterval(() => {}, 9);
    for (const { port1, port2 } of [new MessageChannel(), new Channel()])
      await new Promise((done) => { port1.on("message", () => port1.close()).unref(); port2.once("close", done); port2.postMessage(0); });
    const channel = new BroadcastChannel("x");
    channel.close();
    await wait(20);
    clearInterval(alive);`,
  ],
  [
    "a port that a thread had, ended with it",
    `const { port1, port2 } = new MessageChannel();
    const thread = new Worker("0", { eval: true, workerData: port2, transferList: [port2] });
    await new Promise((done) => { port1.once("close", () => setTimeout(done, 20)); });
    await thread.terminate();`,
  ],
  ["a copy made by the engine", `structuredClone({ a: new Date() });`],
  [
    "a channel that its module opened",
    `module.port1.postMessage(0);`,
    `const module = new MessageChannel();`,
  ],
  ["a promise that nobody settles", `void new Promise(() => {});`],
];

const IMPORTS = `import { closeSync, openSync, watch } from "node:fs";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { setPriority } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MessageChannel as Channel, Worker } from "node:worker_threads";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";
const BYTES = Buffer.alloc(4e6, "abc1");
const here = process.cwd();
let runs = 0;
`;

describe("a child that is used again", function () {
  this.timeout(60_000);
  const rigs: AttemptRig[] = [];
  let rig: AttemptRig;
  before(async () => {
    rig = await started();
  });
  after(async () => {
    for (const one of rigs) await one.stop();
  });

  async function started(options: ConstructorParameters<typeof AttemptRig>[0] = {}): Promise<AttemptRig> {
    const one = new AttemptRig(options);
    rigs.push(one);
    await one.pool.start();
    return one;
  }

  /** The processes of so many attempts, one after the other. */
  async function pidsOf(of: AttemptRig, path: string, times: number, isolation?: "fresh"): Promise<number[]> {
    const pids: number[] = [];
    for (let i = 0; i < times; i++) {
      const { outcome } = await of.run(path, { isolation });
      expect(outcome.kind, JSON.stringify(outcome)).to.equal("result");
      pids.push((outcome as { details: { pid: number } }).details.pid);
    }
    return pids;
  }

  for (const [what, body, before = ""] of LEAVES) {
    it(`X11: is not, when an attempt left ${what}`, async () => {
      const path = rig.bundle(`async execute() { ${body} ${PID} }`, IMPORTS + before);
      const [first, second] = await pidsOf(rig, path, 2);
      expect(second).not.to.equal(first);
      await eventually(() => !isAlive(first!));
    });
  }

  for (const [what, body, before = ""] of CLEAN) {
    it(`X11: is, when an attempt left ${what}`, async () => {
      const path = rig.bundle(`async execute() { ${body} ${PID} }`, IMPORTS + before);
      expect(new Set(await pidsOf(rig, path, 3)).size).to.equal(1);
    });
  }

  it("X11: is not, when an attempt left work of zlib that it was the first to load", async () => {
    const path = rig.bundle(`async execute() {
      (await import("node:zlib")).gzip(Buffer.alloc(4e6, "abc1"), () => console.log("late"));
      ${PID}
    }`);
    const [first, second] = await pidsOf(rig, path, 2);
    expect(second).not.to.equal(first);
  });

  it('X11: `isolation: "fresh"`: each attempt has a process of its own, gone when it is over, with no state of another', async () => {
    const path = rig.bundle(`execute() { runs++; if (runs > 1) throw new Error("again"); ${PID} }`, IMPORTS);
    const pids = await pidsOf(rig, path, 4, "fresh");
    expect(new Set(pids).size).to.equal(4);
    expect(rig.pool.warmVersions().has(path)).to.equal(false);
    for (const pid of pids) await eventually(() => !isAlive(pid));
  });

  it('X11: `isolation: "fresh"` takes no child that has run its version before', async () => {
    const path = rig.bundle(`execute() { runs++; return { pid: process.pid, runs }; }`, IMPORTS);
    await pidsOf(rig, path, 2);
    expect(rig.pool.warmVersions().has(path)).to.equal(true);
    const { outcome } = await rig.run(path, { isolation: "fresh" });
    expect((outcome as { details: { runs: number } }).details.runs).to.equal(1);
  });

  it("X11: runs its share of attempts and no more", async () => {
    const own = await started({ mostAttempts: 3 });
    const path = own.bundle(`execute() { ${PID} }`);
    const pids = await pidsOf(own, path, 7);
    const uses = [...new Set(pids)].map((pid) => pids.filter((one) => one === pid).length);
    expect(uses).to.deep.equal([3, 3, 1]);
  });

  it("X11: goes with the first attempt that it ends beyond its age", async () => {
    let later = 0;
    const clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + later };
    const own = await started({ clock });
    const path = own.bundle(`execute() { ${PID} }`);
    const young = await pidsOf(own, path, 2);
    later = 59 * 60_000;
    young.push(...(await pidsOf(own, path, 1)));
    expect(new Set(young).size).to.equal(1);
    later = 61 * 60_000;
    const [last, next] = await pidsOf(own, path, 2);
    expect(last).to.equal(young[0]);
    expect(next).not.to.equal(last);
    await eventually(() => !isAlive(last!));
  });
});
