// A service that goes away under an open page: nothing old is shown as of now, no click ends at the browser's error page.
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, Service } from "../support/service.ts";

(browserAvailable() ? describe : describe.skip)("the page while its service is away", function () {
  this.timeout(120_000);
  let service: Service;
  let browser: Browser;
  beforeEach(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: ["noop"] }), launchBrowser()]);
  });
  afterEach(async () => {
    await browser?.close();
    await service?.stop();
  });
  const visit = () => Visitor.at(browser, service, { token: service.token });

  it("says nothing old as of now: health and processes are unknown, figures are of when they were heard", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/system");
    const health = page.getByRole("region", { name: "Health" });
    const processes = page.getByRole("region", { name: "Processes" });
    await health.getByText("ok", { exact: true }).first().waitFor();
    await processes.getByText("there", { exact: true }).waitFor();
    const overview = await page.context().newPage();
    await overview.goto(`${service.url}/`);
    await overview
      .getByRole("link", { name: /jobs?$/ })
      .first()
      .waitFor();
    await service.kill9();
    for (const one of [health, processes]) {
      await one.getByText("unknown", { exact: true }).first().waitFor({ timeout: 10_000 });
      await one.getByText("The service cannot be reached").waitFor();
      await one.getByText(/What stands below is as of/).waitFor();
    }
    expect(await page.getByText("ok", { exact: true }).count()).to.equal(0);
    expect(await page.getByText("there", { exact: true }).count()).to.equal(0);
    expect(await page.getByText("Failed to fetch").count()).to.equal(0);
    await overview.getByText("failed in 24 h, when last heard").waitFor();
  });

  it("a screen that nobody has opened yet is there all the same, and says that the service cannot be reached", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/runs");
    // All scripts are fetched once the page has nothing else to do.
    await eventually(() =>
      page.evaluate(`performance.getEntriesByType("resource").some(({ name }) => /Audit-.*js$/.test(name))`),
    );
    await page.waitForLoadState("networkidle").catch(() => undefined);
    await service.kill9();
    for (const name of ["System", "Sources", "Timeline", "Audit"]) {
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      await page.getByText("The service cannot be reached").first().waitFor();
    }
  });

  it("a screen whose script cannot be fetched says so, and comes by itself when the service is there again", async () => {
    const visitor = await visit();
    const { page } = visitor;
    let away = true;
    await page.route(/\/assets\/System-|\/livez/, (route) => (away ? route.abort() : route.continue()));
    await visitor.go("/runs");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "System" }).click();
    await page.getByRole("alert").getByText("The service cannot be reached").waitFor();
    expect(page.url()).to.equal(`${service.url}/system`);
    away = false;
    await page.getByRole("region", { name: "Health" }).getByText("ok", { exact: true }).first().waitFor();
  });

  it("a sign-in link is one press of a button away from the page, and shows no token", async () => {
    const cli = [join(ROOT, "bin", "jobmount.mjs"), "sign-in"];
    const link = execFileSync(process.execPath, cli, { cwd: service.folder, encoding: "utf8" }).trim();
    const context = await browser.newContext();
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(link);
    const colour = await page.evaluate(`getComputedStyle(document.querySelector("button")).borderRadius`);
    expect(colour, "its style is let through").to.equal("6px");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(page.url()).to.equal(`${service.url}/`);
    expect(await page.content()).not.to.include("jbm_");
    expect(faults.filter((text) => /Content Security/.test(text))).to.deep.equal([]);
    await context.close();
  });

  it("sends nobody to the service's log for what the log does not hold", async () => {
    const visitor = await visit();
    await visitor.go("/runs/run_nope");
    const alert = visitor.page.getByRole("alert");
    await alert.getByText("Not found").waitFor();
    expect(await alert.innerText()).not.to.match(/service's log/);
  });
});
