// What others do on this machine in this run: BullMQ with warm sandboxed children on a Redis that syncs each write.
import { fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../test/support/eventually.ts";

export interface PeerFigures {
  runsPerSecond: number;
  awaitedPerSecond: number;
  startedMs: number;
  recordedMs: number;
}

/** Null when there is no redis-server here, or the peer's packages are not installed. */
export async function measureBullmq(concurrency: number): Promise<PeerFigures | null> {
  const script = fileURLToPath(new URL("peer/bullmq.mjs", import.meta.url));
  const packages = new URL("peer/node_modules/bullmq", import.meta.url);
  if (!existsSync(packages) || spawnSync("redis-server", ["--version"]).status !== 0) {
    console.log(
      "*** LEFT OUT: BullMQ as a peer: needs redis-server and `npm install --prefix bench/peer` ***",
    );
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "jobmount-peer-"));
  const port = await freePort();
  const redis = spawn(
    "redis-server",
    [
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
    ],
    { stdio: "ignore" },
  );
  try {
    await eventually(() => spawnSync("redis-cli", ["-p", String(port), "ping"]).stdout.includes("PONG"));
    const peer = spawn(process.execPath, [script, String(port), String(concurrency)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    peer.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await once(peer, "exit");
    return JSON.parse(text) as PeerFigures;
  } finally {
    redis.kill("SIGTERM");
    await once(redis, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
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
