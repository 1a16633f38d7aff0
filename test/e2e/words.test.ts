// What the page says to people: labels of fields and names of people, where REST has names of its own.
import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const JOB = `import { defineJob } from "jobmount";
export class Job extends defineJob({
  name: "Labelled",
  optionalParams: { batchSize: { type: "integer", label: "Batch size", default: 5, max: 1000 } },
}) {
  execute() {}
}
`;

(browserAvailable() ? describe : describe.skip)("the words of the page", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let schedule: Json;
  before(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: ["noop"] }), launchBrowser()]);
    const file = join(service.tasks, "noop", "job.ts");
    writeFileSync(file, JOB);
    await eventually(async () => (await service.get("/jobs/noop")).json.name === "Labelled", 30_000);
    const made = { job: "noop", name: "nightly", cron: "30 2 * * *", timeZone: "Europe/Berlin", maxRuns: 7 };
    schedule = (await service.call("POST", "/schedules", { ...made, params: { batchSize: 900 } })).json;
    // What is saved fits no more.
    writeFileSync(file, readFileSync(file, "utf8").replace("max: 1000", "max: 10"));
    await eventually(
      async () => (await service.get(`/schedules/${schedule.id}`)).json["held"] !== null,
      30_000,
    );
    const { token } = (await service.call("POST", "/tokens", { name: "night shift", role: "editor" })).json;
    const night = { authorization: `Bearer ${token}` };
    const other = (await service.call("POST", "/schedules", { job: "noop", cron: "0 3 * * *" })).json;
    await service.call("POST", `/schedules/${other.id}/pause`, { reason: "closed" }, night);
    const gone = (await service.call("POST", "/schedules", { job: "noop", cron: "0 4 * * *" })).json;
    await service.call("POST", `/schedules/${gone.id}/pause`, { reason: "closed" }, night);
    await service.call("DELETE", `/schedules/${gone.id}`);
    schedule.paused = other.id;
    visitor = await Visitor.at(browser, service, { token: service.token });
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  it("a held schedule says which field is wrong by its label, and so do its params", async () => {
    const { page } = visitor;
    await visitor.go(`/schedules/${schedule.id}`);
    await page.getByText(/^Batch size: must be at most 10/).waitFor();
    expect(await page.locator("main").innerText()).not.to.include("/params/");
    await page.locator("dt", { hasText: "Batch size batchSize" }).waitFor();
  });

  it("warnings while one types name the field that decides, not the one of REST", async () => {
    await visitor.go("/schedules/new?job=default:noop");
    const { page } = visitor;
    await page.getByRole("textbox", { name: "Cron" }).fill("30 2 * * *");
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    const warning = page.getByText("The clocks go forward:").locator("xpath=..");
    await warning.waitFor();
    expect(await warning.innerText())
      .to.include("(“When the clocks go forward”: next)")
      .and.not.to.include("dst.gap");
  });

  it("who has paused it is called by name; the audit log too, and says nothing where there is nothing", async () => {
    const { page } = visitor;
    await visitor.go(`/schedules/${schedule.paused}`);
    await page.getByText("by night shift since").waitFor();
    await visitor.go("/audit?action=schedules.delete");
    await page
      .getByRole("button", { name: /^Detail/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText('"by": "night shift"').waitFor();
    expect(await dialog.innerText()).not.to.include("token:");
    await page.keyboard.press("Escape");
    await visitor.go("/audit?action=session.create");
    await page
      .getByRole("button", { name: /^Detail/ })
      .first()
      .click();
    await dialog.getByText("JOBMOUNT_ADMIN_TOKEN (admin)").waitFor();
    expect(await dialog.innerText()).not.to.include("null");
    await page.keyboard.press("Escape");
  });

  it("rules of params are sentences", async () => {
    await visitor.go("/jobs/default:noop?tab=params");
    await visitor.page.getByRole("cell", { name: "at most 10" }).waitFor();
  });

  it("tokens that have expired stand apart from those that hold", async () => {
    const { page } = visitor;
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    await service.call("POST", "/tokens", { name: "for a moment", role: "viewer", expiresAt });
    await eventually(async () => Date.now() > Date.parse(expiresAt), 10_000);
    await visitor.go("/access");
    await page.getByText("night shift").waitFor();
    expect(await page.getByText("for a moment").count()).to.equal(0);
    await page.getByLabel("Shown").selectOption("expired");
    await page.waitForURL(/state=expired/);
    await page.getByText("for a moment").waitFor();
    expect(await page.getByText("night shift").count()).to.equal(0);
    await page.getByLabel("Shown").selectOption("all");
    await page.getByText("night shift").waitFor();
  });

  it("a button that cannot be pressed can be read", async () => {
    for (const dark of [false, true]) {
      const one = await Visitor.at(browser, service, { token: service.token, dark });
      await one.go(`/schedules/${schedule.paused}/edit`);
      const save = one.page.getByRole("button", { name: "Nothing is changed yet" });
      expect(await save.isDisabled()).to.equal(true);
      const contrast = await one.page.evaluate(
        `(${CONTRAST})(document.querySelector("main form [type=submit]"))`,
      );
      expect(contrast, dark ? "dark" : "light").to.be.at.least(4.5);
      await one.leave();
    }
  });
});

/** WCAG's contrast of a button's words to its ground. */
const CONTRAST = `(button) => {
  const { color, backgroundColor, opacity } = getComputedStyle(button);
  const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const [low, high] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
  return ((high + 0.05) / (low + 0.05)) * Number(opacity);
}`;
