// Many schedules due in one second, in the service as it is started: when their rows are committed, seen from outside.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate, openDatabase } from "../../src/db/open.ts";
import { eventually } from "../../test/support/eventually.ts";
import { Service } from "../../test/support/service.ts";
import { seedSchedules } from "./seed.ts";

export interface BurstFigures {
  /** ms from the instant until so many of a hundred rows were committed, as another connection saw it. */
  p50Ms: number;
  p99Ms: number;
  lastMs: number;
  /** ms for which the event loop of the service was blocked at most, from the instant until the last row. */
  blockedMs: number;
  /** ms of a core that the service used in that time. */
  cpuMs: number;
  rows: number;
  /** ms from the instant until the first run had started, and the last one had ended. */
  firstStartMs: number;
}

const JOB = "burst";
const NO_OP = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Burst" }) { execute() {} }
`;
const LAG = fileURLToPath(new URL("loop-lag.mjs", import.meta.url));
/** The service must be up before its instant, have looked at all schedules, and come to rest. */
const AHEAD_MS = 20_000;
const POLL_MS = 4;

export async function measureBurst(url: string, count: number): Promise<BurstFigures> {
  const lagFile = join(tmpdir(), `jobmount-lag-${process.pid}`);
  const database = await openDatabase({ url });
  await migrate(database);
  const seedMs = count / 5;
  const at = Math.ceil((Date.now() + seedMs + AHEAD_MS) / 1000) * 1000;
  await seedSchedules(database, count, at, JOB);
  const env = {
    NODE_OPTIONS: `--import=${LAG} ${process.env["BENCH_NODE_OPTIONS"] ?? ""}`,
    JOBMOUNT_BENCH_LAG_FILE: lagFile,
  };
  const service = await Service.start({ jobs: [], database: url, env });
  try {
    mkdirSync(join(service.tasks, JOB));
    writeFileSync(join(service.tasks, JOB, "job.ts"), NO_OP);
    await eventually(async () => (await service.get(`/jobs/${JOB}`)).status === 200, 10_000);
    // The job is new, so that the saved params of all its schedules are held against it first (R7): not what is measured.
    const unchecked = "SELECT COUNT(*) AS n FROM schedules WHERE params_checked IS NULL";
    await eventually(
      async () => Number((await database.read.all(unchecked))[0]!["n"]) === 0,
      Math.max(0, at - Date.now() - 500),
    );
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now() - 500)));
    process.kill(service.pid, "SIGUSR2");
    await eventually(() => Date.now() >= at, 60_000, 1);
    // Which are still owed, from the index alone: the count of what is written would grow dearer with every row.
    const owed = "SELECT COUNT(*) AS owed FROM schedules WHERE enabled = 1 AND next_fire_at <= ?";
    let [p50Ms, p99Ms] = [0, 0];
    const lastMs = await eventually(
      async () => {
        const left = Number((await database.read.all(owed, [at]))[0]!["owed"]);
        const since = Date.now() - at;
        if (p50Ms === 0 && left <= count / 2) p50Ms = since;
        if (p99Ms === 0 && left <= count / 100) p99Ms = since;
        return left === 0 ? since : 0;
      },
      60_000,
      POLL_MS,
    );
    rmSync(lagFile, { force: true });
    process.kill(service.pid, "SIGUSR2");
    const told = await eventually(() => readFileSync(lagFile, "utf8"), 5_000);
    const { blockedMs, cpuMs } = JSON.parse(told) as { blockedMs: number; cpuMs: number };
    const [rows] = await database.read.all(
      "SELECT COUNT(*) AS n, MIN(started_at) AS first FROM task_runs WHERE fire_at = ? AND state <> 'skipped'",
      [at],
    );
    const firstStartMs = Number(rows!["first"]) - at;
    return { p50Ms, p99Ms, lastMs, blockedMs, cpuMs, rows: Number(rows!["n"]), firstStartMs };
  } finally {
    await service.terminate();
    await database.close();
    rmSync(service.folder, { recursive: true, force: true });
    rmSync(lagFile, { force: true });
  }
}
