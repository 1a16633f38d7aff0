// The durable path: row inserted and committed, claimed, run in a warm child, finished with its counts and committed.
import { eventually } from "../test/support/eventually.ts";
import { type Rig, startRig } from "./rig.ts";
import { median } from "./table.ts";

export interface DurableFigures {
  runsPerSecond: number;
  awaitedPerSecond: number;
  /** ms from the trigger call to the first line of `execute`, and to the committed end. */
  startedMs: number;
  recordedMs: number;
}

const RUNS = 10_000;
const AWAITED = 2_000;
const IDLE_TRIGGERS = 300;
const ACTOR = { type: "local", name: "bench" } as const;
/** The job says when its first line ran: both processes read the same clock. */
const BODY = "this.records.success(); return { at: performance.timeOrigin + performance.now() };";

export async function measureDurable(url: string, concurrency: number): Promise<DurableFigures> {
  const rig = await startRig({ url, concurrency, body: BODY });
  try {
    for (let n = 1; n <= 64; n *= 2) await together(rig, n);
    await together(rig, 2_000);
    const startedAt = performance.now();
    await together(rig, RUNS);
    const runsPerSecond = RUNS / ((performance.now() - startedAt) / 1000);
    await rest();
    const awaitedPerSecond = await awaited(rig);
    await rest();
    return { runsPerSecond, awaitedPerSecond, ...(await idle(rig)) };
  } finally {
    await rig.stop();
  }
}

/** 100 different jobs due together: each needs a process of its own. */
export async function measureDifferent(url: string, jobs: number): Promise<number> {
  const rig = await startRig({ url, concurrency: 4, jobs });
  try {
    const startedAt = performance.now();
    await Promise.all(rig.jobs.map((job) => trigger(rig, job)));
    await eventually(() => rig.ended.size >= jobs, 120_000);
    return jobs / ((performance.now() - startedAt) / 1000);
  } finally {
    await rig.stop();
  }
}

function trigger(rig: Rig, jobKey = rig.jobs[0]!) {
  return rig.runs.trigger({ source: "default", jobKey, params: {}, trigger: "manual", actor: ACTOR });
}

/** Many runs due together, in the batches in which a scheduler hands them over. */
async function together(rig: Rig, runs: number): Promise<void> {
  rig.ended.clear();
  const inserted: Promise<unknown>[] = [];
  for (let i = 0; i < runs; i++) inserted.push(trigger(rig));
  await Promise.all(inserted);
  await eventually(() => rig.ended.size >= runs, 120_000, 2);
}

/** One trigger after the other, each answered only when its row is committed; their runs go on meanwhile. */
async function awaited(rig: Rig): Promise<number> {
  rig.ended.clear();
  const startedAt = performance.now();
  for (let i = 0; i < AWAITED; i++) await trigger(rig);
  const perSecond = AWAITED / ((performance.now() - startedAt) / 1000);
  await eventually(() => rig.ended.size >= AWAITED, 120_000);
  return perSecond;
}

/** One run at a time with a pause before each, as on an idle service. */
async function idle(rig: Rig): Promise<{ startedMs: number; recordedMs: number }> {
  const started: number[] = [];
  const recorded: number[] = [];
  for (let i = 0; i < IDLE_TRIGGERS; i++) {
    rig.ended.clear();
    const from = performance.timeOrigin + performance.now();
    const run = await trigger(rig);
    if (!rig.ended.has(run.id)) await rig.notices.next(run.id, 5_000);
    recorded.push(performance.timeOrigin + performance.now() - from);
    started.push((rig.ended.get(run.id) as { at: number }).at - from);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return { startedMs: median(started), recordedMs: median(recorded) };
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 700));
