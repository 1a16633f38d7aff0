// Schedules and the timeline in a real browser: forms with errors at their fields, secrets that stay, changes that meet, and
// why something did not run.
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const SECRET = "hunter2-hunter2";
const MERGE_PATCH = { "if-match": "*", "content-type": "application/merge-patch+json" };

(browserAvailable() ? describe : describe.skip)("an admin at the schedules", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let id = "";
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["echo", "counts", "noop"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    visitor = await Visitor.at(browser, service, { token: service.token, zone: "America/New_York" });
    page = visitor.page;
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  const schedule = async (): Promise<Json> => (await service.get(`/schedules/${id}`)).json;
  const dialog = () => page.getByRole("dialog");
  const cron = () => page.getByRole("textbox", { name: "Cron" });

  it("sees what a cron text means on three clocks, and what is wrong with it at its field, while typing", async () => {
    await visitor.go("/schedules/new?job=default:echo");
    await cron().fill("61 2 * * *");
    await page.locator('input[aria-invalid="true"]').waitFor();
    await cron().fill("30 2 * * *");
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    await page.getByText("At 02:30, every day (Europe/Berlin)").waitFor();
    const heads = page.getByRole("region", { name: "Next fires" }).getByRole("columnheader");
    expect(await heads.allInnerTexts()).to.deep.equal([
      "Europe/Berlin (schedule)",
      "America/New_York (this browser)",
      "UTC",
    ]);
    await page.locator('[data-warning="dst_gap"]').waitFor();
  });

  it("L3: is told of each wrong param at its field, and finds its secret in no line to copy", async () => {
    await page.getByLabel("Name", { exact: true }).fill("Nightly echo");
    await page.getByLabel(/^integer/).fill("500");
    await page.getByLabel(/^password/).fill(SECRET);
    await page.getByText("The same from a shell").click();
    const lines = await page.getByLabel("curl", { exact: true }).innerText();
    expect(lines).to.contain("$PARAM_PASSWORD").and.not.contain(SECRET);
    await page.getByRole("button", { name: "Create the schedule" }).click();
    await page.getByText("is required (Text)").waitFor();
    expect(await page.getByLabel(/^integer/).getAttribute("aria-invalid")).to.equal("true");
    await page.getByLabel(/^Text/).fill("hello");
    await page.getByLabel(/^integer/).fill("50");
    await page.getByRole("button", { name: "Create the schedule" }).click();
    await page.waitForURL(/\/schedules\/sch_/);
    id = /sch_\w+/.exec(page.url())![0];
    expect((await schedule()).params).to.include({ text: "hello", integer: 50 });
    await page.getByRole("heading", { level: 1, name: "Nightly echo" }).waitFor();
    expect(await page.content()).not.to.contain(SECRET);
  });

  it("changes it: only what was changed goes out, the secret stays, and nobody's change is lost", async () => {
    await page.getByRole("link", { name: "Change", exact: true }).click();
    await page.getByText("saved and not shown").waitFor();
    await page.getByLabel(/^Later by up to/).fill("5m");
    await service.call("PATCH", `/schedules/${id}`, { name: "Renamed" }, MERGE_PATCH);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Somebody has changed it meanwhile.").waitFor();
    await page.getByRole("button", { name: "Show it as it is now" }).click();
    await page.getByRole("heading", { name: "Change Renamed" }).waitFor();
    await page.getByLabel(/^Later by up to/).fill("5m");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Renamed", exact: true }).waitFor();
    const { jitterMs, params } = await schedule();
    expect([jitterMs, params.password]).to.deep.equal([300_000, { secret: true }]);
  });

  it("S3: asks why it did not run, and why it will not while it is paused", async () => {
    const ask = async (at: string) => {
      await page.getByLabel("At", { exact: true }).fill(at);
      await page.getByRole("button", { name: "Why?" }).click();
    };
    await ask("yesterday 02:30");
    await page.locator('[data-verdict="not_made_yet"]').waitFor();
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await dialog().getByLabel("Reason").fill("stocktaking");
    await dialog().getByLabel("Until").selectOption("168h");
    await dialog()
      .getByText(/^[78] fires would be skipped by then\.$/)
      .waitFor();
    await dialog().getByRole("button", { name: "Pause" }).click();
    await page.getByText("“stocktaking”").first().waitFor();
    await ask("tomorrow 02:30");
    await page
      .locator('[data-verdict="will_not_fire"], [data-verdict="suspended"]')
      .getByText(/stocktaking/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await dialog().getByText("Nothing runs at once").waitFor();
    await dialog().getByRole("button", { name: "Resume" }).click();
    await eventually(async () => (await schedule()).paused === null || undefined, 10_000);
  });

  it("counts a backfill before it makes one", async () => {
    const body = { job: "counts", every: "1h", anchorAt: "2026-01-01T00:00:00Z" };
    const made = await service.call("POST", "/schedules", body);
    await visitor.go(`/schedules/${made.json.id}`);
    await page.getByRole("button", { name: "Backfill" }).click();
    await dialog().getByRole("button", { name: "Count them" }).click();
    await dialog()
      .getByText(/^2[345] runs would be made/)
      .waitFor();
    await dialog()
      .getByRole("button", { name: /^Make 2[345] runs/ })
      .click();
    await page.waitForURL(/\/runs\?batch=bat_/);
  });

  it("sees past and planned on the timeline by keys alone, and asks why for any instant of a lane", async () => {
    await service.run("noop");
    await visitor.go("/timeline");
    await page.locator('[data-kind="run"]').first().waitFor();
    await page.locator('[data-kind="planned"]').first().waitFor();
    // One stop of the Tab key for the whole drawing.
    expect(await page.locator('[data-place][tabindex="0"]').count()).to.equal(1);
    const lane = page.getByRole("group", { name: "counts" });
    await lane.locator('[data-kind="planned"]').first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.locator('[data-verdict="will_fire"]').waitFor();
    await lane.click({ position: { x: 20, y: 14 } });
    await page.locator('[data-verdict="not_made_yet"]').waitFor();
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.waitForURL(/span=21600000/);
  });

  it("deletes it after it was said what that does", async () => {
    await visitor.go(`/schedules/${id}/edit`);
    await page.getByRole("button", { name: "Delete" }).click();
    await dialog().getByText("stays in the history").waitFor();
    await dialog().getByRole("button", { name: "Delete the schedule" }).click();
    await page.waitForURL(/\/schedules$/);
    expect((await service.get(`/schedules/${id}`)).status).to.equal(404);
  });

  it("a viewer reads all of it and finds nothing to change it with", async () => {
    const { json } = await service.call("POST", "/tokens", { name: "looker", role: "viewer" });
    const viewer = await Visitor.at(browser, service, { token: json.token });
    const one = (await service.get("/schedules")).json.data[0].id as string;
    await viewer.go(`/schedules/${one}`);
    const names = await viewer.page.locator("main").getByRole("button").allInnerTexts();
    expect(
      names.filter((name) => /Pause$|Run now|Skip|Backfill|Switch|Copy|Change|Delete/.test(name)),
    ).to.deep.equal([]);
    await viewer.go(`/schedules/${one}/edit`);
    await viewer.page.getByText("Your role may look at schedules, not change them.").waitFor();
    expect(viewer.faults).to.deep.equal([]);
    await viewer.leave();
  });
});
