// What a page that is open shows of what others do: schedules, other processes, an end of the session, a service that goes.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const CHATTERS = `import { defineJob } from "jobmount";
export class Job extends defineJob({ name: "Chatters", timeout: "10m" }) {
  async execute() {
    for (let beat = 1; !this.signal.aborted; beat++) {
      this.log.info("beat " + beat);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
`;
/** More than the six connections that a browser opens to one service over plain http. */
const TABS = 8;

(browserAvailable() ? describe : describe.skip)("an open page", function () {
  this.timeout(120_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["slow", "noop", "counts"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    mkdirSync(join(service.tasks, "chatters"));
    writeFileSync(join(service.tasks, "chatters", "job.ts"), CHATTERS);
    await eventually(async () => (await service.get("/jobs/chatters")).json.loadState === "ready", 30_000);
    visitor = await Visitor.at(browser, service, { token: service.token });
    page = visitor.page;
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));
  const isLive = (one: Page) =>
    one
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .waitFor();
  const openRuns = () => page.getByRole("table", { name: "Open runs" }).getByRole("link", { name: "Slow" });

  it("shows the run of a schedule while it runs, and that it has ended, without being touched", async () => {
    await visitor.go("/");
    await isLive(page);
    const { json: schedule } = await service.call("POST", "/schedules", {
      job: "slow",
      every: "5s",
      params: { ms: 3_500 },
    });
    await openRuns().waitFor();
    const { json } = await service.get("/runs?job=slow&state=running");
    expect(json.data.length, "it is still running").to.equal(1);
    await page.getByRole("link", { name: /^1 ?running now/ }).waitFor();
    await service.call("DELETE", `/schedules/${schedule.id}`, undefined, { "if-match": "*" });
    await openRuns().waitFor({ state: "detached" });
  });

  it("in eight tabs at once: each is usable, and all are live over few connections", async () => {
    const tabs: Page[] = [];
    for (let i = 0; i < TABS; i++) {
      const tab = await page.context().newPage();
      await tab.goto(`${service.url}/runs`);
      await tab.getByRole("table", { name: "Runs" }).waitFor();
      tabs.push(tab);
    }
    const run: Json = await service.run("counts");
    for (const tab of tabs) {
      await isLive(tab);
      await tab.locator(`tbody a[href$="${run.id}"]`).waitFor();
    }
    // The one that leads goes, and another one takes over.
    await tabs[0]!.close();
    await page.goto("about:blank");
    const next: Json = await service.run("counts");
    for (const tab of tabs.slice(1)) await tab.locator(`tbody a[href$="${next.id}"]`).waitFor();
    for (const tab of tabs.slice(1)) await tab.close();
  });

  it("eight logs of a run side by side: all go on, and there are connections left for everything else", async () => {
    const { json: run } = await service.call("POST", "/jobs/chatters/runs", {});
    const tabs: Page[] = [];
    for (let i = 0; i < TABS; i++) {
      const tab = await page.context().newPage();
      await tab.goto(`${service.url}/runs/${run.id}`);
      await tab.getByRole("region", { name: "Lines of the log" }).waitFor();
      tabs.push(tab);
    }
    const newest = async (tab: Page) => {
      const text = await tab.getByRole("region", { name: "Lines of the log" }).innerText();
      return Math.max(0, ...[...text.matchAll(/beat (\d+)/g)].map((match) => Number(match[1])));
    };
    for (const tab of tabs) {
      const before = await eventually(() => newest(tab), 20_000);
      await eventually(async () => (await newest(tab)) > before + 1, 20_000);
    }
    await visitor.go("/jobs");
    await page.getByRole("table", { name: "Jobs" }).waitFor();
    await service.call("POST", `/runs/${run.id}/cancel`, {});
    for (const tab of tabs) await tab.getByText("cancelled", { exact: true }).first().waitFor();
    for (const tab of tabs) await tab.close();
  });

  it("a log out of sight asks nothing, and has all its lines when it is looked at again", async () => {
    const { json: run } = await service.call("POST", "/jobs/chatters/runs", {});
    await visitor.go(`/runs/${run.id}`);
    const box = page.getByRole("region", { name: "Lines of the log" });
    await box
      .getByText(/^beat \d/)
      .first()
      .waitFor();
    const show = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, value: ${isHidden} });
         document.dispatchEvent(new Event("visibilitychange"))`,
      );
    await show(true);
    // Until what was on its way is here.
    let shown = await box.innerText();
    await eventually(async () => shown === (shown = await box.innerText()), 10_000, 700);
    const lines = async () => (await service.get(`/runs/${run.id}`)).json.log.lines as number;
    const before = await lines();
    await eventually(async () => (await lines()) > before + 4, 20_000, 200);
    expect(await box.innerText()).to.equal(shown);
    await show(false);
    const missed = before + 3;
    await eventually(async () => (await box.innerText()).includes(`beat ${missed}`), 20_000);
    await service.call("POST", `/runs/${run.id}/cancel`, {});
  });

  it("goes on where the browser says that it is offline: the service may be this machine", async () => {
    await visitor.go("/");
    await page.evaluate(`dispatchEvent(new Event("offline"))`);
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit" }).click();
    await page.getByRole("table", { name: "Audit log" }).waitFor({ timeout: 5_000 });
    await page.evaluate(`dispatchEvent(new Event("online"))`);
  });

  it("the system screen tells of life again and again", async () => {
    await visitor.go("/system");
    const ages = page.getByRole("table", { name: "Processes" }).locator("tbody time");
    const seen = () => ages.last().getAttribute("datetime");
    const first = await seen();
    await eventually(async () => (await seen()) !== first || undefined, 20_000);
  });

  it("paused, not even the minute of the timeline moves; and nothing is read when the page is looked at again", async () => {
    await visitor.go("/timeline");
    await page.clock.install();
    await visitor.go("/timeline");
    await page.getByRole("button", { name: "Pause updates" }).click();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.clock.runFor(180_000);
    await page.evaluate(`dispatchEvent(new Event("visibilitychange")); dispatchEvent(new Event("focus"))`);
    await page.clock.runFor(10_000);
    // The stream may be opened again: what it tells is counted. Scripts of other screens may come.
    const reads = asked.filter((path) => !path.endsWith("/events") && !path.startsWith("/assets/"));
    expect(reads).to.deep.equal([]);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.clock.resume();
  });

  it("asks now and then where notices do not come through, and says so", async () => {
    const held = await Visitor.at(browser, service, { token: service.token });
    // A proxy that keeps the stream to itself.
    await held.page.route("**/api/v1/events", (route) => route.abort());
    await held.go("/runs");
    await held.page.getByText("Asking every 5 s").waitFor();
    const run: Json = await service.run("noop");
    await held.page.locator(`tbody a[href$="${run.id}"]`).waitFor();
    await held.leave();
  });

  it("a session that has ended leaves nothing behind for who comes next", async () => {
    const { json: first } = await service.call("POST", "/tokens", { name: "first", role: "viewer" });
    const { json: second } = await service.call("POST", "/tokens", {
      name: "second",
      role: "viewer",
      sources: ["builtin"],
    });
    const other = await Visitor.at(browser, service, { token: first.token });
    await other.go("/jobs");
    await other.page.getByRole("link", { name: "Slow" }).first().waitFor();
    await service.call("DELETE", `/tokens/${first.id}`);
    await other.page.keyboard.press("r");
    await other.page.getByRole("heading", { name: "Sign in to Jobmount" }).waitFor();
    // The next answer comes late: until then what the page remembers would be seen.
    await other.page.route(/\/api\/v1\/jobs(\?|$)/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue();
    });
    await other.page.getByLabel("Token, or one-time link").fill(second.token);
    await other.page.getByRole("button", { name: "Sign in" }).click();
    await other.page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    expect(await other.page.locator("main [data-loading]").count()).to.be.greaterThan(0);
    expect(await other.page.getByRole("link", { name: "Slow" }).count()).to.equal(0);
    await other.leave();
  });

  it("a service that is gone: what was read stays and says so, and a sign-out that failed is none", async () => {
    await visitor.go("/runs");
    await page.getByRole("table", { name: "Runs" }).waitFor();
    await service.kill9();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are still signed in.").waitFor();
    expect(await page.getByRole("heading", { name: "Sign in to Jobmount" }).count()).to.equal(0);
    await page.getByRole("alert").getByText("The service cannot be reached").first().waitFor();
    expect(await page.getByRole("table", { name: "Runs" }).count()).to.equal(1);
    visitor.faults.splice(0);
  });
});
