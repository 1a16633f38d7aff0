// What people do with the page, from end to end: a real browser, the real service, real jobs.
import { expect } from "chai";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { breakJob } from "../support/page-world.ts";
import { addPastRuns } from "../support/past-runs.ts";
import { ROOT, Service } from "../support/service.ts";

const DAY = 86_400_000;
const GROWS = `import { setTimeout as wait } from "node:timers/promises";
import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Grows" }) {
  async execute() {
    for (let i = 0; i < 300; i++) {
      await wait(100, undefined, { signal: this.signal });
      this.records.success();
    }
  }
}
`;

(browserAvailable() ? describe : describe.skip)("a person at the page", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["counts", "fails", "slow", "echo"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    cpSync(join(ROOT, "external_tasks", "import_cities"), join(service.tasks, "import_cities"), {
      recursive: true,
    });
    const noonOfYesterday = Math.floor(Date.now() / DAY) * DAY - DAY / 2;
    const past = {
      jobKey: "fails",
      jobName: "Fails",
      durationMs: 400,
      state: "failed",
      reason: "error",
    } as const;
    await addPastRuns(service, [
      { ...past, at: noonOfYesterday, cause: "the warehouse was closed" },
      { ...past, at: noonOfYesterday - 2 * DAY, cause: "the warehouse was on fire" },
    ]);
    visitor = await Visitor.at(browser, service);
    page = visitor.page;
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor();
  const press = (name: string | RegExp) => page.getByRole("button", { name }).click();
  const follow = (name: string) =>
    page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();

  it("is kept out with a wrong token, comes in with the right one, and is where the address says", async () => {
    await page.goto(`${service.url}/runs?state=cancelled`);
    await page.getByLabel("Token, or one-time link").fill("jbm_wrong");
    await press("Sign in");
    await page.getByText("The token is not known here").waitFor();
    await page.getByLabel("Token, or one-time link").fill(service.token);
    await press("Sign in");
    await heading("Runs");
    await page.getByText("No run fits this filter.").waitFor();
    const cookies = await page.context().cookies();
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).to.deep.equal([[true, "Strict"]]);
  });

  it("sees a new job appear, runs it with a param, and watches its counts and its log", async () => {
    await follow("Jobs");
    await page.getByRole("link", { name: "World cities import" }).click();
    await heading("World cities import");
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Country/).fill("Japan");
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/runs\/run_/);
    const counts = page.getByRole("group", { name: "Records", exact: true });
    await counts
      .getByText(/^[1-9][\d,]*$/)
      .first()
      .waitFor();
    await page
      .getByRole("region", { name: "Lines of the log" })
      .getByText(/Japan|cities/i)
      .first()
      .waitFor();
  });

  it("sees the counts of a run grow while it goes on", async () => {
    mkdirSync(join(service.tasks, "grows"));
    writeFileSync(join(service.tasks, "grows", "job.ts"), GROWS);
    await page.goto(`${service.url}/jobs`);
    await page.getByRole("link", { name: "Grows" }).click();
    await heading("Grows");
    await page.keyboard.press("r");
    await page.getByRole("dialog").getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/runs\/run_/);
    const processed = page.getByRole("group", { name: "Records so far" }).getByText(/^\d+$/).first();
    const seen = new Set<number>();
    await eventually(async () => seen.add(Number(await processed.innerText())).size >= 4, 20_000, 50);
    const { json } = await service.get(page.url().slice(page.url().indexOf("/runs/")));
    expect(json.state, "it still runs").to.equal("running");
    expect([...seen], "never fewer than before").to.deep.equal([...seen].sort((a, b) => a - b));
    await service.call("POST", `/runs/${json.id}/cancel`, {});
  });

  it("sees why a saved job does not load, at its line; runs its last good version meanwhile; and that it is mended", async () => {
    await page.goto(`${service.url}/jobs/default:import_cities`);
    await heading("World cities import");
    const { hash } = (await service.get("/jobs/import_cities")).json.version;
    const mend = breakJob(service, "import_cities");
    await page.getByText("It does not load.").waitFor();
    expect(await page.getByLabel("The code around the place").innerText()).to.match(/> \d+ \|/);
    await page.getByText(/Serving version [0-9a-f]{8}: runs go on/).waitFor();
    await page.keyboard.press("r");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Country/).fill("Chile");
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL(/\/runs\/run_/);
    await page
      .locator("main")
      .getByText(/^succeeded/)
      .first()
      .waitFor();
    const { json } = await service.get(page.url().slice(page.url().indexOf("/runs/")));
    expect(json.version).to.equal(hash);
    await page.goto(`${service.url}/jobs/default:import_cities`);
    await page.getByText("It does not load.").waitFor();
    mend();
    await page.getByText("It does not load.").waitFor({ state: "detached" });
  });

  it("makes a schedule that the page warns of, and pauses it with a reason that everybody sees", async () => {
    await page.goto(`${service.url}/schedules/new?job=default:counts`);
    await page.getByRole("textbox", { name: "Cron" }).fill("30 2 * * *");
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    await page.getByText("The clocks go forward:").waitFor();
    await page.getByRole("region", { name: "Next fires" }).waitFor();
    await page.locator('main button[type="submit"]').click();
    await page.waitForURL(/\/schedules\/sch_/);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Reason").fill("stocktaking in the warehouse");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Pause/ })
      .click();
    await page.getByText("stocktaking in the warehouse").first().waitFor();
    const { json } = await service.get("/schedules?job=default:counts");
    expect(json.data[0].paused.reason).to.equal("stocktaking in the warehouse");
  });

  it("cancels a run that would go on for an hour", async () => {
    const { json: run } = await service.call("POST", "/jobs/slow/runs", { params: { ms: 3_600_000 } });
    await follow("Overview");
    await page.getByRole("table", { name: "Open runs" }).getByRole("link", { name: "Slow" }).click();
    await press("Cancel");
    await page
      .getByRole("dialog")
      .getByLabel(/Reason/)
      .fill("started by mistake");
    await page.getByRole("dialog").locator('button[type="submit"]').click();
    await page
      .locator("main")
      .getByText(/^cancelled/)
      .first()
      .waitFor();
    expect((await service.get(`/runs/${run.id}`)).json.cancel.reason).to.equal("started by mistake");
  });

  it("finds failures by a filter, whose address shows somebody else the same list; every count has its rows", async () => {
    await service.run("fails", { attempts: 5 });
    await service.run("fails", { attempts: 5 });
    await page.goto(`${service.url}/`);
    const { count } = (await service.get("/runs?state=failed&since=24h&count=true")).json.page;
    await page.getByRole("link", { name: new RegExp(`^${count} ?failed in 24 h`) }).click();
    const rows = page.getByRole("table", { name: "Runs" }).locator("tbody tr");
    await rows.first().waitFor();
    expect(await rows.count()).to.equal(count);
    await page.getByLabel("Text").fill("failed as asked");
    await press("Search");
    await page.waitForURL(/text=failed/);
    await eventually(async () => (await rows.count()) === 2);
    const other = await Visitor.at(browser, service, { token: service.token });
    await other.go(page.url().slice(service.url.length));
    expect(await other.page.getByRole("table", { name: "Runs" }).locator("tbody tr").count()).to.equal(2);
    const download = other.page.waitForEvent("download");
    await other.page.getByRole("button", { name: "Download CSV" }).click();
    expect((await download).suggestedFilename()).to.equal("runs.csv");
    expect(other.faults).to.deep.equal([]);
    await other.leave();
  });

  it("finds yesterday's failures by a filter of its own", async () => {
    await page.goto(`${service.url}/runs?state=failed`);
    const rows = page.getByRole("table", { name: "Runs" }).locator("tbody tr");
    await rows.nth(2).waitFor();
    const today = new Date().toISOString().slice(0, 10);
    const before = new Date(Date.parse(today) - DAY).toISOString();
    await page.goto(`${service.url}/runs?state=failed&since=${before}&until=${today}T00:00:00Z`);
    await page.getByText("the warehouse was closed").first().waitFor();
    expect(await rows.count()).to.equal(1);
  });

  it("does only the records again that failed", async () => {
    const run = await service.run("counts", { success: 3, failed: 2 });
    await page.goto(`${service.url}/runs/${run.id}`);
    await press("Retry only the failed records");
    await page.getByRole("dialog").locator('button[type="submit"]').click();
    await page.waitForURL((url) => url.pathname.startsWith("/runs/run_") && !url.pathname.endsWith(run.id));
    const again = (await service.get(page.url().slice(page.url().indexOf("/runs/")))).json;
    expect(again.retryOf).to.equal(run.id);
    expect(again.onlyRecords.records).to.equal(2);
  });

  it("compares two versions of a job line by line, and goes back to the older one", async () => {
    const before = (await service.get("/jobs/fails")).json.version.hash as string;
    const file = join(service.tasks, "fails", "job.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace("it failed as asked", "it failed once more"));
    await page.goto(`${service.url}/jobs/default:fails?tab=versions`);
    const rows = page.getByRole("table", { name: "Versions" }).locator("tbody tr");
    await rows.nth(1).waitFor();
    await rows
      .nth(1)
      .getByRole("button", { name: /Compare/ })
      .click();
    const changes = page.getByRole("region", { name: /Changes of .*job\.ts/ });
    await changes.locator('tr[data-kind="added"] mark').getByText("once more").waitFor();
    await rows.nth(1).getByRole("button", { name: "Go back to it" }).click();
    await press("Go back and pin");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const { version, pinned } = (await service.get("/jobs/fails")).json;
    expect([version.hash, pinned]).to.deep.equal([before, true]);
    await press("Unpin");
    await page.getByRole("button", { name: "Unpin" }).waitFor({ state: "detached" });
  });

  it("goes about by keys, and paused updates keep everything still", async () => {
    await page.goto(`${service.url}/`);
    await heading("Overview");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await heading("Runs");
    await page.getByRole("table", { name: "Runs" }).locator("tbody tr").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.locator("tbody tr:nth-child(2) a:focus").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    expect(await page.locator('input[type="search"]:focus').count()).to.equal(1);
    await press("Pause updates");
    const top = await page.locator("tbody tr:first-child a").first().getAttribute("title");
    await service.run("counts");
    await page.getByText(/Paused, [1-9]\d* changes? since/).waitFor();
    expect(await page.locator("tbody tr:first-child a").first().getAttribute("title")).to.equal(top);
    await press("Go on");
    await page.locator(`tbody tr:first-child a[title="${top}"]`).waitFor({ state: "detached" });
  });

  it("rows do not move under the pointer: new ones wait until it has gone", async () => {
    await page.goto(`${service.url}/runs`);
    const first = page.locator("tbody tr:first-child a").first();
    await first.hover();
    const top = await first.getAttribute("title");
    await service.run("counts");
    await page.getByRole("button", { name: /new runs?: show/ }).waitFor();
    expect(await first.getAttribute("title")).to.equal(top);
    await page.mouse.move(2, 2);
    await page.locator(`tbody tr:first-child a[title="${top}"]`).waitFor({ state: "detached" });
  });

  it("a viewer finds no button that changes something, and is refused by hand", async () => {
    const { json } = await service.call("POST", "/tokens", { name: "looker", role: "viewer" });
    const viewer = await Visitor.at(browser, service, { token: json.token });
    const run = (await service.get("/runs?limit=1")).json.data[0].id as string;
    for (const path of ["/jobs/default:counts", `/runs/${run}`, "/sources", "/system", "/schedules"]) {
      await viewer.go(path);
      const changing = viewer.page.locator("main").getByRole("button", {
        name: /^(Run|Cancel|Retry|Pause$|Pause everything|Resume|Switch|Load again|Scan|Pin|Remove|New)/,
      });
      expect(await changing.count(), path).to.equal(0);
    }
    const links = viewer.page.getByRole("navigation", { name: "Main" });
    expect(await links.getByRole("link", { name: /Access|Audit/ }).count()).to.equal(0);
    await viewer.go("/access");
    await viewer.page.getByText("This needs the role admin; you have viewer.").waitFor();
    const reply = await viewer.page.context().request.post(`${service.url}/api/v1/jobs/counts/runs`, {
      headers: { origin: service.url },
      data: {},
    });
    expect(reply.status()).to.equal(403);
    expect(viewer.faults).to.deep.equal([]);
    await viewer.leave();
  });

  it("signs out, and the browser is nobody again", async () => {
    await page.goto(`${service.url}/`);
    await press("Sign out");
    await heading("Sign in to Jobmount");
    await page.reload();
    await heading("Sign in to Jobmount");
  });
});
