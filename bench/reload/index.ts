// `npm run bench:reload`: from a save to the run that executes it with 500 jobs, what reloads cost, and what watching costs.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Service } from "../../test/support/service.ts";
import { median, printTable, type Row } from "../table.ts";
import { keyOf, writeJobs } from "./folder.ts";
import { measureGrowth } from "./growth.ts";
import { measureIdle } from "./idle.ts";
import { measureWatchers } from "./peers.ts";
import { measureSaves } from "./saves.ts";

const [jobs = "500", saves = "300", reloads = "1000"] = process.argv.slice(2);
const START_MS = 120_000;

function most(what: string, value: number, at: number, unit: string, digits = 0): Row {
  const [figure, goal] = [`${value.toFixed(digits)} ${unit}`, `at most ${at} ${unit}`];
  return { what, figure, goal, reached: value <= at };
}

const plain = (what: string, value: number, unit: string, digits = 0): Row => ({
  what,
  figure: `${value.toFixed(digits)} ${unit}`,
  goal: "",
  reached: null,
});

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;

/** From the start of the process until every job of the folder serves, by the service's own word. */
async function untilReady(service: Service, startedAt: number): Promise<number> {
  while (performance.now() - startedAt < START_MS) {
    // Of the last one first: counting all costs the service more than it should do meanwhile.
    const { json } = await service.get(`/jobs/${keyOf(Number(jobs) - 1).replace("/", ".")}`);
    if (json.loadState === "ready" && (await countJobs(service)) === Number(jobs))
      return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not all jobs were ready within ${START_MS} ms`);
}

/** The same for a first start, by the log: to ask meanwhile would keep the service busy with answers. */
async function untilLoaded(service: Service, startedAt: number): Promise<number> {
  while (performance.now() - startedAt < START_MS) {
    const loaded = service.output.match(/loaded job=team-/g)?.length ?? 0;
    const ms = performance.now() - startedAt;
    if (loaded === Number(jobs) && (await countJobs(service)) === loaded) return ms;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not all jobs were loaded within ${START_MS} ms`);
}

async function countJobs(service: Service): Promise<number> {
  let [ready, cursor] = [0, ""];
  for (;;) {
    const { json } = await service.get(`/jobs?source=default&limit=200${cursor && `&cursor=${cursor}`}`);
    ready += json.data.filter((job: { loadState: string }) => job.loadState === "ready").length;
    if (!json.page.hasMore) return ready;
    cursor = encodeURIComponent(json.page.next);
  }
}

async function main(): Promise<void> {
  const model = cpus()[0]?.model ?? "unknown";
  const load = () => loadavg()[0]!.toFixed(1);
  console.log(
    `Node ${process.version}, ${cpus().length} cores (${model}), ${new Date().toISOString().slice(0, 10)}, load ${load()}`,
  );
  const folder = mkdtempSync(join(tmpdir(), "jobmount-bench-"));
  const tasks = join(folder, "external_tasks");
  mkdirSync(tasks);
  writeJobs(tasks, Number(jobs));
  let startedAt = performance.now();
  const service = await Service.start({ folder, env: { NODE_OPTIONS: "--inspect=127.0.0.1:0" } });
  try {
    const coldMs = await untilLoaded(service, startedAt);
    await service.terminate();
    startedAt = performance.now();
    await service.startAgain();
    const listensMs = performance.now() - startedAt;
    const knownMs = await untilReady(service, startedAt);
    const timed = await measureSaves(service, Number(jobs), Number(saves));
    const growth = await measureGrowth(service, Number(reloads));
    printTable(`${jobs} jobs, ${saves} saves, load ${load()}`, [
      most("save to loaded: what the next run executes, p50", median(timed.loadedMs), 40, "ms", 1),
      most("save to loaded, p99", at(timed.loadedMs, 0.99), 150, "ms", 1),
      plain("save to the first line of the next run, p50", median(timed.startedMs), "ms", 1),
      plain("save to the first line of the next run, p99", at(timed.startedMs, 0.99), "ms", 1),
      most(`heap after ${reloads} reloads of one job, beyond that before`, growth.heapMB, 5, "MB", 1),
      most(`resident memory after ${reloads} reloads, beyond that before`, growth.residentMB, 5, "MB", 1),
      most(`first start, ${jobs} jobs ready`, coldMs, 4_000, "ms"),
      most(`start with an unchanged folder, ${jobs} jobs ready`, knownMs, 1_000, "ms"),
      plain("of that until it listens", listensMs, "ms"),
    ]);
  } finally {
    await service.stop();
  }
  const peers = await measureWatchers(20);
  printTable(
    `Beside it: save to the first line of the new code, a folder of one file, load ${load()}`,
    peers.map(({ name, ms }) => plain(name, median(ms), "ms")),
  );
  const base = await measureIdle(0, "events");
  const events = await measureIdle(5_000, "events");
  const polling = await measureIdle(5_000, "poll");
  printTable(`One core at rest, in percent, load ${load()}`, [
    plain("no job at all", base, "%", 2),
    // Of all that the service does then, not only what the files add to it.
    most("5,000 files with events", events, 1, "%", 2),
    most("5,000 files polled", polling, 5, "%", 2),
  ]);
  rmSync(folder, { recursive: true, force: true });
}

await main();
process.exit(0);
