// `npm run bench:page`: the page on a processor four times as slow, and its longest task while changes stream in.
import type { Browser } from "playwright-core";
import { launchBrowser, Visitor } from "../../test/support/browser.ts";
import { fullService, isFull, LISTS, longestTask, ROWS, stream, Work } from "../../test/support/page-load.ts";
import type { Service } from "../../test/support/service.ts";
import { median, printTable, type Row } from "../table.ts";

const SLOWER = 4;
const TIMES = 5;
const PER_SECOND = 50;
const SECONDS = 10;

/** From the address to the last of fifty rows, nothing in the cache. */
async function firstLoad(browser: Browser, service: Service, path: string): Promise<Row> {
  const took: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const visitor = await Visitor.at(browser, service, { token: service.token });
    const work = await Work.of(visitor.page);
    await work.slowDown(SLOWER);
    const from = performance.now();
    await visitor.page.goto(`${service.url}${path}`);
    await isFull(visitor.page);
    took.push(performance.now() - from);
    await visitor.leave();
  }
  const ms = Math.round(median(took));
  return {
    what: `${path}, first load of ${ROWS} rows at ${SLOWER}x slow-down, median of ${TIMES}`,
    figure: `${ms} ms`,
    goal: "at most 1000 ms",
    reached: ms <= 1_000,
    peer: `longest ${Math.round(Math.max(...took))} ms`,
  };
}

async function underChanges(browser: Browser, service: Service, path: string): Promise<Row> {
  const visitor = await Visitor.at(browser, service, { token: service.token });
  await visitor.go(path);
  const work = await Work.of(visitor.page);
  const before = await work.ms();
  let made = 0;
  const { tookMs, workedMs } = await longestTask(browser, visitor.page, async () => {
    made = await stream(service, PER_SECOND, SECONDS);
  });
  const share = ((await work.ms()) - before) / (SECONDS * 10);
  await visitor.leave();
  return {
    what: `${path}, longest task at ${Math.round(made / SECONDS)} changes a second`,
    figure: `${Math.round(tookMs)} ms`,
    goal: "at most 100 ms",
    reached: tookMs <= 100,
    peer: `${Math.round(workedMs)} ms of processor time; ${Math.round(share)} % of a core in all`,
  };
}

const [service, browser] = await Promise.all([fullService(), launchBrowser()]);
try {
  const rows: Row[] = [];
  for (const path of LISTS) rows.push(await firstLoad(browser, service, path));
  for (const path of ["/", "/runs", "/jobs", "/timeline"])
    rows.push(await underChanges(browser, service, path));
  printTable("the page in Chromium", rows);
} finally {
  await browser.close();
  await service.stop();
}
