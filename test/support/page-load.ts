// What the page costs a browser: full lists on a slow processor, and work while changes stream in. For tests and benches.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { addPastRuns } from "./past-runs.ts";
import { eventually } from "./eventually.ts";
import { type Json, Service } from "./service.ts";

export const ROWS = 50;
const STRIP = 30;
/** Lists whose first page is full here. */
export const LISTS = ["/jobs", "/runs", "/schedules", "/audit"] as const;

const JOB = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Job NUMBER of many", description: "One of fifty that fill a page" }) {
  execute() {
    this.records.success(NUMBER);
  }
}
`;

/** A service whose lists have full pages of fifty rows. */
export async function fullService(): Promise<Service> {
  const service = await Service.start({ jobs: ["noop"] });
  for (let i = 10; i < 10 + ROWS; i++) {
    mkdirSync(join(service.tasks, `job_${i}`));
    writeFileSync(join(service.tasks, `job_${i}`, "job.ts"), JOB.replaceAll("NUMBER", String(i)));
  }
  const isReady = ({ loadState }: Json) => loadState === "ready";
  await eventually(
    async () => ((await service.get("/jobs?limit=200")).json.data as Json[]).filter(isReady).length > ROWS,
    90_000,
    200,
  );
  for (let i = 10; i < 10 + ROWS; i++)
    await service.call("POST", "/schedules", {
      job: `job_${i}`,
      name: `each night ${i}`,
      cron: `${i} 3 * * *`,
    });
  // A strip of thirty runs in each row.
  const now = Date.now();
  const past = Array.from({ length: ROWS * STRIP }, (_, n) => ({
    jobKey: `job_${10 + (n % ROWS)}`,
    jobName: `Job ${10 + (n % ROWS)} of many`,
    at: now - (ROWS * STRIP - n) * 30_000,
    durationMs: 200 + ((n * 137) % 900),
    state: n % 11 === 0 ? ("failed" as const) : ("succeeded" as const),
    records: { success: n % 90, failed: n % 11 === 0 ? 2 : 0 },
  }));
  await addPastRuns(service, past);
  return service;
}

/** Milliseconds of processor time that the page has taken: other programs of a busy machine are none of it. */
export class Work {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<Work> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    return new Work(session);
  }

  async ms(): Promise<number> {
    const { metrics } = await this.#session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value * 1_000;
  }

  async slowDown(rate: number): Promise<void> {
    await this.#session.send("Emulation.setCPUThrottlingRate", { rate });
  }
}

/**
 * Waits for the list with all its rows. By its shape and without the scripts that a locator puts into the page: looking must not
 * itself be work of the page (measured: 20 of 190 ms).
 */
export async function isFull(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const expression = `document.querySelector("main table[data-rows] tbody tr:nth-child(${ROWS})") !== null`;
  await eventually(
    async () => (await session.send("Runtime.evaluate", { expression })).result.value === true,
    60_000,
    20,
  );
  await session.detach();
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds of processor time, and on the clock. */
  tdur?: number;
  dur?: number;
  args?: { name?: string };
}

export interface Longest {
  /** Of all tasks of the page's main thread, in milliseconds: what the longest worked, and how long it took. */
  workedMs: number;
  tookMs: number;
  tasks: number;
}

/** The longest task of the page's main thread during `act`, as Chromium itself traces it. */
export async function longestTask(browser: Browser, page: Page, act: () => Promise<void>): Promise<Longest> {
  await browser.startTracing(page, {
    categories: ["toplevel", "__metadata", "disabled-by-default-cpu_profiler.none"],
  });
  await act();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => /RunTask$/.test(name) && ph === "X" && mains.has(`${pid} ${tid}`),
  );
  const most = (of: (task: TraceEvent) => number) =>
    tasks.reduce((max, task) => Math.max(max, of(task)), 0) / 1_000;
  return { workedMs: most(({ tdur = 0 }) => tdur), tookMs: most(({ dur = 0 }) => dur), tasks: tasks.length };
}

/** Makes about `perSecond` runs a second for `seconds`, each of which changes twice; answers how many were made. */
export async function stream(service: Service, perSecond: number, seconds: number): Promise<number> {
  const from = performance.now();
  let made = 0;
  const open = new Set<Promise<unknown>>();
  while (performance.now() - from < seconds * 1_000) {
    const due = Math.floor(((performance.now() - from) / 1_000) * perSecond);
    for (; made < due; made++) {
      const one: Promise<unknown> = service
        .call("POST", "/jobs/noop/runs", {})
        .finally(() => open.delete(one));
      open.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await Promise.all(open);
  return made;
}
