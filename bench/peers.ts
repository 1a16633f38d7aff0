// What others do on this machine in this run: BullMQ with warm sandboxed children on a Redis that syncs each write.
import { Queue, QueueEvents, Worker } from "bullmq";
import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../test/support/eventually.ts";
import { median } from "./table.ts";

export interface PeerFigures {
  runsPerSecond: number;
  awaitedPerSecond: number;
  startedMs: number;
  recordedMs: number;
}

const RUNS = 5_000;
const PROCESSOR = "export default async () => ({ at: performance.timeOrigin + performance.now() });";

/** Null when there is no redis-server here. */
export async function measureBullmq(concurrency: number): Promise<PeerFigures | null> {
  try {
    execFileSync("redis-server", ["--version"]);
  } catch {
    console.log("*** LEFT OUT: BullMQ as a peer: no redis-server on this machine ***");
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "jobmount-peer-"));
  const port = await freePort();
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--save",
    "",
  ];
  const redis = spawn("redis-server", args, { stdio: "ignore" });
  try {
    await new Promise((resolve) => setTimeout(resolve, 500));
    return await measure({ host: "127.0.0.1", port }, folder, concurrency);
  } finally {
    redis.kill("SIGTERM");
    await once(redis, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  connection: { host: string; port: number },
  folder: string,
  concurrency: number,
): Promise<PeerFigures> {
  const file = join(folder, "processor.mjs");
  writeFileSync(file, PROCESSOR);
  const queue = new Queue("bench", { connection });
  const events = new QueueEvents("bench", { connection });
  const worker = new Worker("bench", file, { connection, concurrency });
  const ended = new Map<string, { at: number }>();
  worker.on("completed", (job, result: { at: number }) => void ended.set(job.id!, result));
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
  const bulk = async (n: number) => {
    ended.clear();
    for (let i = 0; i < n; i += 500)
      await queue.addBulk(Array.from({ length: 500 }, () => ({ name: "noop", data: {} })));
    await eventually(() => ended.size >= n, 120_000, 2);
  };
  await bulk(500);
  const startedAt = performance.now();
  await bulk(RUNS);
  const runsPerSecond = RUNS / ((performance.now() - startedAt) / 1000);
  ended.clear();
  const from = performance.now();
  for (let i = 0; i < 1_000; i++) await queue.add("noop", {});
  const awaitedPerSecond = 1_000 / ((performance.now() - from) / 1000);
  await eventually(() => ended.size >= 1_000, 60_000);
  const started: number[] = [];
  const recorded: number[] = [];
  for (let i = 0; i < 200; i++) {
    const at = performance.timeOrigin + performance.now();
    const job = await queue.add("noop", {});
    await eventually(() => ended.has(job.id!), 5_000, 0);
    recorded.push(performance.timeOrigin + performance.now() - at);
    started.push(ended.get(job.id!)!.at - at);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  await worker.close(true);
  await events.close();
  await queue.close();
  return { runsPerSecond, awaitedPerSecond, startedMs: median(started), recordedMs: median(recorded) };
}

/** One process per run, as schedulers without warm children do: fork, answer, exit. */
export async function measureForkPerRun(runs: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "jobmount-peer-"));
  const file = join(folder, "run.mjs");
  writeFileSync(file, "process.send({ done: true }); process.disconnect();");
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) await once(fork(file, { execArgv: [] }), "exit");
  rmSync(folder, { recursive: true, force: true });
  return runs / ((performance.now() - startedAt) / 1000);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
