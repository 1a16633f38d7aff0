// A pool without database and face: orders to children of each kind, and when the first line of their code ran.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { AttemptRig } from "../../test/support/attempts.ts";
import { memoryOf } from "../memory.ts";
import { median } from "../table.ts";

const WARM = 1_000;
const NEW_VERSIONS = 25;
const FRESH = 25;
const SUSTAINED = 100;
const FORKS = 40;
/** So long a spare has to become ready before it is asked for. */
const REST_MS = 400;

export interface StartFigures {
  warmMs: number;
  warmP99Ms: number;
  newVersionMs: number;
  freshMs: number;
  freshPerSecond: number;
  forksPerSecond: number;
  spareMB: number;
}

const BODY = `execute() { return { at: performance.timeOrigin + performance.now() }; }`;
const rest = () => new Promise((resolve) => setTimeout(resolve, REST_MS));

export async function measureStarts(): Promise<StartFigures> {
  const rig = new AttemptRig({ memoryBytes: 512 * 1024 * 1024 });
  await rig.pool.start();
  const startOf = async (path: string, isolation: "reuse" | "fresh" = "reuse"): Promise<number> => {
    const from = performance.timeOrigin + performance.now();
    const { outcome } = await rig.run(path, { isolation });
    if (outcome.kind !== "result") throw new Error(`the attempt ended as ${outcome.kind}`);
    return (outcome.details as { at: number }).at - from;
  };
  await rest();
  const spareMB = Math.max(...childrenOf(process.pid, "child.js").map((pid) => memoryOf(pid).ownMB));
  const noop = rig.bundle(BODY);
  for (let i = 0; i < 20; i++) await startOf(noop);
  const warm: number[] = [];
  for (let i = 0; i < WARM; i++) warm.push(await startOf(noop));
  const newVersions: number[] = [];
  const fresh: number[] = [];
  for (let i = 0; i < NEW_VERSIONS; i++) {
    await rest();
    newVersions.push(await startOf(rig.bundle(BODY)));
  }
  for (let i = 0; i < FRESH; i++) {
    await rest();
    fresh.push(await startOf(noop, "fresh"));
  }
  const from = performance.now();
  const many = Array.from({ length: SUSTAINED }, (_, i) => i);
  const line = async () => {
    while (many.pop() !== undefined) await startOf(noop, "fresh");
  };
  await Promise.all([line(), line()]);
  const freshPerSecond = SUSTAINED / ((performance.now() - from) / 1000);
  await rig.stop();
  const forksFrom = performance.now();
  for (let i = 0; i < FORKS; i++) spawnSync(process.execPath, ["-e", "0"]);
  const forksPerSecond = FORKS / ((performance.now() - forksFrom) / 1000);
  warm.sort((a, b) => a - b);
  return {
    warmMs: median(warm),
    warmP99Ms: warm[Math.floor(WARM * 0.99)]!,
    newVersionMs: median(newVersions),
    freshMs: median(fresh),
    freshPerSecond,
    forksPerSecond,
    spareMB,
  };
}

function childrenOf(parent: number, program: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const ours = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(parent);
        return ours && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(program);
      } catch {
        return false;
      }
    });
}
