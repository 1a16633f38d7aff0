// More sources, load errors and tokens than one page of REST holds: each is found, and the numbers are of all.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";

const SOURCES = 54;
/** Folders that look like jobs and have no name for one: told without building anything. */
const ERRORS = 57;
const TOKENS = 60;

(browserAvailable() ? describe : describe.skip)("lists of more rows than a page", function () {
  this.timeout(180_000);
  let folder: string;
  let service: Service;
  let browser: Browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-lists-"));
    const names = Array.from({ length: SOURCES }, (_, i) => `s${String(i).padStart(2, "0")}`);
    for (const name of names) mkdirSync(join(folder, name));
    for (let i = 0; i < ERRORS; i++) {
      const path = join(folder, "s53", `No Job ${String(i).padStart(2, "0")}`);
      mkdirSync(path);
      writeFileSync(join(path, "job.ts"), "");
    }
    const mounts = names.map((name) => `${name}=${join(folder, name)}`).join(",");
    [service, browser] = await Promise.all([
      Service.start({ env: { EXTERNAL_TASKS_PATH: mounts } }),
      launchBrowser(),
    ]);
    for (let i = 0; i < TOKENS; i++)
      await service.call("POST", "/tokens", { name: `token ${i}`, role: "viewer" });
    await eventually(
      async () => (await service.get("/load-errors?count=true")).json.page.count === ERRORS,
      60_000,
    );
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The heading, link or button of a row. */
  const named = (main: Locator, name: string) =>
    (["heading", "link"] as const).reduce(
      (found, role) => found.or(main.getByRole(role, { name, exact: true })),
      main.getByRole("button", { name, exact: true }),
    );

  for (const [path, all, onFirst, onSecond] of [
    ["/sources?tab=errors", `${ERRORS} load errors`, "No Job 49", "No Job 50"],
    ["/sources", `${SOURCES + 1} sources`, "s48", "s53"],
    ["/access", `${TOKENS} tokens`, "End the token token 49", "End the token token 50"],
  ] as const) {
    it(`${path}: says how many there are, and leads to the rest and back`, async () => {
      const visitor = await Visitor.at(browser, service, { token: service.token });
      const main = visitor.page.locator("main");
      await visitor.go(path);
      await main
        .getByRole("status")
        .filter({ hasText: `${all}, 50 on this page` })
        .waitFor();
      await named(main, onFirst).waitFor();
      expect(await named(main, onSecond).count()).to.equal(0);
      await main.getByRole("button", { name: "Next page" }).click();
      await named(main, onSecond).waitFor();
      expect(await named(main, onFirst).count()).to.equal(0);
      await main.getByRole("button", { name: "First page" }).click();
      await named(main, onFirst).waitFor();
      expect(visitor.faults).to.deep.equal([]);
      await visitor.leave();
    });
  }

  it("what is chosen from has every source", async () => {
    const visitor = await Visitor.at(browser, service, { token: service.token });
    const { page } = visitor;
    for (const path of ["/jobs", "/timeline"]) {
      await visitor.go(path);
      await page.locator("main select option", { hasText: "s53" }).waitFor({ state: "attached" });
    }
    await visitor.go("/access");
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByRole("dialog").locator("option", { hasText: "s53" }).waitFor({ state: "attached" });
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  });
});
