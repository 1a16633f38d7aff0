// What a browser asks for when the page is opened, in which order, and what not: it decides when a list can be used.
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const OTHER_SCREENS = /assets\/(Overview|Jobs|Job|Run|Schedules|Timeline|Audit)-[^/]*\.js$/;

(browserAvailable() ? describe : describe.skip)("the first load of a screen", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["noop"], env: { JOBMOUNT_BASE_PATH: "/ops" } }),
      launchBrowser(),
    ]);
    await service.run("noop");
    await service.call("POST", "/schedules", { job: "noop", cron: "0 3 * * *" });
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  const visit = (token?: string) => Visitor.at(browser, service, token === undefined ? {} : { token });
  /** Paths of REST, without its base, in the order in which they were asked for. */
  const listen = (page: Page) => {
    const asked: string[] = [];
    page.on("request", (request) => {
      const [, path] = request.url().split("/api/v1");
      if (path !== undefined) asked.push(path);
    });
    return asked;
  };

  for (const [path, read] of [
    ["/jobs?q=no", "/jobs?q=no&brief=true"],
    ["/runs?state=failed,succeeded", "/runs?state=failed,succeeded&count=true"],
    ["/schedules", "/schedules?limit=50"],
    ["/audit", "/audit-events"],
    ["/jobs/default:noop", "/jobs/default%3Anoop"],
  ] as const)
    it(`${path}: what it shows is asked for while the script is on its way, and asked for once`, async () => {
      const visitor = await visit(service.token);
      const { page } = visitor;
      const asked = listen(page);
      // The page's own script does not come before.
      await page.route(/assets\/libraries-/, async (route) => {
        await eventually(() => asked.includes(read), 30_000);
        await route.continue();
      });
      // Notices have everything read once more, a second after they begin.
      await page.route(/\/api\/v1\/events/, (route) => route.abort());
      await page.goto(`${service.url}/ops${path}`);
      await visitor.settled();
      for (const one of [read, "/me", "/meta"])
        expect(
          asked.filter((other) => other === one),
          one,
        ).to.deep.equal([one]);
      expect(visitor.faults).to.deep.equal([]);
      await visitor.leave();
    });

  it("a script that is there before anybody is known waits for what is asked ahead, and keeps none of it for later", async () => {
    const visitor = await visit(service.token);
    const { page } = visitor;
    const asked = listen(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/v1\/me$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${service.url}/ops/runs`);
    // By then the page's own script has run: it says that it loads.
    await page.locator("[data-loading]").waitFor();
    release();
    await visitor.settled();
    const reads = () => asked.filter((path) => path === "/runs?count=true").length;
    expect(reads()).to.equal(1);
    const before = await page.locator("tbody tr").count();
    await page.getByRole("status").getByText("Live").waitFor();
    await service.run("noop");
    // An answer that was kept would show the list as it was.
    await eventually(async () => (await page.locator("tbody tr").count()) > before, 20_000);
    await visitor.leave();
  });

  it("nobody signed in: who that is alone is asked, since every refusal is written down", async () => {
    const visitor = await visit();
    const asked = listen(visitor.page);
    await visitor.page.goto(`${service.url}/ops/runs`);
    await visitor.page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(asked).to.deep.equal(["/me"]);
    await visitor.leave();
  });

  it("a viewer at an admin's address is refused nothing by asking for it beforehand", async () => {
    const viewer = (await service.call("POST", "/tokens", { name: "looks", role: "viewer" })).json as Json;
    const visitor = await visit(viewer.token as string);
    const asked = listen(visitor.page);
    await visitor.page.goto(`${service.url}/ops/audit`);
    await visitor.page.getByText("admin", { exact: false }).first().waitFor();
    await visitor.settled();
    expect(asked.filter((path) => path.startsWith("/audit-events"))).to.deep.equal([]);
    await visitor.leave();
  });

  it("scripts of other screens, and the jobs of the filter, are fetched when the list is there, not before", async () => {
    const visitor = await visit(service.token);
    const { page } = visitor;
    const scripts: string[] = [];
    const asked = listen(page);
    page.on("request", (request) => OTHER_SCREENS.test(request.url()) && scripts.push(request.url()));
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/v1\/runs\?/, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${service.url}/ops/runs`);
    await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
    await page.locator("main [data-loading]").waitFor();
    // The page has nothing to do: whatever is fetched idly would be fetched now.
    await page.evaluate("new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))");
    expect([scripts, asked.filter((path) => path.startsWith("/jobs"))]).to.deep.equal([[], []]);
    release();
    await eventually(() => asked.some((path) => path.startsWith("/jobs?")), 20_000);
    await eventually(() => scripts.some((url) => /Audit-/.test(url)), 40_000);
    await visitor.leave();
  });

  it("rows of jobs come before the bars of their strips, whose room is kept for them", async () => {
    const visitor = await visit(service.token);
    const { page } = visitor;
    // What each step of drawing has put into the page, as the page itself sees it.
    await page.addInitScript(`window.steps = []; new MutationObserver(() => {
      const strip = document.querySelector("main [role=group][aria-label*='the last']");
      const now = strip && [strip.querySelectorAll("a").length, Math.round(strip.getBoundingClientRect().width)];
      if (now && JSON.stringify(now) !== JSON.stringify(window.steps.at(-1))) window.steps.push(now);
    }).observe(document, { childList: true, subtree: true });`);
    await page.goto(`${service.url}/ops/jobs`);
    await page
      .getByRole("group", { name: /the last \d runs?/ })
      .getByRole("link")
      .first()
      .waitFor();
    const steps = (await page.evaluate("window.steps")) as [number, number][];
    expect(steps[0]![0]).to.equal(0);
    expect(new Set(steps.map(([, width]) => width)).size, JSON.stringify(steps)).to.equal(1);
    await visitor.leave();
  });

  it("links of rows stay inside of the page, below its base path, and open elsewhere when that is asked for", async () => {
    const visitor = await visit(service.token);
    const { page } = visitor;
    await visitor.go("/ops/runs");
    await page.evaluate("window.notLoadedAnew = true");
    const link = page.getByRole("table", { name: "Runs" }).getByRole("link", { name: "noop" }).first();
    const [opened] = await Promise.all([
      page.context().waitForEvent("page"),
      link.click({ modifiers: ["ControlOrMeta"] }),
    ]);
    await opened.waitForURL(/\/ops\/jobs\/default:noop$/);
    await opened.close();
    expect(new URL(page.url()).pathname).to.equal("/ops/runs");
    await link.click();
    await page.waitForURL(/\/ops\/jobs\/default:noop$/);
    await page
      .getByRole("group", { name: /the last \d runs/ })
      .getByRole("link")
      .first()
      .click();
    await page.waitForURL(/\/ops\/runs\/run_/);
    await page.goBack();
    await page.waitForURL(/\/ops\/jobs\/default:noop$/);
    expect(await page.evaluate("window.notLoadedAnew")).to.equal(true);
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  });
});
