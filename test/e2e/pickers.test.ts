// More jobs than REST has on one page: whoever filters by a job, or schedules one, finds it by typing.
import { expect } from "chai";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, Service } from "../support/service.ts";

/** They do not load, which takes no process of their own. */
const MANY = 204;

(browserAvailable() ? describe : describe.skip)("a job among more than a page of them", function () {
  this.timeout(180_000);
  let service: Service;
  let browser: Browser;
  before(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: [] }), launchBrowser()]);
    for (let i = 0; i < MANY; i++) {
      const folder = join(service.tasks, `broken_${String(i).padStart(3, "0")}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "job.ts"), "export class Job {");
    }
    cpSync(join(ROOT, "test", "fixtures", "external_tasks", "noop"), join(service.tasks, "zz_last"), {
      recursive: true,
    });
    await eventually(async () => {
      const { status, json } = await service.get("/jobs/zz_last");
      return status === 200 && json.loadState === "ready";
    }, 120_000);
    await eventually(
      async () => (await service.get("/jobs?brief=true&count=true")).json.page.count === MANY + 1,
      120_000,
    );
    await service.call("POST", "/schedules", { job: "zz_last", cron: "0 3 * * *" });
    await service.run("zz_last");
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  for (const [path, none] of [
    ["/runs", "all jobs"],
    ["/schedules", "all jobs"],
    ["/schedules/new", "Choose a job …"],
  ] as const)
    it(`${path}: is found by a part of its name, chosen with Enter, and the focus stays`, async () => {
      const visitor = await Visitor.at(browser, service, { token: service.token });
      const { page } = visitor;
      await visitor.go(path);
      const field = page.locator("main").getByRole("combobox", { name: "Job" });
      await page.getByPlaceholder(`${none}: type a name`).waitFor();
      await field.pressSequentially("zz_l");
      const option = page.locator('datalist option[value="zz_last"]');
      await option.waitFor({ state: "attached" });
      await eventually(
        async () => (await page.locator("datalist option[value^=broken]").count()) === 0,
        10_000,
      );
      await field.press("Enter");
      await page.waitForURL(/job=default(:|%3A)zz_last/);
      expect(await field.inputValue()).to.equal("zz_last");
      expect(await page.evaluate("document.activeElement.value")).to.equal("zz_last");
      await visitor.settled();
      if (path !== "/schedules/new") {
        await field.fill("");
        await page.waitForURL((url) => !url.search.includes("job="));
      } else await page.getByRole("textbox", { name: "Cron" }).waitFor();
      expect(visitor.faults).to.deep.equal([]);
      await visitor.leave();
    });
});
