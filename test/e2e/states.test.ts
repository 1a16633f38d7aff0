// States that people seldom see and have to be right all the same: roles, themes, zones, plain http, a base path, hostile text.
import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type Json, Service } from "../support/service.ts";

const HOSTILE = `<img src=x onerror="window.broken = true"><b>bold</b>`;
const JOB = `import { defineJob } from "jobmount";
const TEXT = ${JSON.stringify(HOSTILE)};
export class Job extends defineJob({
  name: "Shouts " + TEXT,
  description: TEXT,
  optionalParams: { note: { type: "string", label: TEXT, description: TEXT } },
}) {
  execute() {
    this.log.warn(TEXT);
    console.log(TEXT);
    this.records.success();
    this.records.failed(TEXT, new Error(TEXT));
    this.progress(50, TEXT);
    throw new Error(TEXT);
  }
}
`;

(browserAvailable() ? describe : describe.skip)("seldom seen states of the page", function () {
  this.timeout(120_000);
  let service: Service;
  let browser: Browser;
  let shout: Json;
  before(async () => {
    [service, browser] = await Promise.all([Service.start({ jobs: ["noop", "slow"] }), launchBrowser()]);
    mkdirSync(join(service.tasks, "shouts"));
    writeFileSync(join(service.tasks, "shouts", "job.ts"), JOB);
    await eventually(async () => (await service.get("/jobs/shouts")).json["loadState"] === "ready", 30_000);
    shout = await service.run("shouts", { note: HOSTILE });
    await service.run("noop");
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });
  const visit = (more: Parameters<typeof Visitor.at>[2] = {}) =>
    Visitor.at(browser, service, { token: service.token, ...more });
  const leave = async (visitor: Visitor) => {
    expect(visitor.faults).to.deep.equal([]);
    await visitor.leave();
  };

  it("what jobs write is text everywhere: names, descriptions, params, log, records, errors", async () => {
    const visitor = await visit();
    const { page } = visitor;
    for (const path of [
      "/",
      "/jobs",
      "/jobs/default:shouts",
      "/jobs/default:shouts?tab=params",
      "/runs",
      `/runs/${shout.id}`,
      "/timeline",
      "/schedules/new?job=default:shouts",
    ]) {
      await visitor.hop(path);
      expect(await page.locator('main img[src="x"], main b').count(), path).to.equal(0);
      expect(await page.evaluate("window.broken === undefined"), path).to.equal(true);
    }
    await visitor.hop(`/runs/${shout.id}`);
    const text = page.getByText("<img src=x onerror=");
    await text.first().waitFor();
    await page.getByRole("region", { name: "Lines of the log" }).getByText("<img src=x").first().waitFor();
    expect(await text.count(), "in the head, the log, the error, the records").to.be.at.least(4);
    await leave(visitor);
  });

  it("an operator may run and pause, and finds nothing that changes schedules or rights", async () => {
    const { json } = await service.call("POST", "/tokens", { name: "night", role: "operator" });
    const visitor = await visit({ token: json.token });
    const { page } = visitor;
    await visitor.go("/jobs/default:noop");
    const main = page.locator("main");
    await main.getByRole("button", { name: "Run", exact: true }).waitFor();
    expect(await main.getByRole("button", { name: /Switch off|^Pin|New/ }).count()).to.equal(0);
    await visitor.go("/schedules");
    expect(await main.getByRole("link", { name: "New schedule" }).count()).to.equal(0);
    await visitor.go("/schedules/new");
    await main.getByText("Your role may look at schedules, not change them.").waitFor();
    const links = page.getByRole("navigation", { name: "Main" });
    expect(await links.getByRole("link", { name: /Access|Audit/ }).count()).to.equal(0);
    await leave(visitor);
  });

  it("a token of one source sees that source, says so, and finds nothing of the whole", async () => {
    const more = { name: "limited", role: "admin", sources: ["builtin"] };
    const { json } = await service.call("POST", "/tokens", more);
    const visitor = await visit({ token: json.token });
    const { page } = visitor;
    await visitor.go("/jobs");
    await page.getByText("limited, admin of builtin").waitFor();
    expect(await page.getByRole("link", { name: /No-op|Shouts/ }).count()).to.equal(0);
    await visitor.go("/system");
    expect(await page.getByRole("button", { name: "Pause everything" }).count()).to.equal(0);
    await leave(visitor);
  });

  it("the theme that is chosen holds over a reload and in every tab, whatever the system has", async () => {
    const visitor = await visit({ dark: true });
    const { page } = visitor;
    await visitor.go("/");
    const colour = (one: Page) =>
      one.evaluate(`getComputedStyle(document.querySelector("header")).backgroundColor`);
    const dark = await colour(page);
    const other = await page.context().newPage();
    await other.goto(`${service.url}/jobs`);
    await page.getByLabel("Theme").selectOption("light");
    const light = await colour(page);
    expect(light).not.to.equal(dark);
    await other.getByRole("heading", { name: "Jobs" }).waitFor();
    await eventually(async () => (await colour(other)) === light);
    await page.reload();
    await visitor.settled();
    expect(await colour(page)).to.equal(light);
    await page.getByLabel("Theme").selectOption("system");
    expect(await colour(page)).to.equal(dark);
    await leave(visitor);
  });

  it("the zone that is chosen is in every time, by name, and holds over a reload", async () => {
    const visitor = await visit({ zone: "Asia/Kolkata" });
    const { page } = visitor;
    await visitor.go("/runs");
    const first = page.getByRole("table", { name: "Runs" }).locator("tbody time").first();
    expect(await first.innerText()).to.match(/(GMT\+5:30|IST)$/);
    await page.getByLabel("Times in").selectOption("UTC");
    const shown = await first.innerText();
    expect(shown).to.match(/UTC$/);
    expect(shown).to.contain(String(await first.getAttribute("datetime")).slice(11, 16));
    await page.reload();
    await visitor.settled();
    expect(await first.innerText()).to.match(/UTC$/);
    await leave(visitor);
  });

  it("a filter is saved by name, is there after a reload, leads to its list, and can be forgotten", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/runs?state=failed&job=default%3Ashouts");
    await page.getByRole("button", { name: "Save filter" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("shouting");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await visitor.go("/runs");
    const saved = page.getByRole("navigation", { name: "Saved filters" });
    await saved.getByRole("link", { name: "shouting" }).click();
    await page.waitForURL(/state=failed/);
    expect(new URL(page.url()).searchParams.get("job")).to.equal("default:shouts");
    await page.getByRole("button", { name: "Forget the filter shouting" }).click();
    await saved.getByRole("link", { name: "shouting" }).waitFor({ state: "detached" });
    await leave(visitor);
  });

  it("copies without a clipboard, as over plain http from another machine", async () => {
    const visitor = await visit();
    const { page } = visitor;
    // What a browser takes away where the connection is not safe.
    await page.addInitScript(`Object.defineProperty(navigator, "clipboard", { value: undefined })`);
    await visitor.go(`/runs/${shout.id}`);
    await page.evaluate(
      `addEventListener("copy", () => { window.copied = String(getSelection()) || document.activeElement.value })`,
    );
    await page.getByRole("button", { name: "Copy the id" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("window.copied")).to.equal(shout.id);
    await leave(visitor);
  });

  it("every letter after g leads to its screen; f goes to the filter, k to the row before", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/system");
    for (const [key, name] of [
      ["o", "Overview"],
      ["j", "Jobs"],
      ["r", "Runs"],
      ["s", "Schedules"],
      ["t", "Timeline"],
      ["m", "Sources"],
      ["y", "System"],
      ["a", "Access"],
      ["u", "Audit"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.getByRole("heading", { level: 1, name }).waitFor();
    }
    await page.getByRole("table", { name: "Audit log" }).waitFor();
    await page.keyboard.press("f");
    expect(await page.locator("select:focus").count()).to.equal(1);
    await visitor.go("/runs");
    for (const key of ["j", "j", "k"]) await page.keyboard.press(key);
    await page.locator("tbody tr:nth-child(1) a:focus").waitFor();
    await leave(visitor);
  });

  it("while a list is on its way there are bars in its place, and who listens is told", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.go("/jobs");
    await page.route(/\/api\/v1\/schedules(\?|$)/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await route.continue();
    });
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Schedules" }).click();
    await page.getByRole("status").filter({ hasText: /…$/ }).first().waitFor({ state: "attached" });
    await page.locator("[data-loading]").first().waitFor({ state: "detached" });
    await leave(visitor);
  });
});

(browserAvailable() ? describe : describe.skip)("the page below a path of a proxy", function () {
  this.timeout(120_000);
  let service: Service;
  let browser: Browser;
  let proxy: Server;
  before(async () => {
    [service, browser] = await Promise.all([
      Service.start({ jobs: ["noop"], env: { JOBMOUNT_BASE_PATH: "/jobmount" } }),
      launchBrowser(),
    ]);
    // Takes the prefix off; whatever lies beside it is another program's.
    proxy = createServer((asked, answer) => {
      if (!asked.url?.startsWith("/jobmount")) return void answer.writeHead(404).end("another program");
      const to = new URL(asked.url.slice("/jobmount".length) || "/", service.url);
      const passed = request(to, { method: asked.method, headers: asked.headers }, (reply) => {
        answer.writeHead(reply.statusCode!, reply.headers);
        reply.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      answer.on("close", () => passed.destroy());
      asked.pipe(passed);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await browser?.close();
    proxy?.closeAllConnections();
    proxy?.close();
    await service?.stop();
  });

  it("signs in, goes about, is live and can be loaded at any of its addresses", async () => {
    const context = await browser.newContext({ timezoneId: "UTC" });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const missed: string[] = [];
    page.on("response", (reply) => reply.status() === 404 && missed.push(reply.url()));
    const base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/jobmount`;
    await page.goto(`${base}/runs`);
    await page.getByLabel("Token, or one-time link").fill(service.token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: /^Live$/ })
      .waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("link", { name: "No-op" }).first().click();
    await page.waitForURL(`${base}/jobs/default:noop`);
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "No-op" }).waitFor();
    expect(missed).to.deep.equal([]);
    await context.close();
  });
});
