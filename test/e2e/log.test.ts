// The log of a run in a real browser: long ones stay smooth, live ones are followed, any line can be found and linked to.
import { expect } from "chai";
import Libsql from "libsql";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const LINES = 60_000;
/** Rows that a page may hold: what is in sight and a little beyond, twice over. */
const MOST_ROWS = 120;

/** What is used of elements: the tests know no browser. */
interface Row {
  getAttribute(name: string): string | null;
}
interface Scrolled {
  scrollTop: number;
  scrollHeight: number;
}

(browserAvailable() ? describe : describe.skip)("the log of a run", function () {
  this.timeout(90_000);
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;
  let page: Page;
  let long: Json;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["writes_lines", "fails"], env: { JOBMOUNT_CONCURRENCY: "4" } }),
      launchBrowser(),
    ]);
    visitor = await Visitor.at(browser, service, { token: service.token });
    page = visitor.page;
    long = await service.run("writes_lines", { lines: LINES });
    expect(long.state).to.equal("succeeded");
  });
  after(async () => {
    await visitor?.leave();
    await browser?.close();
    await service?.stop();
  });
  afterEach(() => expect(visitor.faults.splice(0)).to.deep.equal([]));

  const box = () => page.getByRole("region", { name: "Lines of the log" });
  const rows = () => box().locator("[data-seq]");
  const lineWith = (seq: number) => box().locator(`[data-seq="${seq}"]`);
  const shownSeqs = (): Promise<number[]> =>
    rows().evaluateAll((all: Row[]) => all.map((row) => Number(row.getAttribute("data-seq"))));

  it("opens at its end, and holds some dozens of rows however long it is", async () => {
    await visitor.go(`/runs/${long.id}`);
    await lineWith(LINES).getByText(`line ${LINES} is a warning`).waitFor();
    for (const share of [0, 0.31, 0.77, 0.5]) {
      await box().evaluate(
        (element: Scrolled, to: number) => void (element.scrollTop = element.scrollHeight * to),
        share,
      );
      await eventually(async () => {
        const seqs = await shownSeqs();
        const read = await rows()
          .filter({ hasText: /line \d+/ })
          .count();
        return read > 20 && Math.abs(seqs[0]! - LINES * share) < LINES / 10;
      }, 15_000);
      expect(await rows().count()).to.be.at.most(MOST_ROWS);
    }
  });

  it("finds the next and the previous, without regard to case, with the place among all of them", async () => {
    await page.getByLabel("Search the log").fill("LINE 5000 IS");
    await page.getByText(/^1$/).waitFor();
    await page.getByLabel("Search the log").press("Enter");
    await lineWith(5_000).locator("mark").waitFor();
    await page.getByLabel("Search the log").fill("is a warning");
    const all = LINES / 100;
    await page.getByText(`${all}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next find" }).click();
    // The nearest of what is in sight, not the oldest one; from the end that is up.
    await page.getByText(`50 of ${all}`).waitFor();
    await page.getByLabel("Search the log").fill("");
    await page.getByRole("button", { name: "Go to the end" }).click();
    await page.getByLabel("Search the log").fill("is a warning");
    await page.getByText(`${all}`, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Next find" }).click();
    await page.getByText(`${all} of ${all}`).waitFor();
    await lineWith(LINES).locator("mark").waitFor();
    await page.getByLabel("Search the log").fill("");
  });

  it("shows warnings and errors alone, and colours as colours", async () => {
    await page.getByLabel("Levels").selectOption("warn");
    await eventually(async () => {
      const seqs = await shownSeqs();
      return (seqs.length > 0 && seqs.every((seq) => seq % 100 === 0 || seq % 250 === 1)) || undefined;
    }, 10_000);
    await page.getByLabel("Levels").selectOption("debug");
    const toEnd = page.getByRole("button", { name: "Go to the end" });
    if ((await toEnd.count()) > 0) await toEnd.click();
    await lineWith(LINES - 10)
      .locator("span", { hasText: /^green$/ })
      .waitFor();
    expect(await box().innerText()).not.to.contain("\\ESC");
  });

  it("links to lines, opens there, and copies what is picked", async () => {
    await page.goto("about:blank");
    await visitor.go(`/runs/${long.id}#L30011-L30013`);
    await lineWith(30_012).getByText("line 30012").waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy the picked lines" }).click();
    await page.getByText("3 lines copied").waitFor();
    const copied = String(await page.evaluate("navigator.clipboard.readText()"));
    expect(copied.split("\n").map((line) => line.replace(/^\S+ /, ""))).to.deep.equal(
      [30_011, 30_012, 30_013].map((n) => `INFO  line ${n}`),
    );
    await lineWith(30_014).getByRole("link").click();
    expect(new URL(page.url()).hash).to.equal("#L30014");
  });

  it("follows 1,000 lines a second with few rows and little work, until somebody scrolls up", async () => {
    const params = { lines: 600_000, perSecond: 1_000 };
    const run: Json = (await service.call("POST", "/jobs/writes_lines/runs", { params })).json;
    await visitor.go(`/runs/${run.id}`);
    const last = async () => (await shownSeqs()).at(-1) ?? 0;
    const reaches = (seq: number) => eventually(async () => (await last()) > seq || undefined, 40_000);
    await reaches(1_000);
    const session = await page.context().newCDPSession(page);
    // What the browser worked, not what it waited: other programs of a busy machine are not the page's.
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const worked = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")!.value;
    };
    const [from, before] = [await last(), await worked()];
    await reaches(from + 3_000);
    const seconds = ((await last()) - from) / 1_000;
    expect(((await worked()) - before) / seconds, "seconds of work in one second").to.be.below(0.6);
    expect(await rows().count()).to.be.at.most(MOST_ROWS);
    await box().hover();
    await page.mouse.wheel(0, -2_000);
    await page.getByRole("button", { name: "Go to the end" }).waitFor();
    const stays = (await shownSeqs())[0];
    const { lines } = (await service.get(`/runs/${run.id}`)).json.log;
    await eventually(
      async () => (await service.get(`/runs/${run.id}`)).json.log.lines > lines + 2_000 || undefined,
      40_000,
    );
    expect((await shownSeqs())[0]).to.equal(stays);
    await service.call("POST", `/runs/${run.id}/cancel`, {});
    await page
      .locator("main")
      .getByText(/^cancelled/)
      .first()
      .waitFor();
  });

  it("tells attempts apart, and that a run wrote nothing", async () => {
    const run = await service.run("fails", {});
    await visitor.go(`/runs/${run.id}`);
    const phases = page.getByRole("region", { name: "States and attempts" });
    const attempts = phases.getByRole("listitem").filter({ hasText: /^Attempt \d/ });
    expect(await attempts.count()).to.equal(3);
    await page.getByText("it failed as asked").first().waitFor();
    await page.getByText("It wrote nothing.").waitFor();
  });

  it("says of a log that was removed because of its age when that was, and draws no lines that are not there", async () => {
    const run = await service.run("writes_lines", { lines: 5 });
    const database = new Libsql(join(service.folder, "data", "jobmount.db"), { timeout: 5_000 });
    database.prepare("DELETE FROM run_logs WHERE run_id = ?").run(run.id);
    database
      .prepare("UPDATE task_runs SET log_removed_at = ? WHERE id = ?")
      .run(Date.UTC(2027, 1, 3), run.id);
    database.close();
    await visitor.go(`/runs/${run.id}`);
    await page.getByText(/^Its 5 lines were removed on .*2027.* because of their age/).waitFor();
    expect(await page.getByText("was not kept").count()).to.equal(0);
  });
});
