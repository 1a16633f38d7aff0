// A database with very many schedules of which none is due: how soon the service is ready, and what it costs at rest.
import { readFileSync, rmSync } from "node:fs";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { Service } from "../../test/support/service.ts";
import { seedSchedules } from "./seed.ts";

export interface RestFigures {
  readyMs: number;
  /** Resident memory of the service, the heap and everything beside it. */
  memoryMB: number;
  /** Share of one core in percent, over a time in which node-cron's beat comes too. */
  corePercent: number;
}

const HOURS_AHEAD = 6;
const SETTLE_MS = 10_000;
const IDLE_MS = 65_000;

/** On an empty database with `count` 0. */
export async function measureRest(url: string, count: number): Promise<RestFigures> {
  const database = await openDatabase({ url });
  await migrate(database);
  const at = Math.ceil(Date.now() / 1000) * 1000 + HOURS_AHEAD * 3_600_000;
  await seedSchedules(database, count, at, "nothing");
  await database.close();
  const startedAt = performance.now();
  const service = await Service.start({ jobs: [], database: url });
  const readyMs = performance.now() - startedAt;
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = ticksOf(service.pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const corePercent = (ticksOf(service.pid) - before) / (IDLE_MS / 1000);
    return { readyMs, memoryMB: residentMB(service.pid), corePercent };
  } finally {
    await service.stop();
    rmSync(service.folder, { recursive: true, force: true });
  }
}

/** User and system time of the process, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentMB(pid: number): number {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kb) / 1024;
}
