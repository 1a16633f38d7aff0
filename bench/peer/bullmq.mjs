// BullMQ with warm sandboxed children on the Redis whose port is given; prints its figures as one line of JSON.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue, Worker } from "bullmq";

const RUNS = 5_000;
const PROCESSOR = "export default async () => ({ at: performance.timeOrigin + performance.now() });";

const [port, concurrency] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "jobmount-peer-"));
const file = join(folder, "processor.mjs");
writeFileSync(file, PROCESSOR);
// BullMQ pipes the output of every child into that of this process: as many pipes as children, and no leak.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(concurrency + 10);
const connection = { host: "127.0.0.1", port };
const queue = new Queue("bench", { connection });
const worker = new Worker("bench", file, { connection, concurrency });
const ended = new Map();
let waiting = [];
worker.on("completed", (job, result) => {
  ended.set(job.id, result);
  for (const check of waiting) check();
});
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);

/** Resolves as soon as the condition holds after an end. */
function until(condition) {
  return new Promise((resolve) => {
    const check = () => {
      if (!condition()) return;
      waiting = waiting.filter((other) => other !== check);
      resolve();
    };
    waiting.push(check);
    check();
  });
}

async function bulk(n) {
  ended.clear();
  for (let i = 0; i < n; i += 500) {
    await queue.addBulk(Array.from({ length: 500 }, () => ({ name: "noop", data: {} })));
  }
  await until(() => ended.size >= n);
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

await bulk(500);
let from = performance.now();
await bulk(RUNS);
const runsPerSecond = RUNS / ((performance.now() - from) / 1000);
ended.clear();
from = performance.now();
for (let i = 0; i < 1_000; i++) await queue.add("noop", {});
const awaitedPerSecond = 1_000 / ((performance.now() - from) / 1000);
await until(() => ended.size >= 1_000);
const started = [];
const recorded = [];
for (let i = 0; i < 200; i++) {
  const at = performance.timeOrigin + performance.now();
  const job = await queue.add("noop", {});
  await until(() => ended.has(job.id));
  recorded.push(performance.timeOrigin + performance.now() - at);
  started.push(ended.get(job.id).at - at);
  await new Promise((resolve) => setTimeout(resolve, 4));
}
console.log(
  JSON.stringify({
    runsPerSecond,
    awaitedPerSecond,
    startedMs: median(started),
    recordedMs: median(recorded),
  }),
);
await worker.close(true);
await queue.close();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
