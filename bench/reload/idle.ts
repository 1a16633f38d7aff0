// What watching a folder of many files costs a service that has nothing else to do.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Service } from "../../test/support/service.ts";
import { keyOf, writeJobs } from "./folder.ts";

const FILES_PER_JOB = 10;
const SETTLE_MS = 8_000;
const IDLE_MS = 30_000;

/** Percent of one core, user and system, of the service's own process. */
export async function measureIdle(files: number, watch: "events" | "poll"): Promise<number> {
  const service = await Service.start({ jobs: [], env: { JOBMOUNT_WATCH: watch } });
  try {
    const jobs = files / FILES_PER_JOB;
    if (files > 0) writeJobs(service.tasks, jobs);
    for (let n = 0; n < jobs; n++) {
      mkdirSync(join(service.tasks, keyOf(n), "pages"));
      // job.ts and rows.ts are there.
      for (let i = 2; i < FILES_PER_JOB; i++)
        writeFileSync(join(service.tasks, keyOf(n), "pages", `page${i}.txt`), `page ${i}\n`);
    }
    const last = `/jobs/${keyOf(jobs - 1).replaceAll("/", ".")}`;
    while (files > 0 && (await service.get(last)).json.loadState !== "ready")
      await new Promise((resolve) => setTimeout(resolve, 200));
    // As after any deploy: a start with everything known.
    await service.startAgainTimed();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before = ticksOf(service.pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return (ticksOf(service.pid) - before) / (IDLE_MS / 1000);
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
