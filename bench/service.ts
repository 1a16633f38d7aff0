// The whole service as it is started: how fast it is ready, what it costs at rest, how long the real import takes.
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Service } from "../test/support/service.ts";
import { memoryOf } from "./memory.ts";
import type { Row } from "./table.ts";

/** A child that described jobs lingers for 10 s after a start, and the first full scan comes then. */
const REST_MS = 15_000;
const IDLE_MS = 30_000;

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
    // Started anew, so that the warm child of the import, which stays for more than a minute, is none of it: one spare is left.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const tree = [service.pid, ...childrenOf(service.pid)];
    const ticks = () => tree.reduce((sum, pid) => sum + ticksOf(pid), 0);
    const before = ticks();
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const cpu = (ticks() - before) / (IDLE_MS / 1000);
    const pss = tree.map((pid) => memoryOf(pid));
    const spare = pss.slice(1).map((memory) => memory.ownMB);
    const total = pss.reduce((sum, memory) => sum + memory.pssMB, 0);
    return [
      most("import of 34,032 rows on SQLite", run.durationMs, 1_500, "ms"),
      most("ready after the start, empty database", Math.round(readyMs), 2_000, "ms"),
      most("ready after the start, known folder", Math.round(again), 2_000, "ms"),
      most(`one core at rest, ${tree.length} processes`, Number(cpu.toFixed(2)), 1, "%"),
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

/** User and system time of the process and of its children that have ended, in hundredths of a second; nothing of one that is gone. */
function ticksOf(pid: number): number {
  const fields = statOf(pid);
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields?.[field] ?? 0), 0);
}

function childrenOf(pid: number): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((other) => statOf(other)?.[1] === String(pid));
}

/** Field 3 (the state) and those after it; undefined when there is no such process any longer. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  } catch {
    return undefined;
  }
}
