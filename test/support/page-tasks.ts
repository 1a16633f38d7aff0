// How long the tasks of a page's main thread are, as its own processor time: what other programs of a busy machine take away
// is not the page's.
import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  tdur?: number;
  args?: { name?: string };
}

/** Milliseconds of each task that ran while `act` went on, the longest first. Fails when the browser did not record all of it. */
export async function tasksWhile(browser: Browser, page: Page, act: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: ["-*", "toplevel"] });
  const begun = performance.now();
  let took: number;
  let trace: Buffer;
  try {
    await act();
    took = (performance.now() - begun) * 1_000;
    // A task is recorded at its end, which comes after what it answers.
    await page.evaluate("new Promise((done) => setTimeout(done, 50))");
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ ph, pid, tid, name }) => ph === "X" && /RunTask$/.test(name) && threads.has(`${pid} ${tid}`),
  );
  const times = tasks.map(({ ts }) => ts);
  const covered =
    times.reduce((last, ts) => Math.max(last, ts), 0) -
    times.reduce((first, ts) => Math.min(first, ts), Infinity);
  if (!(covered > took * 0.8)) throw new Error(`of ${took} µs the trace covers ${covered}`);
  return tasks.map(({ tdur = 0 }) => tdur / 1_000).sort((a, b) => b - a);
}
