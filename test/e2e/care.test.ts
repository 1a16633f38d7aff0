// What a person must not miss or do by accident: wrong fields in sight, long words inside the page, a question before a job is off.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";

const LONG_NAME = "N".repeat(45);
/** Twenty fields, of which the first is one that the service alone finds wrong. */
const JOB = `import { defineJob } from "jobmount";
const many = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => ["field" + i, { type: "string" as const, label: "Field " + i }]),
);
export class Job extends defineJob({
  name: "${LONG_NAME}",
  description: "${"d".repeat(600)}",
  optionalParams: { code: { type: "string", label: "Code", minLength: 8 }, ...many },
}) {
  execute() {}
}
`;

(browserAvailable() ? describe : describe.skip)("the page takes care", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  before(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: ["noop"] }), launchBrowser()]);
    mkdirSync(join(service.tasks, "long"));
    writeFileSync(join(service.tasks, "long", "job.ts"), JOB);
    await eventually(async () => (await service.get("/jobs/long")).json["loadState"] === "ready", 30_000);
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  it("a refused form shows its first wrong field, puts the focus there, and says so beside the button", async () => {
    const visitor = await Visitor.at(browser, service, { token: service.token });
    const { page } = visitor;
    await visitor.go("/jobs/default:long");
    await page.locator("main").getByRole("button", { name: "Run", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Code").fill("short");
    await dialog.getByRole("button", { name: "Run", exact: true }).click();
    await dialog.getByText("1 field has to be mended").waitFor({ timeout: 5_000 });
    await eventually(() => page.evaluate(`document.activeElement?.getAttribute("aria-invalid") === "true"`));
    const inSight = `(() => { const { top, bottom } = document.activeElement.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight })()`;
    expect(await page.evaluate(inSight)).to.equal(true);
    await visitor.leave();
  });

  it("what is typed into a dialog is not thrown away by a key: it asks, and keeps it until that is answered", async () => {
    const visitor = await Visitor.at(browser, service, { token: service.token });
    const { page } = visitor;
    await visitor.go("/jobs/default:long");
    await page.locator("main").getByRole("button", { name: "Run", exact: true }).click();
    const form = page.getByRole("dialog", { name: /^Run / });
    const question = page.getByRole("dialog", { name: "Throw away what you typed?" });
    await form.waitFor();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    await page.locator("main").getByRole("button", { name: "Run", exact: true }).click();
    await form.getByLabel("Code").fill("half a page of text");
    // Each time anew: a browser itself closes what is told to close twice.
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Escape");
      await question.waitFor();
      await page.keyboard.press("Escape");
      await question.waitFor({ state: "detached" });
    }
    await form.getByRole("button", { name: "Close" }).click();
    await question.getByRole("button", { name: "Go on typing" }).click();
    expect(await form.getByLabel("Code").inputValue()).to.equal("half a page of text");
    await page.keyboard.press("Escape");
    await question.getByRole("button", { name: "Throw it away" }).click();
    await form.waitFor({ state: "detached" });
    expect(await page.getByRole("dialog").count()).to.equal(0);
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  });

  it("words without an end stay inside of the page, on a phone too", async () => {
    for (const width of [1280, 390]) {
      const visitor = await Visitor.at(browser, service, { token: service.token, width });
      for (const path of ["/jobs/default:long", "/schedules", "/jobs"]) {
        await visitor.hop(path);
        const wide = await visitor.page.evaluate("document.documentElement.scrollWidth");
        expect(wide, `${path} at ${width}`).to.be.at.most(width);
      }
      await visitor.leave();
    }
  });

  it("a job is switched off after a question that says what it does, and not before", async () => {
    const { json: schedule } = await service.call("POST", "/schedules", { job: "noop", every: "1h" });
    expect(schedule.id).to.match(/^sch_/);
    const visitor = await Visitor.at(browser, service, { token: service.token });
    const { page } = visitor;
    const enabled = async () => (await service.get("/jobs/noop")).json.enabled as boolean;
    await visitor.go("/jobs/default:noop");
    await page.getByRole("button", { name: "Switch off" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Nothing of it runs until somebody switches it on").waitFor({ timeout: 5_000 });
    await dialog.getByText("Nothing runs at once").waitFor();
    expect(await enabled()).to.equal(true);
    await dialog.getByRole("button", { name: "Switch it off" }).click();
    await eventually(async () => !(await enabled()));
    await page.getByRole("button", { name: "Switch on" }).waitFor();
    await visitor.leave();
  });
});
