// The whole service as it is started: how fast it is ready, what it costs at rest, how long the real import takes.
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Service } from "../test/support/service.ts";
import { memoryOf } from "./memory.ts";
import type { Row } from "./table.ts";

const IDLE_MS = 20_000;

export async function measureService(): Promise<Row[]> {
  const startedAt = performance.now();
  const service = await Service.start({ jobs: [] });
  const readyMs = performance.now() - startedAt;
  try {
    cpSync(join(ROOT, "external_tasks"), service.tasks, { recursive: true });
    await service.call("GET", "/jobs");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const run = await service.run("import_cities");
    const again = await service.startAgainTimed();
    // The warm child of the import goes after a minute of rest; at rest there is one spare.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const before = ticksOf(service.pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const cpu = (ticksOf(service.pid) - before) / (IDLE_MS / 1000);
    const tree = [service.pid, ...childrenOf(service.pid)];
    const pss = tree.map((pid) => memoryOf(pid));
    const spare = pss.slice(1).map((memory) => memory.ownMB);
    const total = pss.reduce((sum, memory) => sum + memory.pssMB, 0);
    return [
      most("import of 34,032 rows on SQLite", run.durationMs, 1_500, "ms"),
      most("ready after the start, empty database", Math.round(readyMs), 2_000, "ms"),
      most("ready after the start, known folder", Math.round(again), 2_000, "ms"),
      most("one core at rest", Number(cpu.toFixed(2)), 1, "%"),
      most(`memory at rest, PSS of ${tree.length} processes`, Math.round(total), 150, "MB"),
      most("of its own in the spare child", Number(Math.max(...spare).toFixed(1)), 10, "MB"),
    ];
  } finally {
    await service.stop();
    rmSync(service.folder, { recursive: true, force: true });
  }
}

function most(what: string, value: number, at: number, unit: string): Row {
  return { what, figure: `${value} ${unit}`, goal: `at most ${at} ${unit}`, reached: value <= at };
}

/** User and system time of the process and its ended children, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => {
      try {
        return readFileSync(`/proc/${other}/stat`, "utf8").split(") ")[1]!.split(" ")[1] === String(pid);
      } catch {
        return false;
      }
    });
}
