// Places inside of a screen, in a real browser: links to lines and parts, the way to the content, versions by their address.
import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

(browserAvailable() ? describe : describe.skip)("places of a screen", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let run: Json;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["writes_lines", "counts", "noop"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    visitor = await Visitor.at(browser, service, { token: service.token });
    page = visitor.page;
    run = await service.run("writes_lines", { lines: 400 });
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  const box = () => page.getByRole("region", { name: "Lines of the log" });
  const line = (seq: number) => box().locator(`[data-seq="${seq}"]`);
  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
  const here = () => new URL(page.url()).pathname;

  it("a line's number is a link to the line of this run, and the run stays on the screen", async () => {
    await visitor.go(`/runs/${run.id}?from=mail`);
    await line(399).getByRole("link").click();
    await page.waitForURL(/#L399$/);
    expect([here(), new URL(page.url()).search]).to.deep.equal([`/runs/${run.id}`, "?from=mail"]);
    await line(395)
      .getByRole("link")
      .click({ modifiers: ["Shift"] });
    await page.waitForURL(/#L395-L399$/);
    await heading("Writes lines");
    expect(await line(396).getByRole("link").getAttribute("href")).to.equal(`/runs/${run.id}?from=mail#L396`);
  });

  it("hears of another line in the address: typed, or come to by the way back", async () => {
    await page.evaluate(`location.hash = "L12"`);
    await line(12).getByText("line 12").waitFor();
    await page.evaluate(`location.hash = "L300"`);
    await line(300).getByText("line 300 is a warning").waitFor();
    await page.goBack();
    await line(12).getByText("line 12").waitFor();
    expect(here()).to.equal(`/runs/${run.id}`);
    await heading("Writes lines");
  });

  it("the lines of an attempt are come to from its place in the history", async () => {
    await visitor.go(`/runs/${run.id}`);
    await line(400).waitFor();
    await page.getByRole("link", { name: "lines 1–400" }).click();
    await line(1).getByText("line 1", { exact: true }).waitFor();
    expect(await box().evaluate((element: { scrollTop: number }) => element.scrollTop)).to.equal(0);
    await eventually(
      async () =>
        ((await page.evaluate(
          "document.querySelector('[data-seq=\"1\"]').getBoundingClientRect().top",
        )) as number) > 0 || undefined,
      5_000,
    );
    expect(here()).to.equal(`/runs/${run.id}`);
    await heading("Writes lines");
  });

  it("the failed ones of the counts lead down to their list", async () => {
    const failing = await service.run("counts", { success: 3, failed: 2 });
    await visitor.go(`/runs/${failing.id}`);
    await page.getByRole("group", { name: "Records" }).getByRole("link", { name: "failed" }).click();
    await page.waitForURL(/#failed-records$/);
    expect(here()).to.equal(`/runs/${failing.id}`);
    await page.getByText("refused as asked (2)").waitFor();
  });

  it("the first stop of the Tab key leads past the navigation, and the screen stays", async () => {
    await visitor.go("/runs");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("main");
    expect(here()).to.equal("/runs");
    await heading("Runs");
  });

  it("numbers of lines are one stop of the Tab key; the arrow keys go from line to line, Enter takes one", async () => {
    await visitor.go(`/runs/${run.id}#L200`);
    await line(200).getByText("line 200 is a warning").waitFor();
    expect(await box().locator('a[tabindex="0"]').count()).to.equal(1);
    await box().focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).to.equal("Line 200");
    for (let n = 0; n < 30; n++) await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).to.equal("Line 230");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#L230$/);
    expect(await box().locator('a[tabindex="0"]').count()).to.equal(1);
  });

  it("a strip is one stop of the Tab key, its newest run, and the arrow keys go through it", async () => {
    for (let n = 0; n < 3; n++) await service.run("noop");
    await visitor.go("/jobs/default:noop");
    const strip = page.getByRole("group", { name: /^No-?op.*: the last 3 runs/i }).first();
    await strip.locator('a[tabindex="0"]').focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(
      await strip
        .locator("a")
        .first()
        .evaluate(
          (one: unknown) =>
            one === (globalThis as never as { document: { activeElement: unknown } }).document.activeElement,
        ),
    ).to.equal(true);
    expect(await strip.locator('a[tabindex="0"]').count()).to.equal(1);
  });

  it("the version of a run leads to its code, though another one serves now; any two can be compared", async () => {
    const old = run.version as string;
    const file = join(service.tasks, "writes_lines", "job.ts");
    const save = async (text: string) => {
      const before = (await service.get("/jobs/writes_lines")).json.version.hash;
      writeFileSync(file, `${readFileSync(file, "utf8")}\n// ${text}\n`);
      return eventually(async () => {
        const now = (await service.get("/jobs/writes_lines")).json.version.hash as string;
        return now === before ? undefined : now;
      }, 20_000);
    };
    const second = await save("the second version");
    await save("the third version");
    await visitor.go(`/runs/${run.id}`);
    await page.getByRole("link", { name: old.slice(0, 8) }).click();
    const code = page.getByRole("region", { name: `Version ${old.slice(0, 8)}` });
    await code.getByText("Writes many lines").waitFor();
    expect(await code.getByText("the second version").count()).to.equal(0);
    const rows = page.getByRole("table", { name: "Versions" }).locator("tbody tr");
    await rows.filter({ hasText: "shown above" }).getByText(old.slice(0, 8)).first().waitFor();
    await rows
      .filter({ hasText: second.slice(0, 8) })
      .getByRole("button", { name: /^Compare/ })
      .click();
    await page.getByRole("heading", { name: `From ${old.slice(0, 8)} to ${second.slice(0, 8)}` }).waitFor();
    await page.locator('tr[data-kind="added"]').getByText("the second version").waitFor();
    expect(await page.locator('tr[data-kind="added"]').getByText("the third version").count()).to.equal(0);
  });

  it("a zone that the browser does not know takes no screen down: times are in UTC, and say so", async () => {
    await page.evaluate(`localStorage.setItem("jobmount.zone", '"Mars/Olympus_Mons"')`);
    await visitor.go(`/runs/${run.id}`);
    await heading("Writes lines");
    await page.getByText("UTC, not Mars/Olympus_Mons").first().waitFor();
    await line(400).waitFor();
    await visitor.go("/timeline");
    await heading("Timeline");
    await page.getByText("this browser does not know Mars/Olympus_Mons").waitFor();
    await page.evaluate(`localStorage.removeItem("jobmount.zone")`);
  });

  it("all of that below a path too, as behind a proxy", async () => {
    const below = await Service.start({
      jobs: ["writes_lines"],
      env: { JOBMOUNT_BASE_PATH: "/ops/jobmount" },
    });
    if (!below.url.endsWith("/ops/jobmount")) below.url += "/ops/jobmount";
    const other = await Visitor.at(browser, below, { token: below.token });
    try {
      const reply = await fetch(`${below.url}/api/v1/jobs/writes_lines/runs`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${below.token}`,
          "content-type": "application/json",
          prefer: "wait=20",
        },
        body: JSON.stringify({ params: { lines: 40 } }),
      });
      const { id } = (await reply.json()) as { id: string };
      await other.go(`/runs/${id}`);
      const first = other.page.getByRole("region", { name: "Lines of the log" }).locator('[data-seq="39"]');
      await first.getByRole("link").click();
      await other.page.waitForURL(/#L39$/);
      expect(new URL(other.page.url()).pathname).to.equal(`/ops/jobmount/runs/${id}`);
      await other.page.getByRole("link", { name: "lines 1–40" }).click();
      await other.page.waitForURL(/#L1$/);
      expect(new URL(other.page.url()).pathname).to.equal(`/ops/jobmount/runs/${id}`);
      await other.page.getByRole("heading", { level: 1, name: "Writes lines" }).waitFor();
      expect(other.faults).to.deep.equal([]);
    } finally {
      await other.leave();
      await below.stop();
    }
  });
});
