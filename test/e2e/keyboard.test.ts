// Without a mouse: where the focus is when a dialog has closed and when another screen is there, and the menu of a phone.
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

/** What a person would call it: the text of what has the focus. */
const FOCUSED = `(document.activeElement === document.body ? "nothing" : document.activeElement.tagName) + " " +
  (document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).trim().slice(0, 40)`;

(browserAvailable() ? describe : describe.skip)("the page without a mouse", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let schedule: Json;
  before(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: ["noop", "echo"] }), launchBrowser()]);
    await service.run("noop");
    schedule = (await service.call("POST", "/schedules", { job: "noop", cron: "0 3 * * *" })).json;
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  const visit = (width = 1280) => Visitor.at(browser, service, { token: service.token, width });
  const focusIs = (page: Page, what: string) =>
    eventually(async () => {
      const found = (await page.evaluate(FOCUSED)) as string;
      if (found !== what) throw new Error(`${found} has the focus, not ${what}`);
      return true;
    }, 10_000);
  const dialog = (page: Page) => page.locator("dialog[open]");

  for (const [what, path, button] of [
    ["a form", "/jobs/default:echo", "Run"],
    ["a question", "/jobs/default:noop", "Switch off"],
    ["a form of a schedule", "", "Backfill"],
    ["what only shows", "/audit", "Detail"],
  ] as const)
    it(`${what}, opened by a key, gives the focus back to its button by Escape and by its own one`, async () => {
      const visitor = await visit();
      const { page } = visitor;
      await visitor.go(path || `/schedules/${schedule.id}`);
      const opener = page.locator("main").getByRole("button", { name: button }).first();
      await opener.focus();
      const before = (await page.evaluate(FOCUSED)) as string;
      for (const leave of ["Escape", "Close"]) {
        await page.keyboard.press("Enter");
        await dialog(page).waitFor();
        if (leave === "Escape") await page.keyboard.press(leave);
        else await dialog(page).getByRole("button", { name: leave, exact: true }).press("Enter");
        await dialog(page).waitFor({ state: "detached" });
        await focusIs(page, before);
      }
      expect(visitor.faults).to.deep.equal([]);
      await visitor.leave();
    });

  it("typed words that are thrown away end both dialogs, and the focus is on the button again; so after `r`", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/jobs/default:echo");
    await page.keyboard.press("r");
    await dialog(page).getByRole("textbox").first().fill("typed");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Throw it away" }).press("Enter");
    await dialog(page).first().waitFor({ state: "detached" });
    await focusIs(page, "BUTTON Run");
    await visitor.leave();
  });

  it("another screen begins at its heading, whichever way one has come; another filter leaves the focus alone", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/runs");
    // Whoever has just opened the page begins at its top.
    await focusIs(page, (await page.evaluate(FOCUSED)) as string);
    expect(await page.evaluate("document.activeElement === document.body")).to.equal(true);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/runs\/run_/);
    await focusIs(page, "H1 No-op");
    await page.goBack();
    await focusIs(page, "H1 Runs");
    await page.keyboard.press("g");
    await page.keyboard.press("j");
    await focusIs(page, "H1 Jobs");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "System" }).press("Enter");
    await focusIs(page, "H1 System");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Jobs" }).press("Enter");
    await focusIs(page, "H1 Jobs");
    await page.getByRole("button", { name: "ready" }).press("Enter");
    await page.waitForURL(/loadState=ready/);
    await visitor.settled();
    await focusIs(page, "BUTTON ready");
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  });

  it("the menu of a phone closes by Escape, and its button has the focus", async () => {
    const visitor = await visit(390);
    const { page } = visitor;
    await visitor.go("/jobs");
    const menu = page.getByRole("button", { name: "Menu" });
    await menu.press("Enter");
    await page.keyboard.press("Tab");
    await focusIs(page, "A Overview");
    await page.keyboard.press("Escape");
    await focusIs(page, "BUTTON Menu");
    expect(await menu.getAttribute("aria-expanded")).to.equal("false");
    await visitor.leave();
  });
});
