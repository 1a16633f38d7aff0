// Every screen in a real browser: it can be used by everybody, fits a phone, and asks nobody else for anything.
import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { findingsOf } from "../support/axe.ts";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type PageWorld, pageWorld } from "../support/page-world.ts";

/** Where it is, and what one does there to see it. */
type Shown = readonly [path: string, open?: (page: Page) => Promise<unknown>];

const press = (name: string | RegExp) => (page: Page) =>
  page.locator("main").getByRole("button", { name, exact: true }).first().click();
const key = (name: string) => (page: Page) => page.keyboard.press(name);

const lists = (): readonly Shown[] => [
  ["/"],
  ["/?due=hour"],
  ["/jobs"],
  ["/jobs?q=nothing-fits"],
  ["/runs"],
  ["/runs?state=cancelled"],
  ["/schedules"],
  ["/timeline"],
  ["/sources"],
  ["/sources?tab=errors"],
  ["/system"],
  ["/access"],
  ["/audit"],
  ["/audit?actor=nobody-of-that-name"],
  ["/nothing-here"],
];

const details = (
  world: PageWorld,
  more: { older: string; newer: string; lines: string },
): readonly Shown[] => [
  ["/jobs/default:counts"],
  ["/jobs/default:counts?tab=schedules"],
  ["/jobs/default:slow?tab=params"],
  ["/jobs/default:counts?tab=code"],
  ["/jobs/default:counts?tab=versions"],
  [`/jobs/default:fails?tab=versions&from=${more.older}&to=${more.newer}`],
  ["/jobs/default:score_text"],
  [`/runs/${world.failedRun}`],
  [`/runs/${more.lines}`, (page) => page.locator("[data-seq]").first().waitFor()],
  [`/schedules/${world.schedule}`],
  ["/schedules/new?job=default:counts"],
  [`/schedules/${world.schedule}/edit`],
  [`/timeline?job=default:counts&pick=${new Date().toISOString()}`],
  ["/runs/run_unknown"],
];

const dialogs = (world: PageWorld, paused: string): readonly Shown[] => [
  ["/jobs/default:slow", key("r")],
  [`/runs/${world.failedRun}`, press("Run again")],
  [`/runs/${world.failedRun}`, press("Remove")],
  [`/schedules/${world.schedule}`, press("Pause")],
  [`/schedules/${world.schedule}`, press("Skip next")],
  [`/schedules/${world.schedule}`, press("Backfill")],
  [`/schedules/${paused}`, press("Resume")],
  ["/system", press("Pause everything")],
  ["/access", press("New token")],
  ["/runs?state=failed", press("Save filter")],
  ["/jobs", key("?")],
  ["/audit", press(/^Detail/)],
];

(browserAvailable() ? describe : describe.skip)("the screens of the page", function () {
  this.timeout(240_000);
  let world: PageWorld;
  let browser: Browser;
  let paused: string;
  const more = { older: "", newer: "", lines: "" };
  before(async () => {
    [world, browser] = await Promise.all([pageWorld(["writes_lines"]), launchBrowser()]);
    const { service } = world;
    more.lines = (await service.run("writes_lines", { lines: 3_000 })).id as string;
    const { json } = await service.call("POST", "/schedules", { job: "noop", cron: "0 4 * * *" });
    paused = json.id as string;
    await service.call("POST", `/schedules/${paused}/pause`, { reason: "stocktaking" });
    const hash = async () => (await service.get("/jobs/fails")).json.version.hash as string;
    more.older = await hash();
    const file = join(service.tasks, "fails", "job.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("it failed as asked", "it failed once more"));
    more.newer = await eventually(async () => ((await hash()) === more.older ? undefined : hash()), 30_000);
  });
  after(async () => {
    await browser?.close();
    await world?.service.stop();
  });

  const check = async (shown: readonly Shown[], dialog = false) => {
    const visitor = await Visitor.at(browser, world.service, { token: world.service.token });
    const found: string[] = [];
    for (const [path, open] of shown) {
      await visitor.hop(path);
      await open?.(visitor.page);
      if (dialog) await visitor.page.getByRole("dialog").waitFor();
      await visitor.page.locator("[data-loading]").first().waitFor({ state: "detached" });
      found.push(...(await findingsOf(visitor.page)).map((one) => `${path}: ${one}`));
      if (dialog) await visitor.page.keyboard.press("Escape");
      if (dialog) await visitor.page.getByRole("dialog").waitFor({ state: "detached" });
    }
    expect(found).to.deep.equal([]);
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  };

  it("lists, full and empty: axe has no serious finding in either theme at either width", () =>
    check(lists()));

  it("details and editors: the same", () => check(details(world, more)));

  it("every dialog: the same", () => check(dialogs(world, paused), true));

  it("who is not signed in sees how to get in, without a finding", async () => {
    const visitor = await Visitor.at(browser, world.service);
    await visitor.go("/runs?state=failed");
    expect(await visitor.page.getByRole("heading", { name: "Sign in to Jobmount" }).count()).to.equal(1);
    expect(await findingsOf(visitor.page)).to.deep.equal([]);
    await visitor.leave();
  });

  it("who may not see it reads why, without a finding", async () => {
    const visitor = await Visitor.at(browser, world.service, { token: world.viewer });
    await visitor.go("/audit");
    await visitor.page.getByText("This needs the role admin; you have viewer.").waitFor();
    expect(await findingsOf(visitor.page)).to.deep.equal([]);
    await visitor.leave();
  });

  it("a service that answers 503 or nothing at all is told in words, with a way to try again, without a finding", async () => {
    const visitor = await Visitor.at(browser, world.service, { token: world.service.token });
    const { page } = visitor;
    await visitor.go("/jobs");
    const runs = /\/api\/v1\/runs(\?|$)/;
    // A proxy before a service that is away.
    await page.route(runs, (route) => route.fulfill({ status: 503, body: "<h1>no upstream</h1>" }));
    await visitor.hop("/runs");
    await page.getByRole("alert").getByText("The service could not answer").waitFor();
    await page.getByText("answered 503 without saying why").waitFor();
    expect(await findingsOf(page)).to.deep.equal([]);
    await page.unroute(runs);
    await page.route(runs, (route) => route.abort());
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").getByText("The service cannot be reached").first().waitFor();
    await page.unroute(runs);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("table", { name: "Runs" }).waitFor();
    await visitor.leave();
  });

  it("a part of the page that does not come leaves the rest, says what to do, and comes when it is there", async () => {
    const visitor = await Visitor.at(browser, world.service, { token: world.service.token });
    const { page } = visitor;
    // As after an upgrade of the service: the files of the page that is open are not there any more.
    await page.route(/\/assets\/Audit-/, (route) => route.abort());
    await visitor.go("/jobs");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit" }).click();
    await page.getByRole("heading", { name: "Not loaded" }).waitFor();
    expect(await findingsOf(page)).to.deep.equal([]);
    // It asks by itself, and loads the page anew once the service answers; the next time no sooner than 15 s later.
    await page.unroute(/\/assets\/Audit-/);
    await page.getByRole("table", { name: "Audit log" }).waitFor();
    await visitor.leave();
  });
});
